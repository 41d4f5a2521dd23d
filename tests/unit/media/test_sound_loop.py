"""The sound's way from the microphone to the keeper: up to the end, and not a sample less."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from bwv_device.configuration.media import Sound
from bwv_device.media import sound_loop as sound_loop_module
from bwv_device.media.packets import EncodedPacket
from bwv_device.media.sound_loop import SoundLoop
from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DeviceClosedError, DeviceLostError
from hal.interfaces.microphone import AudioBlock, MicrophoneMode
from tests.unit.media.media_packets import MS, S

MODE = MicrophoneMode(48_000, 1)


class Script:
    """A microphone that gives blocks of 20 ms as they are asked for, then does what it is told."""

    def __init__(self, clock: VirtualClock, *blocks: AudioBlock | Exception | threading.Event):
        self._clock = clock
        self._script: Iterator[AudioBlock | Exception | threading.Event] = iter(blocks)

    def read(self, timeout_s: float) -> AudioBlock | None:
        cue = next(self._script, None)
        if isinstance(cue, Exception):
            raise cue
        if isinstance(cue, threading.Event):
            cue.wait()
            return None
        if cue is None:
            self._clock.advance_s(timeout_s)
            return None
        self._clock.advance_ns(max(0, cue.capture_ns + 20 * MS - self._clock.monotonic_ns()))
        return cue


def blocks(count: int, *, lost_at: dict[int, int] | None = None) -> list[AudioBlock]:
    lost = lost_at or {}
    return [
        AudioBlock(np.zeros((960, 1), np.int16), n * 20 * MS, lost.get(n, 0)) for n in range(count)
    ]


class Heard:
    """A loop and all that it says."""

    def __init__(self, *script: AudioBlock | Exception | threading.Event) -> None:
        self.clock = VirtualClock()
        self.packets: list[EncodedPacket] = []
        self.failures: list[str] = []
        self.losses: list[float] = []
        microphone = Script(self.clock, *script)
        self.loop = SoundLoop(microphone, MODE, Sound(), self.clock)  # type: ignore[arg-type]

    def run(self, end_ns: int) -> "Heard":
        self.loop._end_ns = end_ns
        self.loop.start(self.packets.append, self.failures.append, self.losses.append)
        self.loop.end(end_ns)
        return self


def test_all_sound_up_to_the_end_is_handed_over() -> None:
    heard = Heard(*blocks(100)).run(1 * S)
    assert heard.packets[-1].end_ns >= 1 * S and heard.failures == []


def test_it_does_not_wait_for_sound_that_will_not_come() -> None:
    heard = Heard(*blocks(10)).run(1 * S)
    assert heard.packets[-1].end_ns >= 200 * MS
    assert 1.5 * S <= heard.clock.monotonic_ns() <= 2 * S


@pytest.mark.parametrize(
    "error", [DeviceLostError("unplugged"), ZeroDivisionError("unplugged")], ids=["known", "other"]
)
def test_a_microphone_that_breaks_off_is_said_once(error: Exception) -> None:
    heard = Heard(*blocks(10), error).run(1 * S)
    (failure,) = heard.failures
    assert "unplugged" in failure


def test_what_it_gave_before_it_broke_off_is_kept_to_the_last_sample() -> None:
    heard = Heard(*blocks(10), DeviceLostError("unplugged")).run(1 * S)
    assert heard.packets[-1].end_ns >= 200 * MS


def test_each_stretch_of_lost_samples_is_told_once() -> None:
    lost = {3: 480, 4: 480, 5: 480, 20: 4_800}
    heard = Heard(*blocks(60, lost_at=lost)).run(1 * S)
    assert heard.losses == pytest.approx([0.03, 0.1])


def test_samples_lost_at_the_very_end_are_told() -> None:
    heard = Heard(*blocks(51, lost_at={50: 960})).run(1 * S)
    assert heard.losses == pytest.approx([0.02])


def test_a_microphone_that_hangs_does_not_keep_the_session_from_ending(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sound_loop_module, "_PATIENCE_S", 0.05)
    hang = threading.Event()
    heard = Heard(*blocks(5), hang).run(1 * S)
    assert heard.failures == []
    hang.set()


@pytest.mark.parametrize("late", [DeviceClosedError("closed"), *blocks(1, lost_at={0: 960})])
def test_nothing_is_heard_of_a_thread_that_was_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, late: Exception | AudioBlock
) -> None:
    monkeypatch.setattr(sound_loop_module, "_PATIENCE_S", 0.05)
    hang = threading.Event()
    heard = Heard(*blocks(5), hang, late).run(1 * S)
    told = len(heard.packets)
    hang.set()
    assert heard.loop._thread is not None
    heard.loop._thread.join()
    assert (len(heard.packets), heard.failures, heard.losses) == (told, [], [])


def test_an_end_without_a_start_is_allowed() -> None:
    Heard().loop.end(0)
