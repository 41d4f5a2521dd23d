"""A microphone that is pulled out and plugged in again: silence, to the sample."""

import threading
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from bwv_device.media import reopener
from bwv_device.media.steady_microphone import SteadyMicrophone
from hal.errors import DeviceClosedError, DeviceLostError, DeviceMissingError
from hal.interfaces.microphone import AudioBlock, MicrophoneMode
from tests.unit.media.media_packets import MS, S, sound
from tests.unit.media.media_socket import REAL, SOUND_MODE, Socket, searching, wait_until

SAMPLE_NS = S / 48_000
STEP_NS = 1024 * S // 48_000


@pytest.fixture
def socket() -> Socket:
    return Socket()


@pytest.fixture
def microphone(socket: Socket) -> Iterator[SteadyMicrophone]:
    steady = SteadyMicrophone(
        socket.microphone, socket.clock, socket.lost.append, socket.returned.append
    )
    yield steady
    steady.close()
    wait_until(lambda: not searching())
    assert socket.still_open() == 0


def started(microphone: SteadyMicrophone, socket: Socket) -> list[AudioBlock]:
    """A microphone that has given half a second of sound."""
    assert microphone.start(socket.clock.monotonic_ns()) == SOUND_MODE
    return socket.watch(microphone, 0.5)


def silent_samples(blocks: list[AudioBlock]) -> int:
    return sum(int((block.samples == 0).sum()) for block in blocks)


def assert_whole(blocks: list[AudioBlock]) -> None:
    """Every block begins where the one before ends."""
    for before, after in pairwise(blocks):
        end_ns = before.capture_ns + len(before.samples) * SAMPLE_NS
        assert after.capture_ns == pytest.approx(end_ns, abs=SAMPLE_NS)
        assert len(after.samples) > 0 and after.samples.dtype == np.int16


@pytest.mark.parametrize("away_s", [0.05, 0.9, 3.3, 10.0])
@pytest.mark.parametrize("delay_ms", [0, 15, 55, 130])
def test_silence_takes_exactly_the_place_of_what_is_missing(
    microphone: SteadyMicrophone, socket: Socket, away_s: float, delay_ms: int
) -> None:
    blocks = started(microphone, socket)
    socket.plugged = False
    blocks += socket.watch(microphone, away_s)
    socket.plugged, socket.delay_ns = True, delay_ms * MS
    blocks += socket.watch(microphone, 3)
    assert_whole(blocks)
    assert len(socket.lost) == len(socket.returned) == 1 and "unplugged" in socket.lost[0]
    assert silent_samples(blocks) / 48_000 == pytest.approx(socket.returned[0], abs=0.001)
    assert (blocks[-1].samples == REAL).all() and socket.still_open() == 1
    length_s = sum(len(block.samples) for block in blocks) / 48_000
    end_ns = blocks[-1].capture_ns + len(blocks[-1].samples) * SAMPLE_NS
    assert length_s == pytest.approx((end_ns - blocks[0].capture_ns) / S, abs=0.001)


def test_packets_say_how_much_of_them_is_silence_in_the_place_of_sound(
    microphone: SteadyMicrophone, socket: Socket
) -> None:
    blocks = started(microphone, socket)
    socket.plugged = False
    blocks += socket.watch(microphone, 1.7)
    socket.plugged = True
    blocks += socket.watch(microphone, 3)
    start_ns = blocks[0].capture_ns
    count = (blocks[-1].capture_ns - start_ns) // STEP_NS
    packets = [microphone.marked(sound(start_ns + n * STEP_NS)) for n in range(count)]
    assert sum(packet.lost_ns for packet in packets) == pytest.approx(
        socket.returned[0] * S, abs=MS
    )
    assert all(packet.lost_ns <= packet.duration_ns for packet in packets)
    assert packets[0].lost_ns == packets[-1].lost_ns == 0


