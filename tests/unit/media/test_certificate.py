"""Certificates and accounts: whatever came, they say of a clip what its file shows.

What is expected is worked out from the list of what was captured and from the finished files,
in other ways than the recorder counts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bwv_device.evidence.records import Clip, EndReason
from bwv_device.evidence.store import Store
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.messages import Begin, End, Resume
from bwv_device.media.packets import EncodedPacket
from bwv_device.media.picture_tally import STALL_NS
from bwv_device.media.silence import Silence
from bwv_device.protocol.buffer_certificate import BufferCertificate, ShortCause
from bwv_device.protocol.pictures import GAPS_MAX, PictureAccount
from tests.unit.media.media_live import FRAME_NS, live, picture
from tests.unit.media.media_packets import MS, S, sound, video
from tests.unit.media.media_rig import Rig, Rules
from tests.unit.media.media_world import PICTURE_LAG_NS, World, worlds

FEW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
ROUND_NS = 25_000
"""Times in a file are rounded to ticks."""


@dataclass(frozen=True)
class Step:
    """The next picture: how long after the one before, and what became of those between."""

    ns: int
    is_key: bool
    lost: int
    is_slate: bool
    bytes: int


@dataclass(frozen=True)
class Play:
    """Any pictures, and two recordings that begin somewhere among them."""

    steps: tuple[Step, ...]
    trigger_ns: tuple[int, int]
    late_ns: int
    pre_record_s: float
    byte_ceiling: int
    fails: bool

    @property
    def pictures(self) -> list[EncodedPacket]:
        made, now_ns = [], 0
        for number, step in enumerate(self.steps):
            now_ns += step.ns
            packet = video(
                now_ns,
                key=step.is_key or number == 0,
                number=number,
                size=step.bytes,
                lost=step.lost if number else 0,
            )
            made.append(replace(packet, is_slate=step.is_slate and number > 0))
        return made


STEPS = st.builds(
    Step,
    ns=st.one_of(
        st.just(FRAME_NS), st.integers(1, 3 * FRAME_NS), st.integers(STALL_NS, 5 * STALL_NS)
    ),
    is_key=st.sampled_from([True, False, False]),
    lost=st.sampled_from([0, 0, 0, 1, 7]),
    is_slate=st.sampled_from([False, False, False, True]),
    bytes=st.sampled_from([0, 300]),
)
PLAYS = st.builds(
    Play,
    steps=st.lists(STEPS, min_size=1, max_size=60).map(tuple),
    trigger_ns=st.tuples(st.integers(0, 12 * S), st.integers(0, 12 * S)),
    late_ns=st.integers(0, 900 * MS),
    pre_record_s=st.sampled_from([0.0, 0.5, 2.0, 5.0]),
    byte_ceiling=st.sampled_from([1 << 30, 1 << 30, 6_000, 900]),
    fails=st.booleans(),
)


@contextmanager
def played(play: Play, templates: Templates, silence: Silence) -> Iterator[Rig]:
    """The keeper after the two triggers, which share their lead-up or do not, and all pictures;
    then the source ends, and with it both recordings."""
    with TemporaryDirectory(dir=_fast_folder()) as folder:
        store = Store.open(Path(folder))
        rules = Rules(pre_record_s=play.pre_record_s, byte_ceiling=play.byte_ceiling)
        rig = Rig(store, templates, silence, rules)
        rig.open_source(sound=False, frame_ns=FRAME_NS)
        arrivals: list[tuple[int, EncodedPacket | Begin]] = [
            (packet.time_ns + PICTURE_LAG_NS, packet) for packet in play.pictures
        ]
        arrivals += [(at_ns + play.late_ns, Begin(at_ns, "Button")) for at_ns in play.trigger_ns]
        for at_ns, message in sorted(arrivals, key=lambda arrival: arrival[0]):
            rig.at(at_ns, message)
        rig.close_source("the camera has gone" if play.fails else None)
        yield rig
        store.close()


def _fast_folder() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@FEW
@given(PLAYS)
@example(Play((Step(1, True, 0, False, 0),), (2 * S, 2 * S), 0, 2.0, 1 << 30, True))
def test_whatever_came_the_certificate_says_what_the_file_shows(
    templates: Templates, silence: Silence, play: Play
) -> None:
    with played(play, templates, silence) as rig:
        for index, recording in enumerate(rig.store.journal.recordings()):
            clips = rig.clips(index)
            offset_ns = rig.clock.utc_ns() - rig.clock.monotonic_ns()
            for clip in clips:
                _check(rig, play, clip, recording.trigger_on_utc_ns - offset_ns)
        assert rig.findings() == []


def _check(rig: Rig, play: Play, clip: Clip, trigger_ns: int) -> None:
    """One clip a recording here: it has the certificate."""
    numbers = [packet.number for packet in rig.written(clip)]
    inside = [play.pictures[number] for number in numbers if number is not None]
    assert inside and clip.certificate is not None and clip.account is not None
    certificate, before = clip.certificate, [p for p in inside if p.time_ns < trigger_ns]
    _check_length(rig, clip, certificate, inside, trigger_ns)
    assert certificate.counted_up_to_ns == 0, "a closed clip's certificate counts it all"
    end_ns = trigger_ns if len(inside) > len(before) else min(trigger_ns, inside[-1].end_ns)
    _check_pictures(certificate.pictures, before)
    if len(inside) == len(before) or not inside[len(before)].lost_before:
        _check_gaps(certificate.pictures, before, trigger_ns, end_ns)
    _check_pictures(clip.account.pictures, inside)
    _check_gaps(clip.account.pictures, inside, inside[0].time_ns, inside[-1].end_ns)
    assert clip.account.pictures.frames_dropped == clip.frames_dropped


def _check_length(
    rig: Rig,
    clip: Clip,
    certificate: BufferCertificate,
    inside: list[EncodedPacket],
    trigger_ns: int,
) -> None:
    """Delivered is the media before the trigger, within a frame; and the clip's other figures
    are those of the certificate."""
    file_end_ns = max(packet.time_ns for packet in rig.written(clip)) + FRAME_NS
    media_ns = max(0, min(trigger_ns - inside[0].time_ns, file_end_ns))
    assert abs(certificate.delivered_ns - media_ns) <= FRAME_NS
    assert certificate.delivered_ns == clip.pre_record_delivered_ns
    is_short = certificate.delivered_ns < certificate.asked_ns
    assert (certificate.short is not None) == is_short
    reason = None if certificate.short is None else str(certificate.short)
    assert clip.pre_record_short_reason == reason


def _check_pictures(said: PictureAccount, there: list[EncodedPacket]) -> None:
    assert said.frames_captured == sum(not packet.is_slate for packet in there)
    known = sum(packet.lost_before for packet in there[1:])
    assert said.frames_dropped >= known
    # Gaps stand in order, do not overlap, and have all that was dropped.
    assert sum(gap.frames_missing for gap in said.gaps) == said.frames_dropped
    ends = [gap.offset_ns + gap.length_ns for gap in said.gaps]
    assert all(end <= gap.offset_ns for end, gap in zip(ends, said.gaps[1:], strict=False))


def _check_gaps(
    said: PictureAccount, there: list[EncodedPacket], origin_ns: int, end_ns: int
) -> None:
    """One gap for each pair of camera's pictures with a loss, a slate or a stall between."""
    found, lost = [], 0
    seen_ns, since_slate = there[0].time_ns if there else end_ns, False
    for index, packet in enumerate(there):
        lost += packet.lost_before if index else 0
        since_slate |= packet.is_slate
        if packet.is_slate:
            continue
        length_ns = max(0, packet.time_ns - seen_ns)
        if lost or since_slate or length_ns >= STALL_NS:
            found.append((seen_ns - origin_ns, length_ns, lost))
        seen_ns, lost, since_slate = packet.end_ns, 0, False
    rest_ns = max(0, end_ns - seen_ns)
    if there and (lost or since_slate or rest_ns >= STALL_NS):
        found.append((seen_ns - origin_ns, rest_ns, lost))
    assert [(gap.offset_ns, gap.length_ns, gap.frames_missing) for gap in said.gaps] == found


