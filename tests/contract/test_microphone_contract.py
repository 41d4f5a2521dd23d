"""What every microphone driver has to do; the same tests run over all of them.

The `sounddevice` driver runs over a stand-in for PortAudio's stream at the pace of the virtual
clock, and over a real input where there is one (BWV_TEST_MICROPHONE names it).
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from hal.discovery import list_microphones
from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DeviceClosedError, DeviceMissingError, DeviceStartedError
from hal.interfaces.clock import NS_PER_S, Clock
from hal.interfaces.microphone import AudioBlock, Microphone
from hal.registry import open_clock, open_microphone
from tests.contract.clips import SceneClip, footage
from tests.contract.fake_portaudio import FakeInput
from tests.contract.stepping import stepping
from tests.needs import need, no_hardware

EPOCH_NS = 7 * NS_PER_S + 3


@dataclass
class Bench:
    """A microphone, not started, and the clock it was given."""

    microphone: Microphone
    clock: Clock

    @property
    def virtual(self) -> VirtualClock:
        assert isinstance(self.clock, VirtualClock)
        return self.clock

    def read(self) -> AudioBlock:
        """The next block, however long it takes."""
        if isinstance(self.clock, VirtualClock):
            block = stepping(self.clock, lambda: self.microphone.read(1.0))
        else:
            block = self.microphone.read(10.0)
        assert block is not None
        return block


def real_input() -> int | str:
    named = os.environ.get("BWV_TEST_MICROPHONE")
    if named:
        return int(named) if named.isdigit() else named
    need("portaudio")
    found = [microphone.index for microphone in list_microphones().found]
    return found[0] if found else no_hardware("a microphone; BWV_TEST_MICROPHONE names one")


def options_of(case: str, folder: Path) -> dict[str, object]:
    match case:
        case "file":
            return {"path": footage()}
        case "file stereo":
            return {"path": footage(), "channels": 2}
        case "file of 44.1 kHz":
            return {"path": SceneClip(sound_rate_hz=44_100).write(folder / "scene.mkv")}
        case "sounddevice stereo":
            return {"channels": 2}
        case "sounddevice device":
            return {"device": real_input()}
    return {}


PACED = ["scene", "file", "file stereo", "file of 44.1 kHz"]
PUSHED = ["sounddevice", "sounddevice stereo"]
DEVICE = ["sounddevice device"]


def bench_for(case: str, folder: Path, patch: pytest.MonkeyPatch) -> Bench:
    if case in DEVICE:
        clock: Clock = open_clock("system")
    else:
        clock = virtual = VirtualClock(monotonic_ns=EPOCH_NS)
    if case in PUSHED:
        need("portaudio")
        patch.setattr("sounddevice.InputStream", lambda **options: FakeInput(virtual, options))
    options = options_of(case, folder)
    return Bench(open_microphone(case.split()[0], clock=clock, options=options), clock)


@pytest.fixture(params=PACED + PUSHED + DEVICE)
def bench(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    made = bench_for(request.param, tmp_path, monkeypatch)
    yield made
    made.microphone.close()


@pytest.fixture(params=PACED)
def paced(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    made = bench_for(request.param, tmp_path, monkeypatch)
    yield made
    made.microphone.close()


def test_blocks_are_as_the_mode_says(bench: Bench) -> None:
    mode = bench.microphone.start(EPOCH_NS)
    block = bench.read()
    assert block.samples.dtype == np.int16
    assert block.samples.shape[1] == mode.channels
    assert 0.01 <= block.samples.shape[0] / mode.rate_hz <= 0.04
    assert block.lost_before == 0


def test_blocks_follow_each_other_without_gap_or_overlap(bench: Bench) -> None:
    mode = bench.microphone.start(EPOCH_NS)
    before = bench.read()
    for _ in range(10):
        after = bench.read()
        length_ns = len(before.samples) * NS_PER_S / mode.rate_hz
        assert abs(after.capture_ns - before.capture_ns - length_ns) < NS_PER_S // 200
        assert after.lost_before == 0
        before = after


def test_a_block_comes_only_after_its_last_sample_was_heard(bench: Bench) -> None:
    mode = bench.microphone.start(EPOCH_NS)
    for _ in range(5):
        block = bench.read()
        length_ns = len(block.samples) * NS_PER_S // mode.rate_hz
        assert block.capture_ns + length_ns <= bench.clock.monotonic_ns() + NS_PER_S // 1000


def test_reading_before_the_start_is_refused(bench: Bench) -> None:
    with pytest.raises(DeviceClosedError, match="start"):
        bench.microphone.read(0)


def test_a_second_start_is_refused(bench: Bench) -> None:
    bench.microphone.start(EPOCH_NS)
    with pytest.raises(DeviceStartedError):
        bench.microphone.start(EPOCH_NS)


def test_after_close_nothing_goes_and_closing_again_does(bench: Bench) -> None:
    bench.microphone.start(EPOCH_NS)
    bench.read()
    bench.microphone.close()
    bench.microphone.close()
    with pytest.raises(DeviceClosedError):
        bench.microphone.read(0)
    with pytest.raises(DeviceClosedError):
        bench.microphone.start(EPOCH_NS)


def test_a_microphone_that_was_never_started_closes(bench: Bench) -> None:
    bench.microphone.close()
    with pytest.raises(DeviceClosedError):
        bench.microphone.start(EPOCH_NS)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("file", {"path": "no/such/clip.mp4"}),
        ("sounddevice", {"device": "a card that nobody has"}),
        ("sounddevice", {"device": 4711}),
    ],
)
def test_a_microphone_that_is_not_there_says_so_at_the_start(
    name: str, options: dict[str, object]
) -> None:
    if name == "sounddevice":
        need("portaudio")
    microphone = open_microphone(name, clock=open_clock("system"), options=options)
    with pytest.raises(DeviceMissingError, match=str(next(iter(options.values())))):
        microphone.start(0)
    microphone.close()


def test_nothing_is_delivered_before_its_last_sample(paced: Bench) -> None:
    paced.microphone.start(EPOCH_NS)
    paced.virtual.advance_ns(19_999_999)
    assert paced.microphone.read(0) is None
    paced.virtual.advance_ns(1)
    block = paced.microphone.read(0)
    assert block is not None
    assert block.capture_ns == EPOCH_NS


def test_blocks_lie_on_an_exact_grid_over_minutes(paced: Bench) -> None:
    mode = paced.microphone.start(EPOCH_NS)
    samples = 0
    for _ in range(80):
        paced.virtual.advance_s(0.5)
        while (block := paced.microphone.read(0)) is not None:
            assert block.capture_ns == EPOCH_NS + samples * NS_PER_S // mode.rate_hz
            samples += len(block.samples)
    assert samples == 40 * mode.rate_hz


def test_a_read_that_waits_in_vain_returns_none_at_its_timeout(paced: Bench) -> None:
    paced.microphone.start(EPOCH_NS + 10 * NS_PER_S)
    before_ns = paced.virtual.monotonic_ns()
    assert stepping(paced.virtual, lambda: paced.microphone.read(0.05)) is None
    assert paced.virtual.monotonic_ns() - before_ns >= 50_000_000


def test_closing_ends_a_read_that_waits(paced: Bench) -> None:
    paced.microphone.start(EPOCH_NS + 10 * NS_PER_S)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(paced.microphone.read, 60.0)
        paced.virtual.until_waiting()
        paced.microphone.close()
        with pytest.raises(DeviceClosedError):
            waiting.result(10)


def test_what_a_late_reader_misses_is_counted_to_the_sample(paced: Bench) -> None:
    mode = paced.microphone.start(EPOCH_NS)
    paced.virtual.advance_s(0.02)
    first = paced.microphone.read(0)
    assert first is not None
    paced.virtual.advance_s(4.5)
    later = paced.microphone.read(0)
    assert later is not None
    expected_ns = EPOCH_NS + (len(first.samples) + later.lost_before) * NS_PER_S // mode.rate_hz
    assert later.capture_ns == expected_ns
    assert later.lost_before > 4 * mode.rate_hz
    paced.virtual.advance_s(0.02)
    following = paced.microphone.read(0)
    assert following is not None
    assert following.lost_before == 0


def test_a_late_start_begins_with_the_sound_of_then(paced: Bench) -> None:
    paced.virtual.advance_s(2.505)
    paced.microphone.start(EPOCH_NS)
    block = paced.read()
    elapsed = Fraction(block.capture_ns - EPOCH_NS, NS_PER_S)
    assert elapsed == Fraction(252, 100)
