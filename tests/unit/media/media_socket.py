"""A socket into which a camera or a microphone is plugged, and out of which it is pulled.

Time stands still but for `watch`, which lets it pass in small steps and looks at what is given.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Protocol, TypeVar

import numpy as np

from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DeviceLostError, DeviceMissingError
from hal.interfaces.camera import CameraMode, Frame, PixelFormat
from hal.interfaces.microphone import AudioBlock, MicrophoneMode
from tests.unit.media.media_packets import MS, S
from tests.unit.media.media_pictures import plain

MODE = CameraMode(128, 96, Fraction(10), PixelFormat.I420)
SOUND_MODE = MicrophoneMode(48_000, 1)
FRAME_NS = 100 * MS
BLOCK = 960
STEP_NS = 50 * MS
REAL = 100
"""The grey, and the sample, of what is no stand-in."""
GivenT = TypeVar("GivenT", covariant=True)


class _Readable(Protocol[GivenT]):
    def read(self, timeout_s: float) -> GivenT | None: ...


@dataclass
class Socket:
    """What is in it, and all that was ever opened from it."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(monotonic_ns=100 * S))
    plugged: bool = True
    silent: bool = False
    mode: CameraMode = MODE
    sound_mode: MicrophoneMode = SOUND_MODE
    failure: Exception | None = None
    """Raised by the next thing that is tried with it."""
    hang: threading.Event | None = None
    delay_ns: int = 0
    """What a microphone gives first is so old."""
    opened: list["PluggedCamera | PluggedMicrophone"] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    returned: list[float] = field(default_factory=list)

    def camera(self) -> "PluggedCamera":
        camera = PluggedCamera(self)
        self.opened.append(camera)
        return camera

    def microphone(self) -> "PluggedMicrophone":
        microphone = PluggedMicrophone(self)
        self.opened.append(microphone)
        return microphone

    def try_start(self) -> None:
        if self.hang is not None:
            self.hang.wait()
        self.fail_if_asked()
        if not self.plugged:
            raise DeviceMissingError("nothing is plugged in")

    def try_read(self) -> None:
        self.fail_if_asked()
        if not self.plugged:
            raise DeviceLostError("unplugged")

    def fail_if_asked(self) -> None:
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure

    def watch(self, part: _Readable[GivenT], seconds: float) -> list[GivenT]:
        """All that `part` gives while so much time passes."""
        given = []
        for _ in range(round(seconds * S) // STEP_NS):
            self.clock.advance_ns(STEP_NS)
            self.settle()
            while (one := part.read(0.0)) is not None:
                given.append(one)
        return given

    def settle(self) -> None:
        """Wait until whoever searches for the part has done what is due."""
        wait_until(lambda: not searching() or self._is_ahead())

    def _is_ahead(self) -> bool:
        deadline_ns = self.clock.next_deadline_ns()
        return deadline_ns is not None and deadline_ns > self.clock.monotonic_ns()

    def still_open(self) -> int:
        return sum(not part.closed for part in self.opened)


class PluggedCamera:
    """Ten frames a second from its start on; a new one counts from elsewhere."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self.closed = False

    def start(self, _epoch_ns: int) -> CameraMode:
        self._socket.try_start()
        self._next_ns = self._socket.clock.monotonic_ns()
        self._sequence = 7 * len(self._socket.opened)
        return self._socket.mode

    def read(self, _timeout_s: float) -> Frame | None:
        self._socket.try_read()
        if self._socket.silent or self._socket.clock.monotonic_ns() < self._next_ns:
            return None
        at_ns, self._next_ns = self._next_ns, self._next_ns + FRAME_NS
        self._sequence += 1
        mode = self._socket.mode
        pixels = plain(REAL, mode.width_px, mode.height_px)
        return Frame(pixels, PixelFormat.I420, at_ns, self._sequence)

    def close(self) -> None:
        self.closed = True


class PluggedMicrophone:
    """Blocks of 20 ms of one loudness, each given once it was heard."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self.closed = False

    def start(self, _epoch_ns: int) -> MicrophoneMode:
        self._socket.try_start()
        # As with a real one, its first sample has no regard for anybody's beat.
        odd_ns = 3 * MS if len(self._socket.opened) > 1 else 0
        self._next_ns = self._socket.clock.monotonic_ns() - 20 * MS - odd_ns
        self._next_ns -= self._socket.delay_ns
        return self._socket.sound_mode

    def read(self, _timeout_s: float) -> AudioBlock | None:
        self._socket.try_read()
        if self._socket.silent or self._socket.clock.monotonic_ns() < self._next_ns + 20 * MS:
            return None
        at_ns, self._next_ns = self._next_ns, self._next_ns + 20 * MS
        return AudioBlock(np.full((BLOCK, 1), REAL, np.int16), at_ns, 0)

    def close(self) -> None:
        self.closed = True


def other(mode: CameraMode) -> CameraMode:
    """A mode of another size."""
    return replace(mode, width_px=2 * mode.width_px)


def searching() -> bool:
    """Whether a thread looks for a lost part."""
    return any(thread.name == "reopen" for thread in threading.enumerate())


def wait_until(there: Callable[[], bool]) -> None:
    """Until something that another thread is about to do is done."""
    pause = threading.Event()
    for _ in range(20_000):
        if there():
            return
        pause.wait(0.001)
    raise AssertionError("in vain")
