"""A push that goes well, and what it leaves on both sides."""

from dataclasses import replace

import pytest

from bwv_device.dock.docking import Step
from bwv_device.dock.events import (
    ClipSent,
    Connected,
    Finished,
    NextTry,
    Progress,
    Proof,
    Purged,
    RecordingCompleted,
)
from bwv_device.evidence.records import ClipState, TrackPoint
from bwv_device.protocol.metadata import decode
from tests.support import stores
from tests.support.docking_camera import CLIP, LARGE_CLIP, OTHER_CLIP, Rig
from tests.unit.dock.fake_destination import FakeDestination, Proves


def test_a_recording_is_sent_proved_completed_and_only_then_freed(
    rig: Rig, fake: FakeDestination
) -> None:
    clip = rig.record()
    summary = rig.push()
    assert summary.ok
    assert summary.next_try is NextTry.NOT_NEEDED
    assert (summary.recordings_completed, summary.clips_sent, summary.clips_purged) == (1, 1, 1)
    assert summary.bytes_sent == len(CLIP)
    kinds = [type(event) for event in rig.events if not isinstance(event, Progress)]
    assert kinds == [Connected, ClipSent, RecordingCompleted, Purged, Finished]
    assert [one.body for one in fake.clips(rig.container(clip)).values()] == [CLIP]
    assert rig.clip(clip).state is ClipState.PURGED
    assert rig.clip(clip).destination == rig.container(clip)
    assert not rig.store.path(clip).exists()
    assert rig.wrong() == []


