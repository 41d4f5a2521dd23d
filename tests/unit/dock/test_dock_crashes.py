"""A power cut behind any step, and the same again: one object each, and the right states."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.dock.docking import Step
from bwv_device.evidence.records import ClipState
from bwv_device.protocol.metadata import decode
from tests.support.docking_camera import CLIP, OTHER_CLIP, Crash, Rig
from tests.unit.dock.fake_destination import FakeDestination, Proves, running
from tests.unit.dock.receipted import give_receipts

REJECTED_ONLY = {Step.REJECTION_NOTED, Step.REJECTED_CONTAINER_MADE}
SEALED_ONLY = {Step.KEY_PROVED}
"""`test_dock_sealing.py` crashes behind it."""
USUAL = [step for step in Step if step not in REJECTED_ONLY | SEALED_ONLY | {Step.RECEIPT_STORED}]
"""Of a docking at a destination that gives no receipts."""


def fill(rig: Rig) -> list[str]:
    """Two recordings, one of two clips and a bookmark; their containers."""
    recording = rig.record_parts(CLIP, OTHER_CLIP)
    rig.store.journal.add_bookmark(recording.id, recording.trigger_on_utc_ns)
    return [recording.container, rig.container(rig.record(trigger_s=500))]


def crash_and_restart(rig: Rig, step: Step, nth: int) -> bool:
    """Whether the step was reached that often."""
    try:
        rig.push(crash_behind=step, nth=nth)
    except Crash:
        rig.restart()
        return True
    return False


def assert_all_is_out(rig: Rig, fake: FakeDestination, containers: list[str]) -> None:
    first, second = containers
    assert sorted(one.body for one in fake.clips(first).values()) == sorted([CLIP, OTHER_CLIP])
    assert [one.body for one in fake.clips(second).values()] == [CLIP]
    bookmarks = [path for path in fake.objects if path.startswith(f"{first}/bookmark_")]
    assert len(bookmarks) == 1
    for container, clips in zip(containers, ("2", "1"), strict=True):
        meta = decode(fake.containers[container].items())
        assert (meta["Status"], meta["ClipCount"]) == ("Complete", clips)
    assert set(rig.states()) == {ClipState.PURGED}
    assert [one.completed_utc_ns is None for one in rig.store.journal.recordings()] == [False] * 2
    assert rig.wrong() == []


@pytest.mark.parametrize("step", USUAL)
def test_a_crash_behind_a_step_and_a_repeat_end_in_the_same_state(
    rig: Rig, fake: FakeDestination, step: Step
) -> None:
    containers = fill(rig)
    assert crash_and_restart(rig, step, 1)
    assert rig.push().ok
    assert_all_is_out(rig, fake, containers)


@settings(max_examples=15, deadline=None)
@given(
    crashes=st.lists(
        st.tuples(st.sampled_from([*USUAL, Step.RECEIPT_STORED]), st.integers(1, 3)), max_size=6
    ),
    proves=st.sampled_from([Proves.SHA256, Proves.MD5]),
    receipts=st.booleans(),
)
def test_any_row_of_crashes_ends_in_the_same_state(
    crashes: list[tuple[Step, int]], proves: Proves, receipts: bool
) -> None:
    with TemporaryDirectory() as folder, running() as fake:
        fake.proves = proves
        rig = Rig(Path(folder), fake.connection())
        if receipts:
            give_receipts(rig, fake)
        containers = fill(rig)
        for step, nth in crashes:
            crash_and_restart(rig, step, nth)
        assert rig.push().ok
        assert_all_is_out(rig, fake, containers)
        assert len(rig.store.journal.receipts()) == (2 if receipts else 0)
        rig.close()


@pytest.mark.parametrize("step", USUAL)
def test_nothing_is_freed_before_the_destination_has_it_all(
    rig: Rig, fake: FakeDestination, step: Step
) -> None:
    containers = fill(rig)
    crash_and_restart(rig, step, 1)
    there = {
        hashlib.sha256(one.body).hexdigest()
        for container in containers
        for one in fake.clips(container).values()
    }
    for clip in rig.store.journal.clips():
        if clip.state in (ClipState.ACKNOWLEDGED, ClipState.PURGED):
            assert clip.sha256 in there
        if clip.state is ClipState.PURGED:
            assert rig.store.journal.recording(clip.recording_id).completed_utc_ns is not None
        else:
            assert rig.store.path(clip).exists()


def test_a_clip_is_sent_once_when_only_the_answer_was_lost_with_the_power(
    rig: Rig, fake: FakeDestination
) -> None:
    rig.record()
    crash_and_restart(rig, Step.SENT, 1)
    assert rig.states() == [ClipState.SENDING]
    assert rig.push().ok
    assert fake.asked("PUT", ".*mp4") == 1


def test_complete_is_said_once_when_the_power_went_right_behind_it(
    rig: Rig, fake: FakeDestination
) -> None:
    clip = rig.record()
    crash_and_restart(rig, Step.COMPLETED, 1)
    before = [one for one in fake.log if one[0] in ("PUT", "POST") and "2026" in one[1]]
    assert rig.push().ok
    after = [one for one in fake.log if one[0] in ("PUT", "POST") and "2026" in one[1]]
    assert after == before
    assert rig.store.journal.recording(clip.recording_id).completed_utc_ns is not None


def test_what_was_acknowledged_at_an_earlier_docking_is_completed_and_freed(
    rig: Rig, fake: FakeDestination
) -> None:
    clip = rig.record()
    crash_and_restart(rig, Step.ACKNOWLEDGED, 1)
    assert rig.states() == [ClipState.ACKNOWLEDGED]
    rig.store.path(clip).unlink()
    assert rig.push().ok
    assert fake.asked("PUT", ".*mp4") == 1
    assert rig.states() == [ClipState.PURGED]


@pytest.mark.parametrize(
    "step", [*sorted(REJECTED_ONLY), Step.SENT, Step.PROVED, Step.ACKNOWLEDGED]
)
def test_a_crash_on_the_way_to_rejected_content_makes_no_second_container(
    rig: Rig, fake: FakeDestination, step: Step
) -> None:
    clip = rig.record()
    fake.fail("PUT", f"{rig.container(clip)}/.*mp4", status=400, times=float("inf"))
    assert crash_and_restart(rig, step, 1)
    rig.push()
    (rejected,) = fake.rejected()
    assert [one.body for one in fake.clips(rejected).values()] == [CLIP]
    assert rig.clip(clip).state is ClipState.PURGED
    assert rig.clip(clip).destination == rejected