@FEW
@given(world=worlds(), pre_record_s=st.sampled_from([0.0, 0.5, 2.0]), ring_sound=st.booleans())
def test_on_an_even_camera_what_was_expected_is_what_came_and_what_was_lost(
    world: World, pre_record_s: float, ring_sound: bool, templates: Templates, silence: Silence
) -> None:
    asked_ns = round(pre_record_s * S)
    with TemporaryDirectory(dir=_fast_folder()) as folder:
        store = Store.open(Path(folder))
        rules = Rules(pre_record_s=pre_record_s, ring_sound=ring_sound, split_after_s=2.5)
        rig = Rig(store, templates, silence, rules)
        rig.open_source(frame_ns=world.frame_ns)
        for event in world.events():
            rig.at(event.arrives_ns, event.message)
        for index, wish in enumerate(world.wishes):
            clips = rig.clips(index)
            accounts = [clip.account for clip in clips if clip.account is not None]
            assert len(accounts) == len(clips)
            for account in accounts:
                said = account.pictures
                assert said.frames_expected == said.frames_captured + said.frames_dropped
            if not clips or clips[0].certificate is None:
                continue
            certificate, key = clips[0].certificate, world.first_key(wish, asked_ns)
            assert key is not None and certificate.sound_kept == ring_sound
            assert certificate.delivered_ns == max(0, wish.trigger_ns - key.time_ns)
            due = range(key.time_ns // world.frame_ns, -(-wish.trigger_ns // world.frame_ns))
            came = [p for p in world.wanted_pictures(wish, asked_ns) if p.time_ns < wish.trigger_ns]
            said = certificate.pictures
            assert (said.frames_expected, said.frames_captured) == (len(due), len(came))
            assert said.frames_dropped == len(due) - len(came)
        store.close()


@pytest.fixture
def rig(store: Store, templates: Templates, silence: Silence) -> Rig:
    return Rig(store, templates, silence)


def certificate_of(clip: Clip) -> BufferCertificate:
    assert clip.certificate is not None
    return clip.certificate


def test_the_certificate_of_the_ring_is_in_the_journal_when_the_clip_is_opened(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 4_000)
    rig.begin(4_000 * MS)
    certificate = certificate_of(rig.clips()[0])
    assert (certificate.delivered_ns, certificate.short) == (2 * S, None)
    assert certificate.counted_up_to_ns == -100 * MS, "the picture of 3.9 s was its last"
    pictures = certificate.pictures
    assert (pictures.frames_expected, pictures.frames_captured, pictures.frames_dropped) == (
        20,
        20,
        0,
    )


def test_what_was_lost_before_the_ring_s_first_picture_is_not_its_loss(rig: Rig) -> None:
    rig.open_source(sound=False)
    rig.feed(*(picture(n) for n in range(15)))
    rig.feed(picture(20, lost=5), *(picture(n) for n in range(21, 33)), picture(35, lost=2))
    rig.begin(4_000 * MS)
    rig.feed(picture(41, lost=5), picture(42))
    rig.close_source()
    certificate = certificate_of(rig.clips()[0])
    assert certificate.delivered_ns == 2 * S
    assert certificate.pictures.frames_dropped == 2 + 4, "of the 5, one was due at the trigger"
    assert [(g.offset_ns, g.length_ns, g.frames_missing) for g in certificate.pictures.gaps] == [
        (-700 * MS, 200 * MS, 2),
        (-400 * MS, 400 * MS, 4),
    ]


def test_a_camera_that_gave_nothing_up_to_the_trigger_is_the_reason(rig: Rig) -> None:
    rig.open_source(sound=False)
    rig.feed(*(picture(n) for n in range(15)))
    rig.begin(2_500 * MS)
    rig.close_source("the camera has gone")
    (clip,) = rig.clips()
    certificate = certificate_of(clip)
    assert certificate.delivered_ns == 1_500 * MS == clip.duration_ns
    assert certificate.short is not None
    assert certificate.short.cause is ShortCause.CAMERA_SILENT
    assert "1.0 s before the trigger" in str(certificate.short)


def test_a_slate_in_the_lead_up_is_time_without_a_camera(rig: Rig) -> None:
    rig.open_source(sound=False)
    rig.feed(*(picture(n) for n in range(25)))
    slates = [video(n * 100 * MS, number=n, lost=1) for n in (26, 28)]
    rig.feed(*(replace(slate, is_slate=True) for slate in slates))
    rig.feed(video(30 * FRAME_NS, key=True, number=30, lost=1))
    rig.feed(*(picture(n) for n in range(31, 40)))
    rig.begin(4_000 * MS)
    rig.feed(picture(40))
    rig.close_source()
    pictures = certificate_of(rig.clips()[0]).pictures
    assert pictures.camera_lost_ns == 400 * MS
    assert (pictures.frames_captured, pictures.frames_dropped) == (15, 3)
    assert [(gap.offset_ns, gap.length_ns) for gap in pictures.gaps] == [(-1_500 * MS, 500 * MS)]


def test_frames_left_out_by_rule_are_neither_lost_nor_a_gap(rig: Rig) -> None:
    rig.open_source(sound=False)
    rig.feed(picture(0))
    rig.feed(*(video(n * FRAME_NS, key=n % 12 == 0, number=n, skipped=5) for n in (6, 12, 18)))
    rig.begin(20 * FRAME_NS)
    rig.feed(video(24 * FRAME_NS, key=True, number=24, skipped=5))
    rig.close_source()
    pictures = certificate_of(rig.clips()[0]).pictures
    assert (pictures.frames_expected, pictures.frames_captured) == (20, 4)
    assert (pictures.frames_dropped, pictures.frames_skipped) == (0, 16)
    assert pictures.gaps == ()


def test_a_lead_up_without_a_trigger_s_camera_says_that_nothing_was_kept(rig: Rig) -> None:
    rig.open_source()
    rig.close_source("the camera has gone")
    rig.begin(1_000 * MS)
    rig.open_source()
    live(rig, 1_000, 2_000)
    rig.close_source()
    (clip,) = rig.clips()
    certificate = certificate_of(clip)
    assert (certificate.delivered_ns, certificate.pictures.frames_expected) == (0, 0)
    assert certificate.short is not None
    assert certificate.short.cause is ShortCause.CAPTURE_FAILED


def test_gaps_beyond_the_list_are_counted(rig: Rig) -> None:
    rig.open_source(sound=False)
    rig.begin(0)
    rig.feed(*(picture(2 * n, lost=min(n, 1)) for n in range(GAPS_MAX + 40)))
    rig.close_source()
    account = rig.clips()[0].account
    assert account is not None
    assert (len(account.pictures.gaps), account.pictures.gaps_unlisted) == (GAPS_MAX, 39)
    assert account.pictures.gap_count == GAPS_MAX + 39 == account.pictures.frames_dropped


# Sound


def lost_s(clip: Clip) -> float | None:
    assert clip.account is not None
    lost_ns = clip.account.sound_lost_ns
    return None if lost_ns is None else lost_ns / S


def test_a_clip_with_all_its_sound_lacks_none(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 4_000)
    rig.begin(4_000 * MS)
    live(rig, 4_000, 5_000)
    rig.end(5_000 * MS)
    live(rig, 5_000, 6_000)
    assert lost_s(rig.clips()[0]) == 0, "silence under a ring without sound is not lost"


def test_every_clip_says_how_long_its_sound_was_gone(rig: Rig) -> None:
    rig = Rig(rig.store, rig.templates, rig.silence, Rules(pre_record_s=0.0, split_after_s=2.0))
    rig.open_source()
    rig.begin(0)
    live(rig, 0, 1_000)
    live(rig, 1_000, 3_100, sounds=False)
    live(rig, 3_100, 4_000)
    rig.end(4_000 * MS)
    live(rig, 4_000, 5_000)
    first, second = rig.clips()
    assert lost_s(first) == pytest.approx(2.0 - 0.94, abs=0.03)
    assert lost_s(second) == pytest.approx(3.1 - 0.06 - 2.0, abs=0.03)


def test_silence_in_the_place_of_lost_sound_counts_in_the_clip_in_which_it_is(rig: Rig) -> None:
    rig.open_source()
    rig.begin(0)
    marked = [replace(sound(n * 21_333_333, number=n), lost_ns=10 * MS) for n in range(20, 30)]
    rig.feed(*(picture(n) for n in range(10)))
    rig.feed(*(sound(n * 21_333_333, number=n) for n in range(20)), *marked)
    rig.feed(*(sound(n * 21_333_333, number=n) for n in range(30, 46)))
    rig.close_source()
    assert lost_s(rig.clips()[0]) == pytest.approx(0.1, abs=0.001)


def test_a_microphone_that_is_configured_and_not_there_costs_all_sound(rig: Rig) -> None:
    rig.open_source(sound=False)
    live(rig, 0, 2_000, sounds=False)
    rig.begin(2_000 * MS)
    live(rig, 2_000, 3_000, sounds=False)
    rig.end(3_000 * MS)
    live(rig, 3_000, 3_300, sounds=False)
    assert lost_s(rig.clips()[0]) == 1.0, "from the trigger on: before it none is kept"


def test_an_end_by_fault_has_an_account_too(rig: Rig) -> None:
    rig.open_source(sound=False)
    rig.begin(0)
    rig.feed(*(picture(n) for n in range(5)))
    rig.keeper.handle(End(2_000 * MS, "Button", EndReason.STOP))
    rig.close_source("gone")
    (clip,) = rig.clips()
    assert clip.account is not None
    assert clip.account.pictures.frames_expected == 20
    assert [gap.length_ns for gap in clip.account.pictures.gaps] == [1_500 * MS]


# A recorder that takes the place of one that died


def test_what_nobody_kept_between_two_recorders_is_a_gap_of_the_next_clip(rig: Rig) -> None:
    rig.open_source(sound=False)
    rig.begin(0)
    rig.feed(*(picture(n) for n in range(10)))
    rig.close_source()
    (kept,) = rig.clips()
    again = Rig(rig.store, rig.templates, rig.silence)
    again.clock.advance_ns(2 * S)
    again.open_source(sound=False)
    again.keeper.handle(Resume(kept.recording_id, 0))
    again.feed(*(picture(n) for n in range(20, 30)))
    again.close_source()
    clip = again.clips()[1]
    assert clip.account is not None and clip.certificate is None
    said = clip.account.pictures
    assert (said.frames_expected, said.frames_captured, said.frames_dropped) == (20, 10, 10)
    assert [(gap.offset_ns, gap.length_ns, gap.frames_missing) for gap in said.gaps] == [
        (-S, S, 10)
    ]
    assert certificate_of(again.clips()[0]) == certificate_of(kept)


def test_a_recording_of_which_a_dead_recorder_kept_no_clip_says_so(rig: Rig) -> None:
    rig.begin(0)
    again = Rig(rig.store, rig.templates, rig.silence)
    again.open_source(sound=False)
    again.keeper.handle(Resume(rig.store.journal.recordings()[0].id, 0))
    again.feed(*(picture(n) for n in range(20, 30)))
    again.close_source()
    certificate = certificate_of(again.clips()[0])
    assert certificate.delivered_ns == 0 and certificate.short is not None
    assert certificate.short.cause is ShortCause.DIED_AT_TRIGGER