def test_silence_comes_as_fast_as_sound_would(microphone: SteadyMicrophone, socket: Socket) -> None:
    started(microphone, socket)
    socket.plugged = False
    blocks = socket.watch(microphone, 10)
    assert silent_samples(blocks) == pytest.approx(480_000, abs=48_000 * 0.1)
    assert blocks[-1].capture_ns + 20 * MS <= socket.clock.monotonic_ns()


def test_a_microphone_that_falls_silent_is_lost_and_its_time_is_filled(
    microphone: SteadyMicrophone, socket: Socket
) -> None:
    blocks = started(microphone, socket)
    socket.silent = True
    assert socket.watch(microphone, 1.9) == [] and socket.lost == []
    blocks += socket.watch(microphone, 3)
    assert len(socket.lost) == 1 and "no sound for 2.0 s" in socket.lost[0]
    socket.silent = False
    blocks += socket.watch(microphone, 2)
    assert_whole(blocks)
    assert len(socket.returned) == 1


def test_a_microphone_that_comes_and_goes_leaves_one_whole_track(
    microphone: SteadyMicrophone, socket: Socket
) -> None:
    blocks = started(microphone, socket)
    for _ in range(6):
        socket.plugged = False
        blocks += socket.watch(microphone, 0.7)
        socket.plugged = True
        blocks += socket.watch(microphone, 0.6)
    blocks += socket.watch(microphone, 2)
    assert_whole(blocks)
    assert silent_samples(blocks) / 48_000 == pytest.approx(sum(socket.returned), abs=0.001)


def test_a_microphone_of_another_rate_is_refused_once_and_searched_on(
    microphone: SteadyMicrophone, socket: Socket
) -> None:
    blocks = started(microphone, socket)
    socket.sound_mode = MicrophoneMode(44_100, 2)
    socket.plugged = False
    blocks += socket.watch(microphone, 0.5)
    socket.plugged = True
    blocks += socket.watch(microphone, 3)
    assert len(socket.lost) == 2 and "44100" in socket.lost[1] and socket.still_open() == 0
    socket.sound_mode = SOUND_MODE
    blocks += socket.watch(microphone, 2)
    assert_whole(blocks)
    assert len(socket.returned) == 1


def test_a_microphone_that_opens_again_and_gives_nothing_is_tried_again(
    microphone: SteadyMicrophone, socket: Socket
) -> None:
    blocks = started(microphone, socket)
    socket.plugged = False
    blocks += socket.watch(microphone, 0.5)
    socket.plugged = socket.silent = True
    blocks += socket.watch(microphone, 3)
    assert socket.still_open() == 0 and len(socket.opened) > 2
    socket.silent = False
    assert_whole(blocks + socket.watch(microphone, 2))
    assert len(socket.returned) == 1


def test_a_microphone_that_does_not_start_fails_as_it_is(
    microphone: SteadyMicrophone, socket: Socket
) -> None:
    socket.plugged = False
    with pytest.raises(DeviceMissingError, match="nothing is plugged in"):
        microphone.start(0)


def test_what_gave_no_sound_yet_is_not_lost_but_failed(
    microphone: SteadyMicrophone, socket: Socket
) -> None:
    microphone.start(0)
    socket.plugged = False
    with pytest.raises(DeviceLostError, match="unplugged"):
        microphone.read(0)
    assert socket.lost == []


def test_a_microphone_closed_while_it_is_opened_again_is_closed_when_that_returns(
    microphone: SteadyMicrophone, socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reopener, "PATIENCE_S", 0.02)
    started(microphone, socket)
    socket.plugged = False
    socket.watch(microphone, 0.5)
    socket.plugged, socket.hang = True, threading.Event()
    socket.clock.advance_s(1)
    wait_until(lambda: len(socket.opened) == 2)
    microphone.close()
    with pytest.raises(DeviceClosedError):
        microphone.read(0)
    socket.hang.set()
    wait_until(lambda: not searching())
    assert socket.still_open() == 0
