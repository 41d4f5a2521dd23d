"""What the keeper makes of triggers, stops and sources, case by case."""

from itertools import pairwise
from pathlib import Path

import pytest

from bwv_device.evidence.records import ClipState, EndReason
from bwv_device.evidence.repair import repair_clip
from bwv_device.evidence.store import Store
from bwv_device.media import messages
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.messages import ClipClosed, Idle, Mark, RecordingClosed, SoundLost
from bwv_device.media.packets import EncodedPacket
from bwv_device.media.silence import Silence
from bwv_device.protocol.buffer_certificate import ShortCause
from tests.unit.media.media_live import FRAME_NS, SOUND_LAG_NS, live, picture
from tests.unit.media.media_packets import MS, S, sound, video
from tests.unit.media.media_rig import Rig, Rules


@pytest.fixture
def rig(store: Store, templates: Templates, silence: Silence) -> Rig:
    return Rig(store, templates, silence)


def with_rules(rig: Rig, **rules: object) -> Rig:
    """The same rig by other rules."""
    return Rig(rig.store, rig.templates, rig.silence, Rules(**rules))  # type: ignore[arg-type]


def files(folder: Path) -> set[str]:
    """Every file of clips; the journal's own are not footage."""
    return {str(path) for path in (folder / "clips").rglob("*")}


# Pre-record


def test_an_untriggered_ring_leaves_nothing_on_the_disk(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 60_000)
    rig.close_source()
    assert files(rig.store.folder) == set()
    assert rig.store.journal.recordings() == [] and rig.reports == []


def test_two_recordings_whose_pre_records_overlap_are_each_whole(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 5_000)
    rig.begin(5_000 * MS)
    live(rig, 5_000, 6_000)
    rig.end(6_000 * MS)
    live(rig, 6_000, 6_300)
    rig.begin(6_300 * MS)
    live(rig, 6_300, 8_000)
    rig.end(8_000 * MS)
    live(rig, 8_000, 9_000)
    assert rig.numbers(0) == list(range(30, 60))
    assert rig.numbers(1) == list(range(40, 80))


def test_a_trigger_comes_while_the_clip_before_still_waits_for_its_sound(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 3_000)
    rig.begin(3_000 * MS)
    live(rig, 3_000, 4_000)
    rig.end(4_000 * MS)
    live(rig, 4_000, 4_010)
    assert rig.reported(ClipClosed) == []
    rig.begin(4_010 * MS)
    live(rig, 4_010, 6_000)
    rig.end(6_000 * MS)
    live(rig, 6_000, 7_000)
    assert rig.numbers(0)[-1] == 39 and rig.numbers(1) == list(range(20, 60))
    first, second = rig.numbers(0, "audio"), rig.numbers(1, "audio")
    assert first[-1] == (4_000 * MS) // (1024 * S // 48_000) - 1
    assert second[-1] == (6_000 * MS) // (1024 * S // 48_000) - 1


def test_without_sound_in_the_ring_the_pre_record_is_silent_and_the_rest_in_step(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 4_000)
    rig.begin(4_000 * MS)
    live(rig, 4_000, 5_000)
    rig.end(5_000 * MS)
    live(rig, 5_000, 6_000)
    (clip,) = rig.clips()
    sounds = [packet for packet in rig.written(clip) if packet.track == "audio"]
    real = [packet for packet in sounds if packet.number is not None]
    assert all(p.number is None for p in sounds if p.time_ns < 2_000 * MS)
    for packet in real:
        assert packet.number is not None
        assert packet.time_ns + 2_000 * MS == pytest.approx(
            packet.number * 1024 * S / 48_000, abs=25_000
        )


