"""A camera, a microphone and a wearer as a list of what reaches the keeper when; and what a
finished recording then has to hold, worked out from the list alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from hypothesis import strategies as st

from bwv_device.evidence.records import EndReason
from bwv_device.media.messages import Begin, End, KeeperMessage
from bwv_device.media.packets import EncodedPacket, Track
from tests.unit.media.media_packets import MS, SOUND_RATE_HZ, S, sound, video

PICTURE_LAG_NS = 5 * MS
AFTER_S = 2
"""What the world goes on for behind the last stop."""


@dataclass(frozen=True)
class Event:
    """A message, and when it reaches the keeper."""

    arrives_ns: int
    message: KeeperMessage


@dataclass(frozen=True)
class Wish:
    """A recording that the wearer makes."""

    trigger_ns: int
    stop_ns: int
    trigger_late_ns: int
    stop_late_ns: int

    @property
    def begin_handled_ns(self) -> int:
        return self.trigger_ns + self.trigger_late_ns

    @property
    def end_handled_ns(self) -> int:
        """A stop does not overtake its trigger on their one way."""
        return max(self.stop_ns + self.stop_late_ns, self.begin_handled_ns + 1)


@dataclass(frozen=True)
class World:
    """Pictures at a steady rate, some of them lost; sound behind them; and the wearer."""

    rate_hz: int
    group_frames: int
    lost_frames: frozenset[int]
    sound_lag_ns: int
    sound_begins_ns: int
    wishes: tuple[Wish, ...]
    picture_bytes: int = 40

    @property
    def frame_ns(self) -> int:
        return S // self.rate_hz

    @property
    def end_ns(self) -> int:
        return max(wish.stop_ns for wish in self.wishes) + AFTER_S * S

    @cached_property
    def pictures(self) -> list[EncodedPacket]:
        """The encoder makes the first picture that comes when a key frame is due one."""
        made: list[EncodedPacket] = []
        next_key = lost = 0
        for number in range(self.end_ns // self.frame_ns):
            if number in self.lost_frames and made:
                lost += 1
                continue
            is_key = number >= next_key
            if is_key:
                next_key = (number // self.group_frames + 1) * self.group_frames
            made.append(
                video(
                    number * self.frame_ns,
                    key=is_key,
                    number=number,
                    size=self.picture_bytes,
                    lost=lost,
                    duration_ns=self.frame_ns,
                )
            )
            lost = 0
        return made

    @cached_property
    def sounds(self) -> list[EncodedPacket]:
        step_ns = 1024 * S // SOUND_RATE_HZ
        count = (self.end_ns - self.sound_begins_ns) // step_ns
        return [sound(self.sound_begins_ns + n * step_ns, number=n) for n in range(count)]

    def events(self) -> list[Event]:
        """All that reaches the keeper, in order."""
        return sorted(self._events(), key=lambda event: event.arrives_ns)

    def _events(self) -> Iterator[Event]:
        for packet in self.pictures:
            yield Event(packet.time_ns + PICTURE_LAG_NS, packet)
        for packet in self.sounds:
            yield Event(packet.end_ns + self.sound_lag_ns, packet)
        for wish in self.wishes:
            yield Event(wish.begin_handled_ns, Begin(wish.trigger_ns, "Button"))
            yield Event(wish.end_handled_ns, End(wish.stop_ns, "Button", EndReason.STOP))

    # What has to come of it

    def first_key(self, wish: Wish, asked_ns: int) -> EncodedPacket | None:
        """The picture that the recording begins with."""
        keys = [packet for packet in self.pictures if packet.starts_clip]
        there = [key for key in keys if key.time_ns + PICTURE_LAG_NS <= wish.begin_handled_ns]
        early = [key for key in there if key.time_ns <= wish.trigger_ns - asked_ns]
        if early:
            return early[-1]
        first = next(iter(there or keys), None)
        return first if first is not None and first.time_ns < wish.stop_ns else None

    def wanted_pictures(self, wish: Wish, asked_ns: int) -> list[EncodedPacket]:
        """Every picture from the first key frame to the stop."""
        key = self.first_key(wish, asked_ns)
        if key is None:
            return []
        return [p for p in self.pictures if key.time_ns <= p.time_ns < wish.stop_ns]

    def wanted_sounds(self, wish: Wish, asked_ns: int, from_ns: int) -> list[EncodedPacket]:
        """Every packet of sound from `from_ns` on that ends before the stop."""
        key = self.first_key(wish, asked_ns)
        if key is None:
            return []
        begin_ns = max(key.time_ns, from_ns)
        return [p for p in self.sounds if begin_ns <= p.time_ns and p.end_ns <= wish.stop_ns]

    def wanted_losses(self, wish: Wish, asked_ns: int) -> int:
        """Frames that were due between the first key frame and the stop, and were lost."""
        pictures = self.wanted_pictures(wish, asked_ns)
        if not pictures:
            return 0
        due = range(pictures[0].time_ns // self.frame_ns, -(-wish.stop_ns // self.frame_ns))
        return len(due) - len(pictures)


@st.composite
def wishes(draw: st.DrawFn, *, first_ms: int = 3_000) -> tuple[Wish, ...]:
    """Recordings one after another, each begun up to a second after the stop before."""
    made: list[Wish] = []
    now_ms = 0
    for _ in range(draw(st.integers(1, 3))):
        now_ms += draw(st.integers(0 if not made else 1, first_ms if not made else 1_000))
        trigger_ms, now_ms = now_ms, now_ms + draw(st.integers(1, 4_000))
        lates = draw(st.tuples(st.integers(0, 90), st.integers(0, 90)))
        made.append(Wish(*(ms * MS for ms in (trigger_ms, now_ms, *lates))))
        now_ms += 90
    return tuple(made)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Any world that is short enough to be played often."""
    return World(
        rate_hz=draw(st.sampled_from([5, 8, 10, 20])),
        group_frames=draw(st.integers(2, 12)),
        lost_frames=frozenset(draw(st.sets(st.integers(0, 150), max_size=25))),
        sound_lag_ns=draw(st.integers(20, 300)) * MS,
        sound_begins_ns=draw(st.sampled_from([0, 0, 1, 100, 700])) * MS,
        wishes=draw(wishes()),
        picture_bytes=draw(st.sampled_from([40, 3_000])),
    )


def is_sound(packet: KeeperMessage) -> bool:
    return isinstance(packet, EncodedPacket) and packet.track is Track.SOUND
