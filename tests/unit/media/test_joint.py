"""The joint between ring and live: silence up to the trigger, every packet of sound since."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.media.joint import TAIL_NS, SoundTail, first_packets
from bwv_device.media.packets import Track
from bwv_device.media.silence import Silence
from tests.unit.media.media_packets import MS, S, sound, video

STEP_NS = 1024 * S // 48_000
SILENCE = Silence(b"quiet", STEP_NS)
RING = [video(n * 100 * MS, key=n % 10 == 0, number=n) for n in range(30)]


def tail(from_number: int = 0, to_number: int = 140) -> SoundTail:
    """Sound up to just before 3 s."""
    made = SoundTail()
    for number in range(from_number, to_number):
        made.add(sound(number * STEP_NS, number=number))
    return made


@settings(deadline=None)
@given(st.integers(0, 4 * S), st.integers(1, 140))
def test_sound_follows_silence_without_a_gap_wherever_the_trigger_is(
    trigger_ns: int, count: int
) -> None:
    held = tail(0, count)
    packets = list(first_packets(RING, held, SILENCE, trigger_ns))
    sounds = [packet for packet in packets if packet.track is Track.SOUND]
    assert [packet for packet in packets if packet.track is Track.VIDEO] == RING
    assert all(before.end_ns == after.time_ns for before, after in pairwise(sounds))
    assert all(p.is_silence or p.time_ns >= trigger_ns for p in sounds)
    real = [packet for packet in sounds if not packet.is_silence]
    assert real == held.since(trigger_ns)
    # What comes live next is the packet behind the newest one, or the first behind the trigger.
    next_ns = count * STEP_NS
    while next_ns < trigger_ns:
        next_ns += STEP_NS
    assert not sounds or sounds[-1].end_ns == next_ns


def test_a_packet_that_begins_at_the_trigger_itself_is_kept() -> None:
    assert tail().since(139 * STEP_NS)[0].time_ns == 139 * STEP_NS
    assert tail().next_ns(139 * STEP_NS) == 139 * STEP_NS
    assert tail().next_ns(139 * STEP_NS + 1) == 140 * STEP_NS


def test_no_more_than_a_second_of_sound_is_held() -> None:
    held = tail()
    assert 140 * STEP_NS - held.since(0)[0].time_ns <= TAIL_NS + STEP_NS


@pytest.mark.parametrize("ring", [[], RING])
def test_before_any_sound_has_come_there_is_only_the_picture(ring: list) -> None:
    assert list(first_packets(ring, SoundTail(), SILENCE, S)) == ring


def test_without_a_ring_there_is_nothing() -> None:
    assert list(first_packets([], tail(), SILENCE, S)) == []


def test_nothing_is_left_after_it_was_cleared() -> None:
    held = tail()
    held.clear()
    assert held.since(0) == [] and held.next_ns(0) is None
