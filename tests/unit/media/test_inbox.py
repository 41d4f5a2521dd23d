"""The inbox: bounded, never waiting, and what it lets go is counted to the last frame."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.media.inbox import Inbox
from bwv_device.media.messages import Begin, Idle, KeeperMessage, Mark, SourceClosed
from bwv_device.media.packets import EncodedPacket, Track
from tests.unit.media.media_packets import MS, S, sound, video

BOUND = 1_000
UNHURRIED = settings(deadline=None)
"""A shared machine may stop for a while at any place."""


def queued(inbox: Inbox) -> Iterator[KeeperMessage]:
    """Empty the inbox."""
    while not isinstance(message := inbox.get(0), Idle):
        assert message is not None
        yield message


def test_it_is_drained_once_the_reader_has_what_it_was_woken_for() -> None:
    inbox = Inbox(BOUND)
    for message in (video(0), sound(0), Begin(1, "Button"), video(1)):
        inbox.put(message)
    seen = []
    while not isinstance(inbox.get(0), Idle):
        seen.append(inbox.is_drained)
    assert seen == [False, False, False, True]


@dataclass
class Model:
    """Puts and gets at will, and remembers both."""

    inbox: Inbox = field(default_factory=lambda: Inbox(BOUND))
    put: list[KeeperMessage] = field(default_factory=list)
    got: list[KeeperMessage] = field(default_factory=list)
    told: list[int] = field(default_factory=list)

    def step(self, kind: str, size: int, lost: int) -> None:
        if kind == "get":
            self._take(self.inbox.get(0))
            return
        number = len(self.put)
        message: KeeperMessage = {
            "key": video(number * MS, key=True, number=number, size=size, lost=lost),
            "delta": video(number * MS, number=number, size=size, lost=lost),
            "sound": sound(number * MS, number=number, size=size),
            "mark": Mark(number),
        }[kind]
        self.put.append(message)
        told = self.inbox.put(message)
        if told:
            self.told.append(told)

    def finish(self) -> None:
        self.put.append(SourceClosed(None))
        told = self.inbox.put(SourceClosed(None))
        if told:
            self.told.append(told)
        for message in queued(self.inbox):
            self._take(message)

    def _take(self, message: KeeperMessage | None) -> None:
        assert message is not None
        if not isinstance(message, Idle):
            self.got.append(message)

    def frames_put(self) -> int:
        """Frames that there were, with those that were lost before they came here."""
        return sum(1 + packet.lost_before for packet in pictures(self.put))

    def frames_got(self) -> int:
        """Frames that came through, with those that are counted as lost."""
        closed = sum(each.lost_frames for each in self.got if isinstance(each, SourceClosed))
        return closed + sum(1 + packet.lost_before for packet in pictures(self.got))


def packets(messages: list[KeeperMessage]) -> list[EncodedPacket]:
    return [each for each in messages if isinstance(each, EncodedPacket)]


def pictures(messages: list[KeeperMessage]) -> list[EncodedPacket]:
    return [packet for packet in packets(messages) if packet.track is Track.VIDEO]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["key", "delta", "delta", "delta", "sound", "sound", "mark", "get", "get"]),
        st.integers(10, 500),
        st.sampled_from([0, 0, 0, 1, 4]),
    ),
    max_size=150,
)


@UNHURRIED
@given(STEPS)
def test_every_frame_comes_through_or_is_counted(steps: list[tuple[str, int, int]]) -> None:
    model = Model()
    for step in steps:
        model.step(*step)
    model.finish()
    assert model.frames_got() == model.frames_put()


@UNHURRIED
@given(STEPS)
def test_what_comes_through_keeps_its_order_and_is_never_doubled(
    steps: list[tuple[str, int, int]],
) -> None:
    model = Model()
    for step in steps:
        model.step(*step)
    model.finish()
    numbers = [packet.time_ns for packet in packets(model.got)]
    assert numbers == sorted(set(numbers))
    assert [each for each in model.got if isinstance(each, Mark)] == [
        each for each in model.put if isinstance(each, Mark)
    ]


@UNHURRIED
@given(STEPS)
def test_pictures_go_by_whole_groups(steps: list[tuple[str, int, int]]) -> None:
    model = Model()
    for step in steps:
        model.step(*step)
    model.finish()
    there = {packet.time_ns for packet in pictures(model.got)}
    is_gone = False
    for packet in pictures(model.put):
        is_gone = packet.time_ns not in there or (is_gone and not packet.starts_clip)
        assert is_gone == (packet.time_ns not in there)


@UNHURRIED
@given(STEPS)
def test_it_never_holds_more_than_its_bound(steps: list[tuple[str, int, int]]) -> None:
    model = Model()
    for step in steps:
        model.step(*step)
    held = packets(list(queued(model.inbox)))
    assert sum(len(packet.data) for packet in held) <= BOUND


@UNHURRIED
@given(STEPS)
def test_each_stretch_of_losses_is_told_when_it_begins_and_when_it_ends(
    steps: list[tuple[str, int, int]],
) -> None:
    model = Model()
    for step in steps:
        model.step(*step)
    model.finish()
    beginnings, ends = model.told[::2], model.told[1::2]
    assert len(beginnings) == len(ends)
    assert all(first <= total for first, total in zip(beginnings, ends, strict=True))
    admitted = {packet.time_ns for packet in pictures(model.got)}
    let_go = sum(
        1 + packet.lost_before for packet in pictures(model.put) if packet.time_ns not in admitted
    )
    assert sum(ends) == let_go


def test_a_message_passes_however_full_it_is() -> None:
    inbox = Inbox(bound_bytes=100)
    inbox.put(video(0, key=True, size=100))
    assert inbox.put(video(1, size=50)) == 1
    assert inbox.put(Begin(5, "Button")) == 0
    assert [type(each) for each in queued(inbox)] == [EncodedPacket, Begin]


def test_losses_at_the_very_end_travel_with_the_closing_of_the_source() -> None:
    inbox = Inbox(bound_bytes=100)
    inbox.put(video(0, key=True, size=100))
    assert inbox.put(video(1, size=50)) == 1
    assert inbox.put(video(2, size=50, lost=2)) == 0
    assert inbox.put(SourceClosed("gone")) == 4
    *_, closed = queued(inbox)
    assert closed == SourceClosed("gone", lost_frames=4)
    assert inbox.put(video(3, key=True)) == 0, "the next source begins without a debt"


def test_after_it_was_closed_what_is_queued_still_comes() -> None:
    inbox = Inbox()
    inbox.put(Mark(1))
    inbox.close()
    assert [inbox.get(), inbox.get()] == [Mark(1), None]


def test_a_reader_that_waits_is_woken_by_a_message() -> None:
    inbox, got = Inbox(), []
    reader = threading.Thread(target=lambda: got.append(inbox.get()))
    reader.start()
    inbox.put(Mark(7))
    reader.join(10)
    assert got == [Mark(7)]


def test_many_writers_lose_nothing() -> None:
    inbox = Inbox()
    writers = [
        threading.Thread(
            target=lambda first=first: [inbox.put(Mark(first + n)) for n in range(200)]
        )
        for first in range(0, 800, 200)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    marks = [message.at_ns for message in queued(inbox) if isinstance(message, Mark)]
    assert sorted(marks) == list(range(800))


def test_frames_left_out_before_a_packet_that_is_let_go_are_missing_like_it() -> None:
    inbox = Inbox(60)
    inbox.put(video(0, key=True, size=50))
    assert inbox.put(video(200 * MS, size=50, skipped=1, one_in=2)) == 2
    assert inbox.put(video(400 * MS, size=50, skipped=1, one_in=2)) == 0
    (_first,) = queued(inbox)
    assert inbox.put(video(600 * MS, key=True, size=50, skipped=1, one_in=2)) == 4
    (key,) = queued(inbox)
    assert isinstance(key, EncodedPacket)
    assert (key.lost_before, key.skipped_before) == (4, 1)


# Gathering


class Waker(threading.Condition):
    """A condition that counts how often it wakes its reader."""

    def __init__(self) -> None:
        super().__init__()
        self.wakes = 0

    def notify(self, n: int = 1) -> None:
        self.wakes += 1
        super().notify(n)


def watched() -> tuple[Inbox, Waker]:
    """An inbox, and what wakes its reader."""
    inbox, waker = Inbox(), Waker()
    inbox._filled = waker
    return inbox, waker


def seconds_of_packets(seconds: int) -> list[EncodedPacket]:
    """30 pictures and 47 packets of sound a second; sound comes 130 ms behind its picture."""
    pictures = [(n * S // 30, video(n * S // 30, key=n % 30 == 0)) for n in range(30 * seconds)]
    sounds = [(n * S // 47 + 130 * MS, sound(n * S // 47)) for n in range(47 * seconds)]
    return [packet for _, packet in sorted([*pictures, *sounds], key=lambda each: each[0])]


def test_the_reader_is_woken_once_for_a_tenth_of_a_second_of_packets() -> None:
    inbox, waker = watched()
    for packet in seconds_of_packets(10):
        inbox.put(packet)
        list(queued(inbox))
    assert 95 <= waker.wakes <= 101


def test_what_comes_late_or_from_another_time_still_wakes_the_reader() -> None:
    inbox, waker = watched()
    for time_ns in (50 * S, 1 * S, 2 * S):
        inbox.put(video(time_ns, key=True))
    assert waker.wakes == 3


@pytest.mark.parametrize(
    "message", [Begin(5, "Button"), Mark(5), SourceClosed(None)], ids=lambda each: type(each)
)
def test_any_other_message_wakes_the_reader_and_brings_the_packets_before_it(
    message: KeeperMessage,
) -> None:
    inbox, waker = watched()
    inbox.put(video(0, key=True))
    list(queued(inbox))
    before = waker.wakes
    inbox.put(video(33 * MS))
    assert waker.wakes == before, "one picture is not enough"
    inbox.put(message)
    assert waker.wakes == before + 1
    assert [type(inbox.get()), type(inbox.get())] == [EncodedPacket, type(message)]


def test_the_close_wakes_the_reader() -> None:
    inbox, waker = watched()
    inbox.put(video(0, key=True))
    inbox.put(video(33 * MS))
    before = waker.wakes
    inbox.close()
    assert waker.wakes == before + 1
    assert [type(inbox.get()), type(inbox.get()), inbox.get()] == [EncodedPacket] * 2 + [None]


def test_a_packet_that_nothing_follows_comes_when_patience_ends() -> None:
    inbox = Inbox()
    inbox.put(video(0, key=True))
    list(queued(inbox))
    inbox.put(video(33 * MS, number=7))
    inbox.put(video(66 * MS, number=8))
    got = [inbox.get(0.01), inbox.get(), inbox.get(0)]
    assert [getattr(each, "time_ns", None) for each in got] == [33 * MS, 66 * MS, None]
