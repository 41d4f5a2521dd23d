"""A memory that gets short costs pre-record, never a recording, and is told."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.configuration.media import PreRecord, Video
from bwv_device.configuration.memory import Memory
from bwv_device.configuration.model import Configuration
from bwv_device.evidence.store import Store
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.inbox import BOUND_BYTES
from bwv_device.media.keeper import Keeper, Surroundings
from bwv_device.media.memory_need import available_in, memory_need
from bwv_device.media.memory_watch import SETTLE_NS, SMALLEST_PART, WELL_NS, MemoryWatch
from bwv_device.media.messages import MemoryLow, MemoryShort, MemoryWell
from bwv_device.media.ring import Ring
from bwv_device.media.silence import Silence
from hal.drivers.memory.mock import MockMemory
from tests.unit.media.media_live import live, picture
from tests.unit.media.media_packets import S, video
from tests.unit.media.media_rig import Rig, Rules
from tests.unit.media.media_stage import Stage

LEAST = 64 << 20
CEILING = 1_600_000
GROUP_BYTES = 40_000


class World:
    """A ring that a camera fills with a group a second, and a gauge in the test's hands."""

    def __init__(self) -> None:
        self.gauge = MockMemory(total_bytes=1 << 30, available_bytes=1 << 29)
        settings_ = PreRecord.model_construct(length_s=30.0, byte_ceiling=CEILING, sound=False)
        self.ring = Ring(settings_)
        self.reports: list[MemoryLow | MemoryWell] = []
        self.watch = MemoryWatch(
            self.ring, Memory(least_free_bytes=LEAST), available_in(self.gauge), self.reports.append
        )
        self.now_ns = 0

    def pass_s(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now_ns += S
            self.ring.add(video(self.now_ns, key=True, size=GROUP_BYTES))
            self.watch.look(self.now_ns)


@pytest.fixture
def world() -> World:
    made = World()
    made.pass_s(40)
    return made


def test_enough_memory_changes_nothing(world: World) -> None:
    assert world.reports == [] and world.ring.byte_ceiling == CEILING
    assert world.ring.bytes == 32 * GROUP_BYTES


def test_a_short_memory_halves_the_ring_until_it_is_enough(world: World) -> None:
    before = world.ring.bytes
    world.gauge.set_available(LEAST - 1)
    world.pass_s(1)
    assert world.ring.bytes <= before // 2 and world.ring.hit_ceiling
    (low,) = world.reports
    assert isinstance(low, MemoryLow)
    assert (low.available_bytes, low.ring_bytes) == (LEAST - 1, world.ring.byte_ceiling)
    world.gauge.set_available(LEAST)
    world.pass_s(20)
    assert len(world.reports) == 1, "enough, and not so much that it could grow"


def test_a_memory_that_stays_short_leaves_a_sixteenth(world: World) -> None:
    world.gauge.set_available(0)
    world.pass_s(60)
    assert world.ring.byte_ceiling == CEILING // SMALLEST_PART
    assert 0 < world.ring.bytes <= CEILING // SMALLEST_PART
    assert len(world.reports) < 6, "each stage is told once"


def test_the_ring_grows_again_with_the_memory(world: World) -> None:
    world.gauge.set_available(0)
    world.pass_s(20)
    world.gauge.set_available(2 * LEAST)
    world.pass_s(6 * WELL_NS // S + 40)
    assert world.ring.byte_ceiling == CEILING and isinstance(world.reports[-1], MemoryWell)
    assert world.ring.bytes == 32 * GROUP_BYTES and not world.ring.hit_ceiling


def test_a_gauge_that_fails_changes_nothing(world: World) -> None:
    world.gauge.lose()
    world.pass_s(10)
    assert world.reports == [] and world.ring.byte_ceiling == CEILING


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 3 * LEAST)), max_size=20))
def test_whatever_the_memory_does(stretches: list[tuple[int, int]]) -> None:
    world = World()
    halved_ns = -SETTLE_NS
    for seconds, available_bytes in stretches:
        world.gauge.set_available(available_bytes)
        for _ in range(seconds):
            ceiling, told = world.ring.byte_ceiling, len(world.reports)
            world.pass_s(1)
            assert CEILING // SMALLEST_PART <= world.ring.byte_ceiling <= CEILING
            assert world.ring.bytes <= world.ring.byte_ceiling
            if world.ring.byte_ceiling < ceiling:
                assert available_bytes < LEAST and len(world.reports) == told + 1
                assert world.now_ns - halved_ns >= SETTLE_NS
                halved_ns = world.now_ns
            if world.ring.byte_ceiling > ceiling:
                assert available_bytes >= 2 * LEAST


def test_a_recording_goes_on_and_the_next_one_says_why_its_pre_record_is_short(
    store: Store, templates: Templates, silence: Silence
) -> None:
    gauge = MockMemory(total_bytes=1 << 30, available_bytes=1 << 29)
    rig = Rig(store, templates, silence, Rules(pre_record_s=10.0, byte_ceiling=1_000_000))
    around = Surroundings(
        *(rig.clock, store, lambda _: 1 << 40, rig.reports.append, "UTC"),
        available_bytes=available_in(gauge),
    )
    rig.keeper = Keeper(rig.rules.configuration(store.folder), around)
    rig.open_source()
    live(rig, 0, 15_000, size=5_000)
    rig.begin(15 * S)
    gauge.set_available(0)
    live(rig, 15_000, 20_000, size=5_000)
    rig.end(20 * S)
    rig.begin(20 * S + 1)
    live(rig, 20_000, 22_000, size=5_000)
    rig.end(22 * S)
    live(rig, 22_000, 24_000, size=5_000)
    assert rig.numbers(0) == list(range(50, 200)), "not one picture of the running recording"
    (clip,) = rig.clips(1)
    assert clip.pre_record_delivered_ns < 10 * S
    assert clip.pre_record_short_reason and "byte" in clip.pre_record_short_reason
    assert rig.reported(MemoryLow)


def test_the_sum_of_what_may_be_held_is_stated() -> None:
    need = memory_need(Configuration(pre_record=PreRecord(byte_ceiling=8 << 20)))
    assert need.total_bytes == (8 << 20) + BOUND_BYTES + 8 * 1280 * 720 * 3
    assert "ring 8" in str(need)
    none = memory_need(Configuration(pre_record=PreRecord(length_s=0), video=Video(width_px=64)))
    assert none.ring_bytes == 0


def test_a_recorder_that_may_need_more_than_there_is_says_so_at_its_start(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "store")
    gauge = MockMemory(total_bytes=1 << 30, available_bytes=1 << 20)
    stage.recorder._available_bytes = available_in(gauge)
    stage.recorder.start()
    try:
        (short,) = stage.until_reported(MemoryShort)
        assert "1 MB are free" in short.message and "byte_ceiling" in short.message
    finally:
        stage.recorder.close(stage.clock.monotonic_ns())
        stage.store.close()


def test_the_ring_lets_go_at_once_when_its_limit_falls() -> None:
    ring = Ring(PreRecord.model_construct(length_s=30.0, byte_ceiling=1 << 30, sound=False))
    for number in range(100):
        ring.add(picture(number, size=1_000))
    ring.limit(25_000)
    assert 0 < ring.bytes <= 25_000 and ring.hit_ceiling and ring.byte_ceiling == 25_000
    assert ring.since(0)[0].starts_clip
