"""The ring: whatever comes in, what goes out can be played, and is as long as was asked."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.configuration.media import PreRecord
from bwv_device.media.packets import EncodedPacket, Track
from bwv_device.media.ring import Ring
from tests.unit.media.media_packets import MS, S, sound, video

HUGE = 1 << 30
UNHURRIED = settings(deadline=None)
"""A shared machine may stop for a while at any place."""


def ring(length_s: float = 2.0, *, byte_ceiling: int = HUGE, keep_sound: bool = False) -> Ring:
    """A ring that may be smaller than a configuration allows."""
    return Ring(
        PreRecord.model_construct(length_s=length_s, byte_ceiling=byte_ceiling, sound=keep_sound)
    )


def even(seconds: float, *, group: int = 10, size: int = 0) -> list[EncodedPacket]:
    """Ten pictures a second, a key frame every `group` of them."""
    return [
        video(n * 100 * MS, key=n % group == 0, number=n, size=size)
        for n in range(round(seconds * 10))
    ]


@dataclass
class Source:
    """Draws the next packet: pictures at any distance, sound a little behind them."""

    now_ns: int = 0
    sound_ns: int = 0
    number: int = 0
    made: list[EncodedPacket] = field(default_factory=list)

    def next(self, kind: str, step_ns: int, size: int) -> EncodedPacket:
        self.number += 1
        if kind == "sound" and self.sound_ns < self.now_ns:
            packet = sound(self.sound_ns, number=self.number, size=size)
            self.sound_ns = packet.end_ns
        else:
            self.now_ns += step_ns
            packet = video(self.now_ns, key=kind == "key", number=self.number, size=size)
        self.made.append(packet)
        return packet


KINDS = st.sampled_from(["key", "delta", "delta", "delta", "sound", "sound"])
STEPS_NS = st.one_of(st.integers(1, 100 * MS), st.integers(1, 4 * S))
SEQUENCES = st.lists(st.tuples(KINDS, STEPS_NS, st.integers(0, 2_000)), min_size=1, max_size=120)
LENGTHS_S = st.sampled_from([0.0, 0.5, 2.0, 10.0])


LATE_NS = st.one_of(st.integers(0, S), st.integers(S - 100 * MS, S))


@UNHURRIED
@given(SEQUENCES, LENGTHS_S, st.booleans(), LATE_NS)
def test_what_it_gives_begins_with_the_last_key_frame_before_the_asked_instant(
    sequence: list[tuple[str, int, int]], length_s: float, keep_sound: bool, late_ns: int
) -> None:
    held, source = ring(length_s, keep_sound=keep_sound), Source()
    for kind, step_ns, size in sequence:
        held.add(source.next(kind, step_ns, size))
        trigger_ns = source.now_ns - late_ns
        asked_from_ns = trigger_ns - round(length_s * S)
        given_out = held.since(asked_from_ns)
        assert given_out == _expected(source.made, asked_from_ns, keep_sound)


def _expected(made: list[EncodedPacket], from_ns: int, keep_sound: bool) -> list[EncodedPacket]:
    """From the last key frame at or before `from_ns`, else from the first one ever."""
    keys = [index for index, packet in enumerate(made) if packet.starts_clip]
    if not keys:
        return []
    early = [index for index in keys if made[index].time_ns <= from_ns]
    rest = made[early[-1] if early else keys[0] :]
    return [packet for packet in rest if keep_sound or packet.track is Track.VIDEO]


@UNHURRIED
@given(SEQUENCES, LENGTHS_S, st.booleans(), st.integers(1, 8_000))
def test_its_bytes_never_exceed_the_ceiling_and_what_is_left_is_whole(
    sequence: list[tuple[str, int, int]], length_s: float, keep_sound: bool, ceiling: int
) -> None:
    held, source = ring(length_s, byte_ceiling=ceiling, keep_sound=keep_sound), Source()
    for kind, step_ns, size in sequence:
        held.add(source.next(kind, step_ns, size))
        everything = held.since(0)
        assert held.bytes == sum(len(packet.data) for packet in everything) <= ceiling
        kept = [packet for packet in source.made if keep_sound or packet.track is Track.VIDEO]
        assert not everything or everything[0].starts_clip
        assert everything == kept[len(kept) - len(everything) :]


@UNHURRIED
@given(SEQUENCES, LENGTHS_S, st.sampled_from([HUGE, 3_000, 12_000]), st.sets(st.integers(1, 119)))
def test_it_is_as_long_as_asked_or_says_why_and_no_longer_than_it_has_to_be(
    sequence: list[tuple[str, int, int]], length_s: float, ceiling: int, cleared: set[int]
) -> None:
    """Time goes in uneven steps, groups have any length, and sources close in between."""
    held, source = ring(length_s, byte_ceiling=ceiling), Source()
    keys: list[int] = []
    for number, (kind, step_ns, size) in enumerate(sequence):
        if number in cleared:
            held.clear()
            keys.clear()
        packet = source.next(kind, step_ns, size)
        held.add(packet)
        keys += [packet.time_ns] * packet.starts_clip
        _check_length(held, keys, source.now_ns, round(length_s * S))


def _check_length(held: Ring, keys: list[int], now_ns: int, length_ns: int) -> None:
    if held.start_ns is None:
        assert not keys or held.hit_ceiling
        return
    assert held.start_ns in keys
    if not held.hit_ceiling:
        assert held.start_ns == keys[0] or held.start_ns <= now_ns - length_ns
    behind = [key_ns for key_ns in keys if key_ns > held.start_ns]
    # A second is kept for triggers that are understood late, and the group that it lies in.
    assert not behind or behind[0] > now_ns - length_ns - S


@pytest.mark.parametrize("late_ms", [0, 10, 999, 1000])
def test_a_trigger_that_is_handled_late_still_gets_all_that_it_asked(late_ms: int) -> None:
    held = ring(2.0)
    for packet in even(10):
        held.add(packet)
    newest_ns = 9900 * MS
    trigger_ns = newest_ns - late_ms * MS
    first = held.since(trigger_ns - 2 * S)[0]
    assert 2 * S <= trigger_ns - first.time_ns < 3 * S


def test_frames_that_drop_do_not_make_it_shorter() -> None:
    held = ring(5.0)
    for packet in even(30):
        if packet.is_key or packet.time_ns % (300 * MS) == 0:
            held.add(packet)
    first = held.since(29 * S - 5 * S)[0]
    assert first.time_ns == 24 * S


def test_it_holds_no_more_than_length_slack_and_one_group() -> None:
    held = ring(2.0)
    for packet in even(60):
        held.add(packet)
        assert held.start_ns is not None
        assert packet.time_ns - held.start_ns < 2 * S + S + S


def test_sound_stays_out_unless_it_is_asked_for() -> None:
    silent, sounding = ring(), ring(keep_sound=True)
    for held in (silent, sounding):
        held.add(video(0, key=True))
        held.add(sound(0))
    assert [packet.track for packet in silent.since(0)] == [Track.VIDEO]
    assert [packet.track for packet in sounding.since(0)] == [Track.VIDEO, Track.SOUND]


def test_the_ceiling_is_said_as_long_as_it_makes_the_ring_shorter() -> None:
    held = ring(2.0, byte_ceiling=20_000)
    for packet in even(5, size=1_000):
        held.add(packet)
    assert held.hit_ceiling
    for packet in even(20)[50:]:
        held.add(packet)
    assert not held.hit_ceiling


def test_nothing_is_left_after_it_was_cleared() -> None:
    held = ring()
    for packet in even(3):
        held.add(packet)
    held.clear()
    assert (held.bytes, held.start_ns, held.since(0)) == (0, None, [])


def test_pictures_before_the_first_key_frame_are_not_kept() -> None:
    held = ring()
    held.add(video(0))
    assert held.since(0) == []
    held.add(video(1, key=True, number=1))
    assert [packet.time_ns for packet in held.since(0)] == [1]
