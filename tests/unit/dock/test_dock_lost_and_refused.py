"""Clips that are gone, damaged, late or refused: the rest gets out, and nothing is silent."""

import uuid

import pytest

from bwv_device.dock.events import ClipSent, DockEvent, NextTry, Progress, RecordingCompleted
from bwv_device.evidence.records import ClipState
from bwv_device.protocol.capabilities import ALL_CAPABILITIES, Capabilities, Capability
from bwv_device.protocol.metadata import decode
from bwv_device.protocol.names import check_rejected_container
from tests.support.docking_camera import CLIP, LARGE_CLIP, OTHER_CLIP, Rig
from tests.unit.dock.fake_destination import FakeDestination, Proves

ALWAYS = float("inf")
NO_REJECTED = Capabilities(ALL_CAPABILITIES.supported - {Capability.STORE_REJECTED_CONTENT})


def container_meta(fake: FakeDestination, container: str) -> dict[str, str]:
    return decode(fake.containers[container].items())


def test_a_lost_clip_is_told_and_the_rest_of_the_recording_gets_out(
    rig: Rig, fake: FakeDestination
) -> None:
    recording = rig.record_parts(CLIP, OTHER_CLIP, CLIP)
    lost = rig.store.journal.clips(recording.id)[1]
    rig.store.path(lost).unlink()
    summary = rig.push()
    assert not summary.ok
    assert len(fake.clips(recording.container)) == 2
    meta = container_meta(fake, recording.container)
    assert (meta["Status"], meta["ClipCount"], meta["MissingClips"]) == ("Complete", "2", "2")
    assert rig.states() == [ClipState.PURGED, ClipState.FINALISED, ClipState.PURGED]
    assert "No such file" in (rig.clip(lost).problem or "")
    assert any(lost.file in text for text in rig.problems())
    (completed,) = [one for one in rig.events if isinstance(one, RecordingCompleted)]
    assert completed.missing == (2,)


def test_a_lost_clip_shows_again_at_the_next_docking_and_repeats_no_request(
    rig: Rig, fake: FakeDestination
) -> None:
    recording = rig.record_parts(CLIP, OTHER_CLIP)
    rig.store.path(rig.store.journal.clips(recording.id)[0]).unlink()
    rig.push()
    rig.events.clear()
    before = len(fake.log)
    summary = rig.push()
    assert summary.clips_left == 1
    assert len(rig.problems()) == 1
    assert not [path for _, path in fake.log[before:] if path.startswith(recording.container)]


def test_a_lost_clip_that_was_put_back_goes_to_rejected_content(
    rig: Rig, fake: FakeDestination
) -> None:
    recording = rig.record_parts(CLIP, OTHER_CLIP)
    lost = rig.store.journal.clips(recording.id)[1]
    copy = rig.store.path(lost).read_bytes()
    rig.store.path(lost).unlink()
    rig.push()
    rig.store.path(lost).parent.mkdir(exist_ok=True)
    rig.store.path(lost).write_bytes(copy)
    rig.push()
    (rejected,) = fake.rejected()
    assert [one.body for one in fake.clips(rejected).values()] == [OTHER_CLIP]
    assert rig.clip(lost).state is ClipState.PURGED
    assert "complete without clip 2" in (rig.clip(lost).problem or "")
    assert len(fake.clips(recording.container)) == 1