def test_sound_between_the_trigger_and_its_handling_is_kept(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 3_400)
    rig.at(3_400 * MS, messages.Begin(3_000 * MS, "Button"))
    live(rig, 3_400, 4_000)
    rig.end(4_000 * MS)
    live(rig, 4_000, 5_000)
    kept = [number for number in rig.numbers(0, "audio") if number is not None]
    first = -(-(3_000 * MS) // (1024 * S // 48_000))
    assert kept == list(range(first, first + len(kept)))


@pytest.mark.parametrize(
    ("opened_ms", "rules", "reason"),
    [
        (0, {}, None),
        (2_500, {}, "booted, capture had begun 1.5 s before the trigger"),
        (0, {"byte_ceiling": 3_000}, "the ring had reached its byte cap"),
    ],
    ids=["long enough", "just opened", "too small a ring"],
)
def test_a_short_pre_record_says_why(
    rig: Rig, opened_ms: int, rules: dict[str, object], reason: str | None
) -> None:
    rig = with_rules(rig, **rules)
    rig.clock.advance_ns(opened_ms * MS)
    rig.open_source()
    live(rig, opened_ms, 4_000, size=200)
    rig.begin(4_000 * MS)
    live(rig, 4_000, 4_500, size=200)
    rig.close_source()
    (clip,) = rig.clips()
    assert clip.pre_record_short_reason == reason
    assert (clip.pre_record_delivered_ns < 2 * S) == (reason is not None)


def test_a_start_from_standby_waits_for_the_first_key_frame(rig: Rig) -> None:
    rig.open_source()
    rig.close_source()
    rig.begin(1_000 * MS)
    live(rig, 1_000, 1_450, pictures=False, sounds=False)
    rig.open_source()
    live(rig, 1_450, 3_000)
    rig.end(3_000 * MS)
    live(rig, 3_000, 4_000)
    (clip,) = rig.clips()
    assert rig.numbers() == list(range(20, 30))
    assert clip.pre_record_delivered_ns == 0
    assert clip.pre_record_short_reason == "started from standby, where nothing is kept"


# Stops


def test_a_stop_before_the_first_picture_makes_no_clip_and_closes_the_recording(rig: Rig) -> None:
    rig.begin(0)
    rig.end(10 * MS)
    rig.open_source()
    live(rig, 10, 500)
    assert len(rig.reported(RecordingClosed)) == 1 and rig.clips() == []
    assert rig.store.journal.recordings()[0].trigger_off == "Button"


def test_a_stop_that_no_session_follows_closes_the_recording_all_the_same(rig: Rig) -> None:
    rig.begin(0)
    rig.end(10 * MS)
    rig.at(4 * S, Idle())
    assert len(rig.reported(RecordingClosed)) == 1 and not rig.keeper.is_recording


def test_a_camera_that_hangs_after_the_stop_keeps_no_clip_open(rig: Rig) -> None:
    rig.open_source(sound=False)
    live(rig, 0, 2_000, sounds=False)
    rig.begin(2_000 * MS)
    live(rig, 2_000, 2_900, sounds=False)
    rig.end(3_000 * MS)
    rig.at(5_900 * MS, Idle())
    assert rig.keeper.is_recording, "it may still be slow"
    rig.at(6_100 * MS, Idle())
    (clip,) = rig.clips()
    assert clip.state is ClipState.FINALISED and clip.end_reason is EndReason.STOP
    assert rig.numbers() == list(range(29))


def test_a_camera_that_hangs_while_sound_goes_on_keeps_no_clip_open(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 2_000)
    rig.begin(2_000 * MS)
    live(rig, 2_000, 2_900)
    rig.end(3_000 * MS)
    live(rig, 2_900, 6_200, pictures=False)
    (clip,) = rig.clips()
    assert clip.state is ClipState.FINALISED and clip.frames == 29
    assert not rig.keeper.is_recording


def test_idleness_ends_no_recording_that_was_not_stopped(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 1_000)
    rig.begin(1_000 * MS)
    rig.at(60 * S, Idle())
    assert rig.keeper.is_recording


def test_a_second_stop_changes_nothing(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 2_000)
    rig.begin(2_000 * MS)
    live(rig, 2_000, 3_000)
    rig.end(3_000 * MS, EndReason.DOCKED)
    rig.end(3_050 * MS, EndReason.FAULT)
    live(rig, 3_050, 4_000)
    (clip,) = rig.clips()
    assert clip.end_reason is EndReason.DOCKED and rig.numbers()[-1] == 29


# Sources


def test_a_camera_that_is_lost_leaves_a_whole_clip_that_says_so(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 2_000)
    rig.begin(2_000 * MS)
    live(rig, 2_000, 3_470)
    rig.close_source("the camera has gone")
    (clip,) = rig.clips()
    assert clip.state is ClipState.FINALISED and clip.end_reason is EndReason.FAULT
    assert rig.numbers() == list(range(35))
    assert rig.store.journal.recordings()[0].trigger_off == "Fault"
    assert rig.findings() == []


def test_a_recording_goes_on_with_the_next_source_when_capture_is_wanted_again(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 3_000)
    rig.begin(3_000 * MS)
    rig.close_source(reopens=True)
    rig.clock.advance_ns(500 * MS)
    rig.open_source()
    live(rig, 4_000, 4_400, sounds=False)
    live(rig, 4_400, 5_000)
    rig.end(5_000 * MS)
    live(rig, 5_000, 6_000)
    first, second = rig.clips()
    assert (first.end_reason, second.end_reason) == (EndReason.SPLIT, EndReason.STOP)
    assert rig.numbers() == [*range(10, 30), *range(40, 50)]
    sounds = [packet for packet in rig.written(second) if packet.track == "audio"]
    assert sounds[0].time_ns <= 25 * MS, "filled from the new clip's start on"
    assert rig.findings() == []


def change_stream(rig: Rig) -> None:
    """As a camera that encodes, when it is lost or back."""
    rig.feed(messages.StreamChanged(rig.templates.video, rig.clock.monotonic_ns(), "other"))


def test_another_stream_begins_a_clip_of_its_own_and_sound_goes_on(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 3_400)
    rig.begin(3_400 * MS)
    live(rig, 3_400, 4_300)
    change_stream(rig)
    live(rig, 4_300, 5_000, pictures=False)
    live(rig, 5_000, 6_200)
    rig.end(6_200 * MS)
    live(rig, 6_200, 7_000)
    first, second = rig.clips()
    assert (first.end_reason, second.end_reason) == (EndReason.SPLIT, EndReason.STOP)
    assert (first.picture_stream, second.picture_stream) == ("", "other")
    assert next(picture.is_key for picture in rig.written(second) if picture.track == "video")
    assert rig.numbers() == [*range(10, 43), *range(50, 62)]
    heard = rig.numbers(track="audio")
    real = [number for number in heard if number is not None]
    assert heard[heard.index(real[0]) :] == [*range(real[0], real[-1] + 1)]
    assert rig.reported(SoundLost) == []
    assert rig.findings() == []


def test_what_was_held_of_the_former_stream_is_in_the_former_clip(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 3_050)
    rig.begin(3_050 * MS)
    live(rig, 3_050, 5_000)
    # The newest packets wait for a stop that may be on its way, a key frame among them.
    rig.feed(video(5_000 * MS, key=True, number=50))
    change_stream(rig)
    rig.feed(video(5_100 * MS, key=True, number=51))
    rig.end(6_000 * MS)
    live(rig, 6_000, 7_000)
    first, second = rig.clips()
    assert [packet.number for packet in rig.written(first) if packet.track == "video"][-1] == 50
    assert [packet.number for packet in rig.written(second) if packet.track == "video"] == [51]


def test_a_trigger_behind_a_change_of_stream_has_nothing_of_the_former_one(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 3_000)
    change_stream(rig)
    live(rig, 3_000, 3_500)
    rig.begin(3_500 * MS)
    live(rig, 3_500, 4_000)
    rig.end(4_000 * MS)
    live(rig, 4_000, 5_000)
    assert rig.numbers() == [*range(30, 40)]
    (clip,) = rig.clips()
    assert clip.certificate is not None and clip.certificate.short is not None
    assert clip.certificate.short.cause is ShortCause.CAPTURE_RESTARTED


def test_a_stopped_recording_ends_with_its_source_even_when_another_one_follows(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 3_000)
    rig.begin(3_000 * MS)
    live(rig, 3_000, 4_000)
    rig.end(4_000 * MS)
    rig.close_source(reopens=True)
    assert not rig.keeper.is_recording
    assert rig.clips()[0].end_reason is EndReason.STOP


def test_nothing_of_one_source_is_in_the_ring_of_the_next(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 3_000)
    rig.close_source()
    rig.open_source()
    live(rig, 10_000, 11_000)
    rig.begin(11_000 * MS)
    live(rig, 11_000, 12_000)
    rig.close_source()
    assert rig.numbers()[0] == 100


def test_nothing_of_one_source_s_sound_is_in_a_clip_of_the_next_that_has_none(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 3_000)
    rig.close_source()
    rig.open_source(sound=False)
    live(rig, 3_000, 5_000, sounds=False)
    rig.begin(5_000 * MS)
    live(rig, 5_000, 6_000, sounds=False)
    rig.close_source()
    assert rig.numbers() == list(range(30, 60)) and rig.findings() == []


def test_the_end_of_the_keeper_closes_every_clip(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 2_000)
    rig.begin(2_000 * MS)
    live(rig, 2_000, 3_000)
    rig.keeper.close()
    (clip,) = rig.clips()
    assert clip.end_reason is EndReason.SHUTDOWN and rig.numbers() == list(range(30))


def test_without_a_microphone_the_clip_has_pictures_alone(rig: Rig) -> None:
    rig.open_source(sound=False)
    live(rig, 0, 2_000, sounds=False)
    rig.begin(2_000 * MS)
    live(rig, 2_000, 3_000, sounds=False)
    rig.end(3_000 * MS)
    live(rig, 3_000, 3_300, sounds=False)
    (clip,) = rig.clips()
    assert clip.state is ClipState.FINALISED, "it does not wait for sound that can't come"
    assert {packet.track for packet in rig.written(clip)} == {"video"}


def test_a_microphone_that_falls_silent_keeps_no_clip_open(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 2_000)
    rig.begin(2_000 * MS)
    live(rig, 2_000, 2_500)
    live(rig, 2_500, 3_000, sounds=False)
    rig.end(3_000 * MS)
    live(rig, 3_000, 3_700, sounds=False)
    (clip,) = rig.clips()
    assert clip.state is ClipState.FINALISED and clip.frames == 30
    assert clip.account is not None and clip.account.sound_lost_ns is not None
    assert clip.account.sound_lost_ns == pytest.approx(500 * MS + SOUND_LAG_NS, abs=22 * MS)
    (lost,) = rig.reported(SoundLost)
    assert lost.seconds == clip.account.sound_lost_ns / S


# What is lost is said


def test_sound_that_comes_too_late_for_its_clip_is_reported(rig: Rig) -> None:
    rig = with_rules(rig, split_after_s=1.0)
    rig.open_source()
    live(rig, 0, 1_000)
    rig.begin(1_000 * MS)
    live(rig, 1_000, 2_800, sounds=False)
    rig.feed(*(sound(n * 21_333_333, number=n) for n in range(85, 200)))
    rig.close_source()
    missing_ns = [clip.account.sound_lost_ns for clip in rig.clips() if clip.account]
    told_s = sum(report.seconds for report in rig.reported(SoundLost))
    assert told_s == pytest.approx(sum(each or 0 for each in missing_ns) / S)
    assert told_s > 0.5


def test_frames_lost_just_before_a_split_count_for_the_clip_before(rig: Rig) -> None:
    rig = with_rules(rig, pre_record_s=0.0, split_after_s=2.0)
    rig.open_source(sound=False)
    rig.begin(0)
    rig.feed(*(picture(n) for n in range(17)), picture(20, lost=3))
    rig.feed(*(picture(n) for n in range(21, 30)))
    rig.end(3_000 * MS)
    rig.feed(*(picture(n) for n in range(30, 33)))
    assert [clip.frames_dropped for clip in rig.clips()] == [3, 0]


def test_frames_lost_across_the_stop_count_up_to_it(rig: Rig) -> None:
    rig.open_source(sound=False)
    rig.begin(0)
    rig.feed(*(picture(n) for n in range(5)))
    rig.end(750 * MS)
    rig.feed(picture(20, lost=15))
    assert [clip.frames_dropped for clip in rig.clips()] == [3], "those at 500, 600 and 700 ms"


def test_frames_that_the_inbox_let_go_at_the_very_end_are_counted(rig: Rig) -> None:
    rig.open_source(sound=False)
    rig.begin(0)
    rig.feed(*(picture(n) for n in range(5)))
    rig.feed(messages.SourceClosed("gone", lost_frames=7))
    assert [clip.frames_dropped for clip in rig.clips()] == [7]


# Frames left out by the rule of overload


def halved(first: int, last: int) -> list[EncodedPacket]:
    """Every second picture of a row, after one that has all."""
    return [
        video(n * 100 * MS, key=n % 10 == 0, number=n, skipped=1, one_in=2)
        for n in range(first, last, 2)
    ]


def test_frames_left_out_are_counted_apart_and_the_clip_says_when(rig: Rig) -> None:
    rig = with_rules(rig, pre_record_s=1.0)
    rig.open_source(sound=False)
    rig.feed(*(picture(n) for n in range(5)), *halved(6, 20))
    rig.begin(2 * S)
    rig.feed(*halved(20, 30), video(3 * S, key=True, number=30, skipped=1), picture(31))
    rig.end(3_200 * MS)
    rig.feed(picture(32))
    (clip,) = rig.clips()
    assert (clip.frames, clip.frames_dropped, clip.frames_skipped) == (12, 0, 10)
    assert clip.overload == "0.000-2.000@5" and clip.frame_ns == 100 * MS
    assert rig.reported(messages.ClipClosed)[0].frames_skipped == 10


def test_frames_left_out_before_a_split_count_for_the_clip_before(rig: Rig) -> None:
    rig = with_rules(rig, pre_record_s=0.0, split_after_s=2.0)
    rig.open_source(sound=False)
    rig.begin(0)
    rig.feed(*(picture(n) for n in range(15)), *halved(16, 30))
    rig.end(3 * S)
    rig.feed(*halved(30, 32))
    assert [clip.frames_skipped for clip in rig.clips()] == [3, 5]
    assert [clip.frames for clip in rig.clips()] == [17, 5]
    assert [clip.frames_dropped for clip in rig.clips()] == [0, 0]
    assert [clip.overload for clip in rig.clips()] == ["1.600-1.900@5", "0.000-0.900@5"]


def test_frames_left_out_across_the_stop_count_up_to_it(rig: Rig) -> None:
    rig.open_source(sound=False)
    rig.begin(0)
    rig.feed(*(picture(n) for n in range(5)))
    rig.end(750 * MS)
    rig.feed(video(900 * MS, number=9, lost=2, skipped=2, one_in=2))
    (clip,) = rig.clips()
    assert (clip.frames_dropped, clip.frames_skipped) == (2, 1), "due at 500, 600 and 700 ms"


def test_a_clip_cut_off_in_an_overload_has_no_losses_of_it(rig: Rig) -> None:
    rig = with_rules(rig, pre_record_s=0.0)
    rig.open_source(sound=False)
    rig.begin(0)
    rig.feed(*(picture(n) for n in range(15)), *halved(16, 40))
    (clip,) = rig.clips()
    assert clip.overload == "1.600-@5", "known before the clip is closed"
    kept = repair_clip(rig.store, clip)
    (clip,) = rig.clips()
    assert clip.frames == kept.frames > 20 and clip.overload == "1.600-@5"
    left_out = halved(16, 40)[: kept.frames - 16]
    assert clip.frames_skipped == pytest.approx(len(left_out), abs=1)
    assert clip.frames_dropped == pytest.approx(0, abs=1), "half a step either way"


# Splitting


def test_no_clip_is_larger_than_the_split_asks(rig: Rig) -> None:
    rig = with_rules(rig, pre_record_s=1.0, split_bytes=120_000)
    rig.open_source()
    live(rig, 0, 1_000, size=3_000)
    rig.begin(1_000 * MS)
    live(rig, 1_000, 15_000, size=3_000)
    rig.end(15_000 * MS)
    live(rig, 15_000, 16_000, size=3_000)
    clips = rig.clips()
    assert len(clips) > 3 and max(clip.bytes or 0 for clip in clips) <= 120_000
    assert min(clip.bytes or 0 for clip in clips[:-1]) > 60_000, "nor needlessly small"
    assert rig.numbers() == list(range(150))


def test_a_group_that_is_larger_than_the_split_is_a_clip_of_its_own(rig: Rig) -> None:
    rig = with_rules(rig, pre_record_s=0.0, split_bytes=5_000)
    rig.open_source(sound=False)
    rig.begin(0)
    rig.feed(*(picture(n, size=2_000) for n in range(30)))
    rig.end(3_000 * MS)
    rig.feed(*(picture(n) for n in range(30, 33)))
    assert [clip.frames for clip in rig.clips()] == [10, 10, 10]


# Time


def test_a_step_of_the_wall_clock_does_not_move_the_media_timeline(rig: Rig) -> None:
    rig = with_rules(rig, pre_record_s=1.0, split_after_s=2.0)
    rig.open_source()
    live(rig, 0, 1_000)
    rig.begin(1_000 * MS)
    trigger_utc_ns = rig.clock.utc_ns()
    live(rig, 1_000, 1_500)
    rig.clock.step_utc_s(-365 * 24 * 3600)
    live(rig, 1_500, 4_000)
    rig.feed(Mark(4_000 * MS))
    rig.end(4_000 * MS)
    live(rig, 4_000, 5_000)
    first, second = rig.clips()
    assert second.start_utc_ns - first.start_utc_ns == 2 * S == first.duration_ns
    assert first.start_utc_ns == trigger_utc_ns - 1 * S
    recording = rig.store.journal.recordings()[0]
    assert recording.trigger_off_utc_ns == trigger_utc_ns + 3 * S
    assert [mark.at_utc_ns for mark in rig.store.journal.bookmarks(recording.id)] == [
        trigger_utc_ns + 3 * S
    ]


def test_frames_of_one_instant_are_written_one_tick_apart(rig: Rig) -> None:
    rig.open_source(sound=False)
    rig.begin(0)
    rig.feed(video(0, key=True), *(video(50 * MS, number=n) for n in range(1, 6)))
    rig.feed(*(video(n * 100 * MS, number=n) for n in range(6, 9)))
    rig.close_source()
    (clip,) = rig.clips()
    times = [packet.time_ns for packet in rig.written(clip)]
    assert rig.numbers() == list(range(9))
    assert all(before < after for before, after in pairwise(times))


def test_the_length_of_a_clip_is_that_of_its_pictures(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 3_000)
    rig.begin(3_000 * MS)
    live(rig, 3_000, 4_000)
    rig.end(4_000 * MS)
    live(rig, 4_000, 5_000)
    (clip,) = rig.clips()
    assert clip.duration_ns == clip.pre_record_delivered_ns + 1 * S == 30 * FRAME_NS
