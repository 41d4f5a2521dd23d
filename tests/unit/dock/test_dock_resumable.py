"""A push that goes on where it broke off, and one that can't and begins anew."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.dock.events import ClipSent, Progress, Proof
from bwv_device.dock.stop import Stop
from bwv_device.evidence.records import ClipState
from bwv_device.protocol.capabilities import ALL_CAPABILITIES, Capabilities, Capability
from tests.support.docking_camera import CLIP, LARGE_CLIP, Crash, Rig
from tests.unit.dock.fake_destination import FakeDestination, Proves, running

RESUMES = Capabilities(ALL_CAPABILITIES.supported | {Capability.RESUMABLE_UPLOADS})
UPLOAD = "uploads/.*"
PART = 300_000


@pytest.fixture
def resuming(fake: FakeDestination) -> FakeDestination:
    return with_uploads(fake)


def with_uploads(fake: FakeDestination, limit: str = "min-size=0") -> FakeDestination:
    fake.capabilities = RESUMES
    fake.uploads.limit = limit
    return fake


def until(is_so: Callable[[], bool]) -> None:
    """Wait until the destination has seen that the camera is gone."""
    deadline_s = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def stored(fake: FakeDestination) -> list[bytes]:
    return [one.body for path, one in fake.objects.items() if path.endswith(".mp4")]


def test_a_clip_goes_up_in_one_append_and_is_proved(rig: Rig, resuming: FakeDestination) -> None:
    clip = rig.record_large()
    assert rig.push().ok
    assert stored(resuming) == [LARGE_CLIP]
    (object_,) = (one for path, one in resuming.objects.items() if path.endswith(".mp4"))
    assert object_.meta["Sha256"] == clip.sha256
    assert resuming.uploads.received == [len(LARGE_CLIP)]
    sent = [event for event in rig.events if isinstance(event, ClipSent)]
    assert [one.proof for one in sent] == [Proof.SHA256]
    assert rig.states() == [ClipState.PURGED]


def test_the_destinations_limit_of_one_append_is_kept(rig: Rig, fake: FakeDestination) -> None:
    with_uploads(fake, f"max-append-size={PART}")
    rig.record_large()
    assert rig.push().ok
    assert stored(fake) == [LARGE_CLIP]
    whole, rest = divmod(len(LARGE_CLIP), PART)
    assert fake.uploads.received == [PART] * whole + [rest]
    told = [event.sent_bytes for event in rig.events if isinstance(event, Progress)]
    assert told == sorted(told) and told[-1] == len(LARGE_CLIP)


@pytest.mark.parametrize("after", [1, 131_072, 131_073, 1_000_000, len(LARGE_CLIP) - 1])
def test_after_a_cut_only_the_rest_is_sent(rig: Rig, resuming: FakeDestination, after: int) -> None:
    rig.record_large()
    resuming.fail("PATCH", UPLOAD, cut_after=after)
    assert rig.push().ok
    assert stored(resuming) == [LARGE_CLIP]
    assert resuming.uploads.received == [after, len(LARGE_CLIP) - after]


def test_the_next_docking_goes_on_after_a_power_cut(rig: Rig, resuming: FakeDestination) -> None:
    rig.record_large()

    def die(event: object) -> None:
        if isinstance(event, Progress) and event.sent_bytes > 1_000_000:
            raise Crash(event)

    with pytest.raises(Crash):
        rig.push(report=die)
    until(lambda: resuming.uploads.received != [])
    rig.restart()
    assert rig.push().ok
    assert stored(resuming) == [LARGE_CLIP]
    assert len(resuming.uploads.begun) == 1
    assert sum(resuming.uploads.received) == len(LARGE_CLIP)


def test_the_next_docking_goes_on_after_undocking(rig: Rig, resuming: FakeDestination) -> None:
    rig.record_large()
    stop = Stop()

    def undock(event: object) -> None:
        if isinstance(event, Progress) and event.sent_bytes > 1_000_000:
            stop.set()

    rig.push(stop=stop, report=undock)
    until(lambda: resuming.uploads.received != [])
    assert rig.states() == [ClipState.FINALISED]
    assert rig.push().ok
    assert stored(resuming) == [LARGE_CLIP]
    assert len(resuming.uploads.begun) == 1


def test_a_lost_last_answer_is_asked_for(rig: Rig, resuming: FakeDestination) -> None:
    rig.record_large()
    resuming.fail("PATCH", UPLOAD, lose_answer=True)
    assert rig.push().ok
    assert resuming.uploads.received == [len(LARGE_CLIP)]
    assert stored(resuming) == [LARGE_CLIP]


def test_an_upload_that_the_destination_lost_is_begun_anew(
    rig: Rig, resuming: FakeDestination
) -> None:
    rig.record_large()
    resuming.fail("PATCH", UPLOAD, cut_after=500_000)
    resuming.fail("HEAD", UPLOAD, status=404)
    assert rig.push().ok
    assert stored(resuming) == [LARGE_CLIP]
    assert len(resuming.uploads.begun) == 2


@pytest.mark.parametrize("status", [400, 410, 413, 415])
def test_an_upload_that_never_goes_well_ends_in_a_plain_put(
    rig: Rig, resuming: FakeDestination, status: int
) -> None:
    rig.record_large()
    resuming.fail("PATCH", UPLOAD, status=status, times=float("inf"))
    assert rig.push().ok is (status != 415)
    if status != 415:
        assert stored(resuming) == [LARGE_CLIP]
        assert rig.states() == [ClipState.PURGED]


def test_an_offset_that_went_back_is_not_believed(rig: Rig, resuming: FakeDestination) -> None:
    with_uploads(resuming, f"max-append-size={PART}")
    rig.record_large()

    def shrink(event: object) -> None:
        for upload in resuming.uploads.begun.values():
            if isinstance(event, Progress) and event.sent_bytes > 2 * PART + 1 > len(upload.body):
                continue
            if len(resuming.uploads.begun) == 1 and len(upload.body) >= 2 * PART:
                upload.body = upload.body[:PART]

    assert rig.push(report=shrink).ok
    assert stored(resuming) == [LARGE_CLIP]
    assert len(resuming.uploads.begun) == 2


def test_a_broken_server_is_given_up_for_this_round(rig: Rig, resuming: FakeDestination) -> None:
    rig.record_large()
    resuming.fail("PATCH", UPLOAD, status=500, times=float("inf"))
    summary = rig.push()
    assert not summary.ok and rig.states() == [ClipState.FINALISED]
    assert resuming.asked("PATCH", UPLOAD) == 6
    resuming.heal()
    assert rig.push().ok
    assert len(resuming.uploads.begun) == 1


def test_a_link_that_breaks_again_and_again_still_brings_it_out(
    rig: Rig, resuming: FakeDestination
) -> None:
    rig.record_large()
    resuming.fail("PATCH", UPLOAD, cut_after=100_000, times=len(LARGE_CLIP) // 100_000)
    assert rig.push().ok
    assert stored(resuming) == [LARGE_CLIP]
    assert sum(resuming.uploads.received) == len(LARGE_CLIP)


def test_a_clip_that_changed_on_the_card_is_never_completed(
    rig: Rig, resuming: FakeDestination
) -> None:
    with_uploads(resuming, f"max-append-size={PART}")
    clip = rig.record_large()
    path = rig.store.path(clip)
    changed = bytearray(path.read_bytes())
    changed[10] ^= 1
    path.write_bytes(changed)
    rig.push()
    assert resuming.asked("DELETE", UPLOAD) == 1
    (object_,) = (one for path, one in resuming.objects.items() if path.endswith(".mp4"))
    assert object_.body == bytes(changed) and "IntegrityProblem" in object_.meta
    assert rig.states() == [ClipState.FINALISED]


def test_a_clip_that_changes_between_two_dockings_is_never_completed(
    rig: Rig, resuming: FakeDestination
) -> None:
    clip = rig.record_large()
    resuming.fail("PATCH", UPLOAD, cut_after=1_000_000)
    resuming.fail("HEAD", UPLOAD, status=500, times=float("inf"))
    rig.push()
    resuming.heal()
    path = rig.store.path(clip)
    changed = bytearray(path.read_bytes())
    changed[10] ^= 1
    path.write_bytes(changed)
    rig.push()
    (object_,) = (one for path, one in resuming.objects.items() if path.endswith(".mp4"))
    assert object_.body == bytes(changed) and "IntegrityProblem" in object_.meta
    assert not any(upload.body == LARGE_CLIP for upload in resuming.uploads.begun.values())


def test_an_upload_elsewhere_is_not_sent_the_token(rig: Rig, resuming: FakeDestination) -> None:
    rig.record_large()
    with running() as other:
        resuming.uploads.location = f"{other.url}/uploads/0"
        summary = rig.push()
        assert other.log == []
    assert not summary.ok and any("elsewhere" in text for text in rig.problems())
    assert rig.states() == [ClipState.FINALISED]


@pytest.mark.parametrize("proves", [Proves.SHA256, Proves.MD5])
def test_a_destination_that_does_not_state_it_gets_a_plain_put(
    rig: Rig, fake: FakeDestination, proves: Proves
) -> None:
    fake.proves = proves
    rig.record()
    assert rig.push().ok
    assert fake.asked("OPTIONS", ".*") == fake.asked("PATCH", ".*") == 0
    assert stored(fake) == [CLIP]


def test_a_destination_that_states_it_and_can_not_gets_a_plain_put(
    rig: Rig, fake: FakeDestination
) -> None:
    fake.capabilities = RESUMES
    rig.record(trigger_s=0)
    rig.record(trigger_s=100)
    assert rig.push().ok
    assert fake.asked("OPTIONS", ".*") == 1
    assert fake.asked("PATCH", ".*") == 0
    assert stored(fake) == [CLIP, CLIP]


def test_marked_recordings_go_first_and_say_so(rig: Rig, resuming: FakeDestination) -> None:
    clips = [rig.record(trigger_s=at_s) for at_s in (0, 100, 200)]
    rig.store.journal.add_bookmark(clips[2].recording_id, clips[2].start_utc_ns)
    assert rig.push().ok
    sent = [event.clip.id for event in rig.events if isinstance(event, ClipSent)]
    assert sent == [clips[2].id, clips[0].id, clips[1].id]
    said = [upload.headers.get("priority") for upload in resuming.uploads.begun.values()]
    assert said == ["u=2", None, None]


@settings(max_examples=20, deadline=None)
@given(
    cuts=st.lists(st.integers(0, len(LARGE_CLIP)), max_size=6),
    limit=st.sampled_from([0, 1_000_000, PART]),
    lost=st.integers(0, 2),
)
def test_any_row_of_cuts_and_lost_answers_ends_with_the_whole_clip_once(
    cuts: list[int], limit: int, lost: int
) -> None:
    with TemporaryDirectory() as folder, running() as fake:
        with_uploads(fake, f"max-append-size={limit}" if limit else "min-size=0")
        rig = Rig(Path(folder), fake.connection())
        rig.record_large()
        for cut in cuts:
            fake.fail("PATCH", UPLOAD, cut_after=min(cut, (limit or cut + 1) - 1))
        if lost:
            fake.fail("PATCH", UPLOAD, lose_answer=True, times=lost)
        for _ in range(4):
            if rig.push().ok:
                break
            rig.restart()
        assert stored(fake) == [LARGE_CLIP]
        assert rig.states() == [ClipState.PURGED]
        assert len(fake.uploads.begun) == 1
        rig.close()