def test_a_recording_of_which_all_is_lost_says_so(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    rig.store.path(clip).unlink()
    rig.push()
    meta = container_meta(fake, rig.container(clip))
    assert (meta["ClipCount"], meta["MissingClips"]) == ("0", "1")
    assert rig.states() == [ClipState.FINALISED]


@pytest.mark.parametrize("turned", [0, len(LARGE_CLIP) // 2, len(LARGE_CLIP) - 1])
def test_a_clip_with_one_bit_turned_is_never_sent_as_if_it_were_whole(
    rig: Rig, fake: FakeDestination, turned: int
) -> None:
    fake.checks_claims = False
    clip = rig.record_large()
    damaged = bytearray(LARGE_CLIP)
    damaged[turned] ^= 1
    rig.store.path(clip).write_bytes(damaged)
    rig.push()
    (stored,) = fake.clips(rig.container(clip)).values()
    assert stored.body == damaged
    assert "changed" in stored.meta["IntegrityProblem"]
    assert stored.meta["RecordedSha256"] == clip.sha256
    assert stored.meta["Sha256"] != clip.sha256
    assert rig.clip(clip).state is ClipState.FINALISED
    assert rig.store.path(clip).read_bytes() == damaged
    assert any("marked as damaged" in text for text in rig.problems())
    assert container_meta(fake, rig.container(clip))["Status"] == "Complete"


@pytest.mark.parametrize("size", [1, len(CLIP) - 1, len(CLIP) + 1])
def test_a_clip_of_another_length_is_marked_too(rig: Rig, fake: FakeDestination, size: int) -> None:
    clip = rig.record()
    rig.store.path(clip).write_bytes((CLIP + b"x")[:size])
    rig.push()
    (stored,) = fake.clips(rig.container(clip)).values()
    assert len(stored.body) == size
    assert "IntegrityProblem" in stored.meta
    assert rig.clip(clip).state is ClipState.FINALISED


def test_a_damaged_clip_is_not_sent_at_every_docking(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    rig.store.path(clip).write_bytes(OTHER_CLIP)
    rig.push()
    before = len(fake.log)
    summary = rig.push()
    assert not [path for _, path in fake.log[before:] if path.startswith(rig.container(clip))]
    assert summary.clips_left == 1
    assert summary.problems


def test_a_clip_that_is_a_folder_is_lost_not_a_network_fault(
    rig: Rig, fake: FakeDestination
) -> None:
    clip = rig.record()
    rig.store.path(clip).unlink()
    rig.store.path(clip).mkdir()
    summary = rig.push()
    assert summary.next_try is NextTry.NOT_NEEDED
    assert rig.clip(clip).problem is not None
    assert fake.asked("GET", "auth") == 1


def test_a_card_that_reads_wrongly_once_delivers_at_the_next_try(
    rig: Rig, fake: FakeDestination
) -> None:
    clip = rig.record_large()
    path = rig.store.path(clip)
    path.write_bytes(b"x" + LARGE_CLIP[1:])

    def recover(event: DockEvent) -> None:
        if isinstance(event, Progress):
            path.write_bytes(LARGE_CLIP)

    assert rig.push(report=recover).ok
    (stored,) = fake.clips(rig.container(clip)).values()
    assert stored.body == LARGE_CLIP
    assert "IntegrityProblem" not in stored.meta


def test_rejected_content_carries_where_it_belongs(rig: Rig, fake: FakeDestination) -> None:
    recording = rig.record_parts(CLIP, OTHER_CLIP)
    refused = rig.store.journal.clips(recording.id)[0]
    fake.fail(
        "PUT",
        f"{recording.container}/{rig.store.path(refused).name}",
        status=400,
        says="no duration",
        times=ALWAYS,
    )
    rig.push()
    (rejected,) = fake.rejected()
    check_rejected_container(rejected)
    meta = container_meta(fake, rejected)
    assert "Status" not in meta
    assert meta["ContainerName"] == rejected
    assert meta["RejectedContentOriginalContainer"] == recording.container
    assert "no duration" in meta["RejectedContentReason"]
    assert meta["RejectedContentTime"].isdigit()
    assert meta["UserID"] == recording.user_id
    (stored,) = fake.clips(rejected).values()
    assert stored.meta["RejectedContentOriginalContainer"] == recording.container
    own = container_meta(fake, recording.container)
    assert (own["Status"], own["ClipCount"], own["MissingClips"]) == ("Complete", "1", "1")
    assert rig.states() == [ClipState.PURGED, ClipState.PURGED]


def test_without_a_place_for_rejected_content_the_clip_stays_and_shows(
    rig: Rig, fake: FakeDestination
) -> None:
    fake.capabilities = NO_REJECTED
    recording = rig.record_parts(CLIP, OTHER_CLIP)
    refused = rig.store.journal.clips(recording.id)[0]
    fake.fail(
        "PUT", f"{recording.container}/{rig.store.path(refused).name}", status=400, times=ALWAYS
    )
    rig.push()
    assert fake.rejected() == []
    assert rig.states() == [ClipState.FINALISED, ClipState.PURGED]
    assert "no place for rejected content" in (rig.clip(refused).problem or "")
    asked = fake.asked("PUT", f"{recording.container}/.*")
    summary = rig.push()
    assert fake.asked("PUT", f"{recording.container}/.*") == asked
    assert summary.problems
    assert summary.clips_left == 1
    assert rig.wrong() == []


def test_a_new_connection_file_gives_refused_clips_another_chance(
    rig: Rig, fake: FakeDestination
) -> None:
    fake.capabilities = NO_REJECTED
    clip = rig.record()
    fake.fail("PUT", rig.container(clip), status=400, says="unknown user", times=ALWAYS)
    rig.push()
    assert rig.states() == [ClipState.FINALISED]
    fake.heal()
    rig.connection = rig.make_connection(application_version="2")
    assert rig.push().ok
    assert len(fake.clips(rig.container(clip))) == 1


def test_a_refused_container_sends_the_whole_recording_to_rejected_content(
    rig: Rig, fake: FakeDestination
) -> None:
    recording = rig.record_parts(CLIP, OTHER_CLIP)
    fake.fail("PUT", f"{recording.container}.*", status=400, says="unknown user", times=ALWAYS)
    rig.push()
    (rejected,) = fake.rejected()
    bodies = [one.body for _, one in sorted(fake.clips(rejected).items())]
    assert bodies == [CLIP, OTHER_CLIP]
    assert rig.states() == [ClipState.PURGED, ClipState.PURGED]
    assert fake.asked("POST", recording.container) == 0
    assert rig.push().ok


def test_rejected_content_that_is_refused_too_stays_on_the_camera(
    rig: Rig, fake: FakeDestination
) -> None:
    clip = rig.record()
    fake.fail("PUT", ".*2026.*", status=400, times=ALWAYS)
    rig.push()
    assert rig.clip(clip).state is ClipState.FINALISED
    assert "refused too" in (rig.clip(clip).problem or "")
    before = fake.asked("PUT", ".*mp4")
    rig.push()
    assert fake.asked("PUT", ".*mp4") == before


def test_rejected_content_that_is_not_proved_stays_on_the_camera(
    rig: Rig, fake: FakeDestination
) -> None:
    fake.proves = Proves.NOTHING
    recording = rig.record_parts(CLIP)
    fake.fail("PUT", f"{recording.container}/.*", status=400, times=ALWAYS)
    rig.push()
    assert rig.states() == [ClipState.FINALISED]
    assert not [one for one in rig.events if isinstance(one, ClipSent)]


def test_a_bookmark_that_is_refused_holds_nothing_back(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    rig.store.journal.add_bookmark(clip.recording_id, clip.start_utc_ns)
    fake.fail("PUT", f"{rig.container(clip)}/bookmark_.*", status=400, times=ALWAYS)
    rig.push()
    assert rig.clip(clip).state is ClipState.PURGED
    assert any("bookmark_" in text for text in rig.problems())
    (rejected,) = fake.rejected()
    assert [path for path in fake.objects if path.startswith(f"{rejected}/bookmark_")]


def test_each_recording_has_a_rejected_container_of_its_own(
    rig: Rig, fake: FakeDestination
) -> None:
    for at_s in (0, 100):
        rig.record(trigger_s=at_s)
    fake.fail("PUT", "0b9f.*/.*mp4", status=400, times=ALWAYS)
    rig.push()
    assert len(fake.rejected()) == 2
    assert len({uuid.UUID(name.rsplit("_", 1)[1]) for name in fake.rejected()}) == 2
