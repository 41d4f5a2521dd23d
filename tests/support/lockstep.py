"""A real recorder in simulated time, as fast as the machine goes: its camera moves the clock.

Used by long tests of the recorder. Nothing is timed by luck: before the camera lets time pass
on, the sound thread has handed on every block that is over, and what a wearer does happens in
the capture thread at its own instant. So a run of hours takes minutes, and is the same run
however busy the machine is. The recorder is told nothing of it: its threads, queue, ring, clips
and journal are the real ones.
"""

import heapq
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count

import numpy as np
import numpy.typing as npt

from bwv_device.configuration.model import Configuration
from bwv_device.evidence.store import Store
from bwv_device.media import messages
from bwv_device.media.messages import Report
from bwv_device.media.recorder import Recorder
from bwv_device.media.sources import Sources
from hal.drivers.clock.virtual import VirtualClock
from hal.interfaces.camera import CameraMode, Frame, PixelFormat
from hal.interfaces.clock import NS_PER_S
from hal.interfaces.microphone import AudioBlock, MicrophoneMode
from tests.support.signing_keys import the_signer

PATIENCE_S = 120.0
"""Real seconds after which a run gives up: something hangs."""
UTC_OFFSET_NS = 1_800_000_000 * NS_PER_S
"""UTC minus monotonic time, in January 2027."""
_ROOM_BYTES = 1 << 40
TROUBLES = (
    messages.WritingFailed,
    messages.PacketsLost,
    messages.SoundFailed,
    messages.SoundLost,
    messages.SigningFailed,
    messages.CaptureFailed,
    messages.CameraLost,
)
"""Reports that come only when something goes wrong."""
Draw = Callable[[int], npt.NDArray[np.uint8]]
Deed = Callable[[], None]