def test_the_requests_come_in_the_order_of_the_protocol(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    rig.store.journal.add_bookmark(clip.recording_id, clip.start_utc_ns)
    rig.push()
    container = rig.container(clip)
    changes = [path for method, path in fake.log if method in ("PUT", "POST")]
    assert changes[0] == f"System/{rig.memory.system_id}"
    assert changes[1:4] == ["Devices/BWV-0001", f"Users/{stores.NEW_RECORDING.user_id}", container]
    assert changes[4].startswith(f"{container}/2026")
    assert changes[5].startswith(f"{container}/bookmark_2026")
    assert changes[6:] == [container]
    assert fake.log[:2] == [("GET", "auth"), ("GET", "System/Capabilities.json")]


def test_the_container_says_what_the_protocol_asks_for(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    rig.push()
    meta = decode(fake.containers[rig.container(clip)].items())
    assert meta["ContainerName"] == rig.container(clip)
    assert meta["BWCSerialNumber"] == "BWV-0001"
    assert meta["UserID"] == stores.NEW_RECORDING.user_id
    assert meta["TriggerOn"] == "DoublePress"
    assert meta["TriggerOff"] == "LongPress"
    assert meta["TriggerOnTime"] == str(stores.TRIGGER_UTC_NS // stores.S)
    assert meta["TriggerOnTimeISO"].endswith("Z")
    assert meta["StartTime"] == str(clip.start_utc_ns // stores.S)
    assert meta["TimeZone"] == "Europe/London"
    assert meta["Status"] == "Complete"
    assert meta["ClipCount"] == "1"
    assert "MissingClips" not in meta


def test_a_clip_carries_its_own_keys(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    rig.push()
    (stored,) = fake.clips(rig.container(clip)).values()
    assert stored.meta == stored.meta | {
        "Sha256": clip.sha256,
        "Frames": str(clip.frames),
        "FramesDropped": "0",
        "PreRecordAskedS": "5.000",
        "PreRecordDeliveredS": "0.000",
        "PreRecordShortReason": "started from standby, where nothing is kept",
        "DurationS": "0.400",
        "EndReason": "Stop",
        "ClipNumber": "1",
        "ContainerType": "mp4",
    }


def test_all_clips_of_a_recording_go_to_one_container(rig: Rig, fake: FakeDestination) -> None:
    recording = rig.record_parts(CLIP, OTHER_CLIP, CLIP)
    assert rig.push().ok
    bodies = [
        fake.clips(recording.container)[name].body
        for name in sorted(fake.clips(recording.container))
    ]
    assert bodies == [CLIP, OTHER_CLIP, CLIP]
    assert decode(fake.containers[recording.container].items())["ClipCount"] == "3"


def test_recordings_go_oldest_first(rig: Rig) -> None:
    clips = [rig.record(trigger_s=at_s) for at_s in (0, 100, 200)]
    rig.push()
    sent = [event.clip.id for event in rig.events if isinstance(event, ClipSent)]
    assert sent == [clip.id for clip in clips]


def test_another_order_can_be_asked_for(rig: Rig) -> None:
    clips = [rig.record(trigger_s=at_s) for at_s in (0, 100, 200)]
    rig.push(order=lambda recordings: list(reversed(recordings)))
    sent = [event.clip.id for event in rig.events if isinstance(event, ClipSent)]
    assert sent == [clip.id for clip in reversed(clips)]


def test_a_second_push_sends_nothing_again(rig: Rig, fake: FakeDestination) -> None:
    rig.record()
    rig.push()
    before = fake.asked("PUT", ".*/.*mp4")
    summary = rig.push()
    assert summary.ok
    assert summary.clips_sent == 0
    assert fake.asked("PUT", ".*/.*mp4") == before
    assert fake.asked("PUT", "Users/.*") == 1


@pytest.mark.parametrize("stopped", [False, True])
def test_a_recording_that_still_runs_or_is_being_closed_is_left_alone(
    rig: Rig, fake: FakeDestination, stopped: bool
) -> None:
    recording = stores.begin(rig.store)
    first = rig.store.open_clip(recording, stores.new_clip(recording))
    stores.write_file(rig.store.path(first), CLIP)
    stores.finalise(rig.store, first)
    rig.store.open_clip(recording, stores.new_clip(recording, 2, start_s=10))
    if stopped:
        rig.store.journal.end_recording(recording.id, "Docked", recording.trigger_on_utc_ns)
    summary = rig.push()
    assert fake.clips(recording.container) == {}
    assert rig.states() == [ClipState.FINALISED, ClipState.RECORDING]
    assert summary.next_try is NextTry.SOON


def test_a_clip_without_a_frame_is_not_waited_for(rig: Rig, fake: FakeDestination) -> None:
    recording = rig.record_parts(CLIP)
    empty = rig.store.open_clip(recording, stores.new_clip(recording, 2, start_s=30))
    rig.store.journal.drop_empty_clip(empty.id)
    assert rig.push().ok
    assert decode(fake.containers[recording.container].items())["ClipCount"] == "1"


def test_a_recording_without_any_frame_makes_no_container(rig: Rig, fake: FakeDestination) -> None:
    recording = stores.begin(rig.store)
    empty = rig.store.open_clip(recording, stores.new_clip(recording))
    rig.store.journal.drop_empty_clip(empty.id)
    rig.store.journal.end_recording(recording.id, "Recovered", recording.trigger_on_utc_ns)
    assert rig.push().ok
    assert recording.container not in fake.containers


def test_progress_is_told_to_the_last_byte(rig: Rig) -> None:
    rig.record_large()
    rig.push()
    told = [event.sent_bytes for event in rig.events if isinstance(event, Progress)]
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == len(LARGE_CLIP)


def test_the_track_goes_out_longitude_first(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    point = TrackPoint(clip.recording_id, clip.start_utc_ns + stores.S, 51.5, -0.12, 4.0)
    rig.store.journal.add_track_point(point)
    assert rig.push().ok
    (track,) = [one for path, one in fake.objects.items() if path.endswith("_gpstrail.json")]
    assert b"POINT(-0.1200000 51.5000000)" in track.body
    assert b'"SecondsFromStart": 1.0' in track.body
    meta = decode(fake.containers[rig.container(clip)].items())
    assert meta["TriggerOnLocation"].startswith("51.5000000,-0.1200000,4.0,")


@pytest.mark.parametrize("latitude_deg", [91.0, float("inf")])
def test_a_position_that_is_not_on_earth_keeps_no_footage_back(
    rig: Rig, fake: FakeDestination, latitude_deg: float, caplog: pytest.LogCaptureFixture
) -> None:
    clip = rig.record()
    point = TrackPoint(clip.recording_id, clip.start_utc_ns, latitude_deg, 0.0, 4.0)
    rig.store.journal.add_track_point(point)
    assert rig.push().ok
    assert not [path for path in fake.objects if path.endswith("_gpstrail.json")]
    assert "1 positions are not on Earth" in caplog.text


@pytest.mark.parametrize(
    ("proves", "proof"), [(Proves.SHA256, Proof.SHA256), (Proves.MD5, Proof.MD5)]
)
def test_either_digest_frees_the_clip(
    rig: Rig, fake: FakeDestination, proves: Proves, proof: Proof
) -> None:
    fake.proves = proves
    rig.record()
    assert rig.push().ok
    assert [one.proof for one in rig.events if isinstance(one, ClipSent)] == [proof]


def test_a_destination_that_proves_nothing_leaves_the_clip_on_the_camera(
    rig: Rig, fake: FakeDestination
) -> None:
    fake.proves = Proves.NOTHING
    clip = rig.record()
    summary = rig.push()
    assert not summary.ok
    assert summary.clips_left == 1
    assert rig.clip(clip).state is ClipState.FINALISED
    assert "accept_status_only" in (rig.clip(clip).problem or "")
    assert rig.store.path(clip).read_bytes() == CLIP
    assert decode(fake.containers[rig.container(clip)].items())["Status"] == "Transferring"


def test_what_proves_nothing_is_not_sent_gigabytes_again_at_every_docking(
    rig: Rig, fake: FakeDestination
) -> None:
    fake.proves = Proves.NOTHING
    rig.record()
    rig.push()
    assert not rig.push().ok
    assert fake.asked("PUT", ".*mp4") == 1


def test_a_status_is_enough_only_where_the_configuration_says_so(
    rig: Rig, fake: FakeDestination
) -> None:
    fake.proves = Proves.NOTHING
    clip = rig.record()
    rig.push()
    rig.settings = rig.settings.model_copy(update={"accept_status_only": True})
    assert rig.push().ok
    assert rig.clip(clip).state is ClipState.PURGED
    assert [one.proof for one in rig.events if isinstance(one, ClipSent)] == [Proof.STATUS_ONLY]


def test_our_own_metadata_read_back_is_no_proof(rig: Rig, fake: FakeDestination) -> None:
    fake.proves = Proves.NOTHING
    clip = rig.record()
    rig.push()
    (stored,) = fake.clips(rig.container(clip)).values()
    assert stored.meta["Sha256"] == clip.sha256
    assert rig.clip(clip).state is ClipState.FINALISED


def test_a_clip_that_is_there_already_is_not_sent_again(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    fake.fail("PUT", ".*mp4", lose_answer=True, times=float("inf"))
    rig.push()
    fake.heal()
    before = fake.asked("PUT", ".*mp4")
    assert rig.push().ok
    assert fake.asked("PUT", ".*mp4") == before
    (sent,) = [one for one in rig.events if isinstance(one, ClipSent)]
    assert sent.already_there
    assert rig.clip(clip).state is ClipState.PURGED


def test_a_torn_object_under_the_clips_name_is_replaced(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    with pytest.raises(Exception, match="sent"):
        rig.push(crash_behind=Step.SENT)
    (path,) = [path for path in fake.objects if path.endswith(".mp4")]
    fake.objects[path] = replace(fake.objects[path], body=CLIP[:1000])
    assert rig.push().ok
    assert fake.objects[path].body == CLIP
    assert rig.clip(clip).state is ClipState.PURGED
