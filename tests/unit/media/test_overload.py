"""The rule of overload, played against any row of encode times."""

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.media.overload import LOOK_NS, OVERLOADED, RELIEF_NS, Overload, Stage
from tests.unit.media.media_packets import MS, S

UNHURRIED = settings(deadline=None)


@dataclass
class Camera:
    """A camera with a long queue, in front of one that encodes; time is worked out."""

    rate_hz: Fraction = Fraction(30)
    floor_hz: float = 10.0
    true_rate_hz: Fraction | None = None
    latency_ns: int = 20 * MS
    now_ns: int = 0
    number: int = 0
    encoded_ns: list[int] = field(default_factory=list)
    changes: list[tuple[int, Stage]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rule = Overload(self.rate_hz, self.floor_hz)

    @property
    def frame_ns(self) -> int:
        return round(S / (self.true_rate_hz or self.rate_hz))

    def shoot(self, cost_ns: int) -> None:
        """One frame, which costs so much if it is encoded."""
        capture_ns = self.number * self.frame_ns
        self.number += 1
        if not self.rule.wants(capture_ns):
            return
        began_ns = max(self.now_ns, capture_ns + self.latency_ns)
        self.now_ns = began_ns + cost_ns
        self.encoded_ns.append(capture_ns)
        stage = self.rule.encoded(capture_ns, began_ns - capture_ns, cost_ns)
        if stage is not None:
            self.changes.append((capture_ns, stage))

    def shoot_s(self, seconds: float, cost_ns: int) -> None:
        for _ in range(round(seconds * S / self.frame_ns)):
            self.shoot(cost_ns)

    @property
    def lag_ns(self) -> int:
        return self.now_ns - self.number * self.frame_ns


STRETCHES = st.lists(
    st.tuples(st.integers(1, 90), st.integers(0, 200).map(lambda ms: ms * MS)),
    min_size=1,
    max_size=12,
)
RATES = st.sampled_from([Fraction(r) for r in (5, 10, 15, 25, 30, 60)] + [Fraction(30_000, 1001)])
FLOORS_HZ = st.sampled_from([1.0, 5.0, 10.0, 12.5, 15.0, 120.0])


@UNHURRIED
@given(RATES, FLOORS_HZ, STRETCHES)
def test_whatever_encoding_costs_the_rate_stays_above_the_floor_and_does_not_flap(
    rate_hz: Fraction, floor_hz: float, stretches: list[tuple[int, int]]
) -> None:
    camera = Camera(rate_hz, floor_hz)
    for frames, cost_ns in stretches:
        for _ in range(frames):
            camera.shoot(cost_ns)
    widest_ns = max(camera.frame_ns, S / floor_hz) + MS
    pairs = pairwise(camera.encoded_ns)
    assert all(after - before <= widest_ns for before, after in pairs)
    assert all(
        1 <= stage.one_in <= max(1, rate_hz / floor_hz + 1e-6) for _, stage in camera.changes
    )
    before_ns, one_in = 0, 1
    for at_ns, stage in camera.changes:
        assert stage.one_in != one_in, "a change that is none is not told"
        assert at_ns - before_ns >= (2 * LOOK_NS if stage.one_in > one_in else RELIEF_NS)
        assert stage.one_in > one_in or one_in - stage.one_in == 1, "up by one stage at a time"
        before_ns, one_in = at_ns, stage.one_in


@UNHURRIED
@given(RATES, FLOORS_HZ, STRETCHES)
def test_when_the_load_has_gone_every_frame_is_encoded_again(
    rate_hz: Fraction, floor_hz: float, stretches: list[tuple[int, int]]
) -> None:
    camera = Camera(rate_hz, floor_hz)
    for frames, cost_ns in stretches:
        for _ in range(frames):
            camera.shoot(cost_ns)
    camera.shoot_s(2, 1 * MS)
    camera.shoot_s(camera.rule.one_in * (RELIEF_NS / S + 1.5), 1 * MS)
    assert camera.rule.one_in == 1


@UNHURRIED
@given(RATES, FLOORS_HZ, st.lists(st.floats(0, 0.85), min_size=1, max_size=300))
def test_an_encoder_that_keeps_up_loses_no_frame(
    rate_hz: Fraction, floor_hz: float, costs: list[float]
) -> None:
    camera = Camera(rate_hz, floor_hz)
    for cost in costs:
        camera.shoot(round(cost * camera.frame_ns))
    assert len(camera.encoded_ns) == camera.number and camera.changes == []


@UNHURRIED
@given(st.floats(1.05, 2.6))
def test_a_steady_overload_ends_in_a_rate_that_keeps_up(cost: float) -> None:
    camera = Camera()
    camera.shoot_s(12, round(cost * camera.frame_ns))
    assert camera.rule.one_in >= cost * OVERLOADED
    camera.shoot_s(30, round(cost * camera.frame_ns))
    assert camera.lag_ns < LOOK_NS, "what had piled up is worked off"


def test_half_the_frames_are_left_out_before_a_drivers_queue_is_full() -> None:
    camera = Camera()
    while not camera.changes:
        camera.shoot(54 * MS)
    assert camera.changes[0][1].one_in == 2
    assert camera.lag_ns < 8 * camera.frame_ns, "as a webcam's has"


def test_frames_are_left_out_evenly() -> None:
    camera = Camera()
    camera.shoot_s(2, 50 * MS)
    assert camera.rule.one_in == 2
    del camera.encoded_ns[:]
    camera.shoot_s(2, 25 * MS)
    steps = {b - a for a, b in pairwise(camera.encoded_ns)}
    assert steps == {2 * camera.frame_ns}


def test_one_stall_is_no_overload() -> None:
    camera = Camera()
    for cost_ms in [8] * 60 + [700] + [8] * 60 + [400, 8, 8, 300] + [8] * 90:
        camera.shoot(cost_ms * MS)
    assert camera.changes == []


def test_a_camera_that_is_late_from_the_start_is_no_overload() -> None:
    camera = Camera(latency_ns=2 * S)
    camera.shoot_s(20, 20 * MS)
    assert camera.changes == []


def test_a_camera_slower_than_it_says_is_kept_above_the_floor() -> None:
    camera = Camera(true_rate_hz=Fraction(25))
    camera.shoot_s(5, 120 * MS)
    assert camera.rule.one_in == 3
    last = camera.encoded_ns[-20:]
    assert all(b - a <= 100 * MS for a, b in pairwise(last))


def test_slates_at_five_a_second_are_all_encoded() -> None:
    rule = Overload(Fraction(30), 10)
    rule.one_in = 3
    rule.wants(0)
    rule.encoded(0, 0, 0)
    assert all(rule.wants(n * S // 5) for n in range(1, 10))


def test_a_floor_above_half_of_the_rate_leaves_nothing_out() -> None:
    camera = Camera(Fraction(30), floor_hz=20)
    camera.shoot_s(10, 200 * MS)
    assert len(camera.encoded_ns) == camera.number