@dataclass(frozen=True)
class Scenery:
    """What is in front of camera and microphone. Frame n is due at n / rate, on the clock."""

    mode: CameraMode
    draw: Draw
    """Frame n as I420 of shape (height * 3 // 2, width), a new array each time."""
    second: npt.NDArray[np.int16]
    """The samples of each second, shape (rate, 1)."""
    block_samples: int = 960

    @property
    def sound_hz(self) -> int:
        return len(self.second)

    def frame_at_ns(self, number: int) -> int:
        """When frame `number` is due."""
        return round(number * NS_PER_S / self.mode.rate_hz)

    def first_frame_from(self, instant_ns: int) -> int:
        """The first frame that is due at `instant_ns` or later."""
        number = int(Fraction(instant_ns, NS_PER_S) * self.mode.rate_hz)
        return number if self.frame_at_ns(number) >= instant_ns else number + 1

    def block_end_ns(self, number: int) -> int:
        """When block `number` of the sound is over."""
        return (number + 1) * self.block_samples * NS_PER_S // self.sound_hz

    def block(self, number: int) -> AudioBlock:
        """Block `number`."""
        first = number * self.block_samples
        places = np.arange(first, first + self.block_samples) % self.sound_hz
        return AudioBlock(self.second[places], first * NS_PER_S // self.sound_hz, 0)


class LockstepMicrophone:
    """Gives a block as soon as the clock has passed its end; one reader thread."""

    def __init__(self, world: "Lockstep") -> None:
        self._world = world
        self._next = 0
        self._waits = self._closed = False

    def start(self, _epoch_ns: int) -> MicrophoneMode:
        """From the first block that begins now or later."""
        scenery, now_ns = self._world.scenery, self._world.clock.monotonic_ns()
        self._next = -(-now_ns * scenery.sound_hz // (scenery.block_samples * NS_PER_S))
        self._world.microphone = self
        return MicrophoneMode(scenery.sound_hz, 1)

    def read(self, timeout_s: float) -> AudioBlock | None:
        """The next block; None when `timeout_s` of real time have passed without it."""
        with self._world.changed:
            self._waits = True
            self._world.changed.notify_all()
            came = self._world.changed.wait_for(self._is_there, timeout_s)
            self._waits = not came
        if not came:
            self._world.rest(timeout_s)
            return None
        self._next += 1
        return self._world.scenery.block(self._next - 1)

    def has_handed_on(self) -> bool:
        """Whether the reader has done with every block that is over; asked under the lock."""
        return self._closed or (self._waits and not self._is_there())

    def close(self) -> None:
        """Nothing is held."""
        with self._world.changed:
            self._closed = True
            self._world.changed.notify_all()

    def _is_there(self) -> bool:
        world = self._world
        return world.scenery.block_end_ns(self._next) <= world.clock.monotonic_ns()


class LockstepCamera:
    """Lets the time pass up to its next frame, and gives that; one reader thread."""

    def __init__(self, world: "Lockstep") -> None:
        self._world = world

    def start(self, _epoch_ns: int) -> CameraMode:
        """From the first frame that is due from now on."""
        self._next = self._world.scenery.first_frame_from(self._world.clock.monotonic_ns())
        return self._world.scenery.mode

    def read(self, _timeout_s: float) -> Frame | None:
        """The next frame, at once."""
        number, self._next = self._next, self._next + 1
        due_ns = self._world.scenery.frame_at_ns(number)
        try:
            self._world.pass_until(due_ns)
        except Exception as error:
            self._world.failure = error
            raise
        return Frame(self._world.scenery.draw(number), PixelFormat.I420, due_ns, number)

    def close(self) -> None:
        """The session is over, and time stands still."""
        self._world.rested.set()


@dataclass(order=True)
class _Due:
    at_ns: int
    order: int
    deed: Deed = field(compare=False)


class Lockstep:
    """Clock, camera and microphone of one recorder, and what a wearer is to do when."""

    def __init__(self, scenery: Scenery, start_ns: int = NS_PER_S) -> None:
        self.scenery = scenery
        self.clock = VirtualClock(monotonic_ns=start_ns, utc_ns=start_ns + UTC_OFFSET_NS)
        self.changed = threading.Condition()
        self.rested = threading.Event()
        self._ends = False
        self.failure: Exception | None = None
        """What ended the session before its time."""
        self.microphone: LockstepMicrophone | None = None
        self._deeds: list[_Due] = []
        self._order = count()

    def sources(self) -> Sources:
        """For the recorder."""
        return Sources(lambda: LockstepCamera(self), lambda: LockstepMicrophone(self))

    def do_at(self, at_ns: int, deed: Deed) -> None:
        """Do it in the capture thread when the clock is there."""
        heapq.heappush(self._deeds, _Due(at_ns, next(self._order), deed))

    def session(self, recorder: Recorder, end_ns: int) -> None:
        """Capture from now to `end_ns`; returns when the camera is closed. Raises what a deed
        raised, and `TimeoutError`."""
        self.rested.clear()
        self._ends = False
        self.do_at(end_ns, lambda: self._end(recorder, end_ns))
        recorder.arm()
        seen_ns = self.clock.monotonic_ns()
        while not self.rested.wait(PATIENCE_S):
            before_ns, seen_ns = seen_ns, self.clock.monotonic_ns()
            if seen_ns == before_ns:
                raise TimeoutError(f"the session hangs at {seen_ns} ns")
        if self.failure is not None:
            raise self.failure

    def rest(self, duration_s: float) -> None:
        """No sound has come for so long: at a session's end, where no camera moves the clock
        any more, that much time has passed."""
        if self._ends:
            self.clock.advance_s(duration_s)

    def pass_until(self, instant_ns: int) -> None:
        """Let the time pass, stopping at each deed on the way."""
        while self._deeds and self._deeds[0].at_ns <= instant_ns:
            due = heapq.heappop(self._deeds)
            self._step_to(due.at_ns)
            due.deed()
        self._step_to(instant_ns)

    def _step_to(self, instant_ns: int) -> None:
        self.clock.advance_ns(max(0, instant_ns - self.clock.monotonic_ns()))
        with self.changed:
            self.changed.notify_all()
            if self.microphone is None:
                return
            if not self.changed.wait_for(self.microphone.has_handed_on, PATIENCE_S):
                raise TimeoutError(f"the sound thread hangs at {instant_ns} ns")

    def _end(self, recorder: Recorder, end_ns: int) -> None:
        recorder.disarm(end_ns)
        self._ends = True
        self.microphone = None


@contextmanager
def recorder_in(
    world: Lockstep, settings: Configuration, store: Store, heard: Callable[[Report], None]
) -> Iterator[Recorder]:
    """A recorder in this world, closed behind the block; `heard` gets its reports."""
    recorder = Recorder(
        *(settings, world.clock, world.sources(), store, lambda _folder: _ROOM_BYTES, heard),
        open_signer=the_signer,
    )
    recorder.start()
    try:
        yield recorder
    finally:
        recorder.close(world.clock.monotonic_ns())
