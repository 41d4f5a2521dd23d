"""Sound that is missing: found by its time, whatever took it."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.media.sound_holes import SoundHoles
from bwv_device.media.sound_tally import SoundTally
from tests.unit.media.media_packets import MS, S, sound

STEP_NS = 1024 * S // 48_000
UNHURRIED = settings(deadline=None)
HOLES = st.lists(st.tuples(st.integers(1, 400), st.integers(1, 200)), max_size=8)


def stretches(holes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """From (wait, length) in ms to (from, to) in ns, one behind the other."""
    made, now_ns = [], 0
    for wait_ms, length_ms in holes:
        from_ns = now_ns + wait_ms * MS
        now_ns = from_ns + length_ms * MS
        made.append((from_ns, now_ns))
    return made


@UNHURRIED
@given(HOLES)
def test_every_nanosecond_of_a_hole_is_on_one_packet(holes: list[tuple[int, int]]) -> None:
    marks, made = SoundHoles(), stretches(holes)
    for hole in made:
        marks.add(*hole)
    end_ns = max((to_ns for _, to_ns in made), default=0)
    packets = [marks.marked(sound(n * STEP_NS)) for n in range(end_ns // STEP_NS + 2)]
    assert sum(packet.lost_ns for packet in packets) == sum(to - from_ for from_, to in made)


def test_stretches_that_overlap_are_counted_once() -> None:
    marks = SoundHoles()
    marks.add(0, 10 * MS)
    marks.add(5 * MS, 15 * MS)
    assert marks.marked(sound(0)).lost_ns == 15 * MS


@UNHURRIED
@given(st.sets(st.integers(0, 99)))
def test_packets_that_did_not_come_are_missing_for_as_long_as_they_last(gone: set[int]) -> None:
    tally = SoundTally(100 * STEP_NS, STEP_NS)
    for n in range(100):
        if n not in gone:
            tally.add(sound((100 + n) * STEP_NS, number=n))
    assert tally.lost_ns(200 * STEP_NS) == len(gone) * STEP_NS


@UNHURRIED
@given(st.integers(0, STEP_NS - 1), st.integers(0, STEP_NS - 1))
def test_packets_that_lie_across_the_ends_of_a_clip_make_no_hole(
    begins_ns: int, ends_ns: int
) -> None:
    tally = SoundTally(10 * STEP_NS - begins_ns, STEP_NS)
    for n in range(10, 20):
        tally.add(sound(n * STEP_NS, number=n))
    assert tally.lost_ns(20 * STEP_NS + ends_ns) == 0


def test_silence_that_nobody_wanted_otherwise_covers_nothing() -> None:
    tally = SoundTally(0, STEP_NS)
    tally.add(replace(sound(0), is_silence=True))
    assert tally.lost_ns(S) == S


def test_a_clip_that_ends_before_its_sound_is_due_lacks_none() -> None:
    assert SoundTally(2 * S, STEP_NS).lost_ns(S) == 0
