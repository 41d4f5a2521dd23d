"""When the disk, the journal or the code fails: what is synced stays, and it is said."""

import errno
import os
from pathlib import Path

import pytest

from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import ClipState, EndReason
from bwv_device.evidence.store import Store
from bwv_device.media import take as take_module
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.messages import ClipClosed, Mark, RecordingClosed, WritingFailed
from bwv_device.media.open_clip import OpenClip
from bwv_device.media.silence import Silence
from hal.errors import DeviceLostError
from tests.unit.media.media_live import Disk, live
from tests.unit.media.media_packets import MS, S
from tests.unit.media.media_rig import Rig

SIZE = 5_000


@pytest.fixture
def rig(store: Store, templates: Templates, silence: Silence) -> Rig:
    """A rig whose source has been open for three seconds."""
    made = Rig(store, templates, silence)
    made.open_source()
    live(made, 0, 3_000, size=SIZE)
    return made


def recording(rig: Rig, to_ms: int = 5_000) -> Rig:
    """The rig in the middle of a recording that began at 3 s."""
    rig.begin(3 * S)
    live(rig, 3_000, to_ms, size=SIZE)
    return rig


def open_files(folder: Path) -> list[str]:
    """Handles of this process on clips."""
    links = [
        os.readlink(handle.path) for handle in os.scandir("/proc/self/fd") if handle.is_symlink()
    ]
    return [link for link in links if link.startswith(str(folder / "clips"))]


@pytest.mark.parametrize(
    ("refusal", "reason", "full"),
    [
        (errno.ENOSPC, EndReason.STORAGE_FULL, True),
        (errno.EIO, EndReason.FAULT, False),
        (errno.EROFS, EndReason.FAULT, False),
    ],
    ids=["full", "broken", "read-only"],
)
def test_a_disk_that_refuses_in_the_middle_costs_nothing_that_was_synced(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, refusal: int, reason: EndReason, full: bool
) -> None:
    recording(rig)
    (clip,) = rig.clips()
    synced = rig.store.path(clip).read_bytes()
    with monkeypatch.context() as patched:
        Disk(room_bytes=1_000, refusal=refusal).install(patched)
        live(rig, 5_000, 6_500, size=SIZE)
    (clip,) = rig.clips()
    assert rig.store.path(clip).read_bytes() == synced, "nothing torn, nothing gone"
    assert clip.state is ClipState.FINALISED and clip.end_reason is reason
    assert rig.numbers() == list(range(10, 10 + (clip.frames or 0)))
    assert clip.frames is not None and clip.frames >= 30
    (failure,) = rig.reported(WritingFailed)
    assert failure.full is full
    assert len(rig.reported(RecordingClosed)) == 1 and not rig.keeper.is_recording
    assert rig.findings() == [] and open_files(rig.store.folder) == []


def test_a_disk_that_refuses_the_last_fragment_costs_only_that(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording(rig)
    with monkeypatch.context() as patched:
        Disk(room_bytes=0).install(patched)
        rig.close_source()
    (clip,) = rig.clips()
    assert clip.state is ClipState.FINALISED and clip.end_reason is EndReason.STORAGE_FULL
    assert rig.reported(WritingFailed)[0].full
    assert rig.findings() == [] and open_files(rig.store.folder) == []


def test_a_disk_that_refuses_the_head_leaves_no_trace_of_the_clip(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        Disk(room_bytes=100).install(patched)
        rig.begin(3 * S)
    (clip,) = rig.clips()
    assert clip.state is ClipState.PURGED and clip.end_reason is EndReason.NOTHING_RECORDED
    assert not rig.store.path(clip).exists()
    assert rig.reported(WritingFailed)[0].full and not rig.keeper.is_recording
    assert rig.findings() == [] and open_files(rig.store.folder) == []


def test_the_next_trigger_after_a_failure_records_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording(rig)
    with monkeypatch.context() as patched:
        Disk(room_bytes=0).install(patched)
        live(rig, 5_000, 6_000, size=SIZE)
    rig.begin(6 * S)
    live(rig, 6_000, 7_000, size=SIZE)
    rig.end(7 * S)
    live(rig, 7_000, 8_000, size=SIZE)
    assert rig.numbers(1) == list(range(40, 70))


def test_a_card_that_fills_up_closes_the_clip_whole_while_there_is_room(rig: Rig) -> None:
    recording(rig)
    rig.free_bytes = lambda _folder: 999_999
    live(rig, 5_000, 5_100, size=SIZE)
    (clip,) = rig.clips()
    assert clip.state is ClipState.FINALISED and clip.end_reason is EndReason.STORAGE_FULL
    assert rig.numbers() == list(range(10, 51)), "every picture up to the refusal"
    assert rig.reported(WritingFailed)[0].full
    assert rig.store.journal.recordings()[0].trigger_off == "StorageFull"


def test_a_full_card_refuses_a_recording_and_says_what_to_do(rig: Rig) -> None:
    rig.free_bytes = lambda _folder: 0
    rig.begin(3 * S)
    assert rig.store.journal.recordings() == []
    (failure,) = rig.reported(WritingFailed)
    assert failure.full and "dock the camera" in failure.message


def test_a_gauge_that_fails_ends_no_recording(rig: Rig) -> None:
    def broken(_folder: Path) -> int:
        raise DeviceLostError("the gauge has gone")

    rig.free_bytes = broken
    recording(rig)
    rig.end(5 * S)
    live(rig, 5_000, 6_000, size=SIZE)
    assert rig.numbers() == list(range(10, 50)) and rig.reported(WritingFailed) == []


def test_the_failure_of_one_recording_costs_the_other_no_frame(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording(rig)
    rig.end(5 * S)
    rig.begin(5 * S + 1)
    first = rig.clips(0)[0]
    real = OpenClip.write

    def write(clip: OpenClip, packet: object) -> None:
        if clip.clip.id == first.id:
            raise StoreError("this file alone")
        real(clip, packet)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(OpenClip, "write", write)
        # The journal fails at the same moment, and only for the first recording's stop.
        patched.setattr(Journal, "end_recording", _refuse)
        live(rig, 5_000, 6_000, size=SIZE)
    rig.end(6 * S)
    live(rig, 6_000, 7_000, size=SIZE)
    assert rig.clips(0)[0].end_reason is EndReason.FAULT
    assert rig.numbers(1) == list(range(30, 60))


def _refuse(*_values: object) -> None:
    raise StoreError("the journal can't be written")


def test_a_journal_that_fails_at_the_stop_leaves_the_clip_for_the_next_start(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording(rig)
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "end_recording", _refuse)
        patched.setattr(Journal, "finalise_clip", _refuse)
        rig.close_source("gone")
    (clip,) = rig.clips()
    assert clip.state is ClipState.RECORDING and rig.numbers() == list(range(10, 50))
    assert rig.reported(WritingFailed) and not rig.keeper.is_recording
    assert rig.keeper.ring.bytes == 0 and open_files(rig.store.folder) == []


def test_a_bookmark_that_can_not_be_noted_ends_no_recording(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording(rig)
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "add_bookmark", _refuse)
        rig.feed(Mark(5 * S))
    assert rig.keeper.is_recording and rig.reported(WritingFailed) == []


def test_an_error_that_nobody_foresaw_keeps_what_is_synced_and_is_said(rig: Rig) -> None:
    recording(rig)
    rig.keeper.give_up(ZeroDivisionError("division by zero"))
    (clip,) = rig.clips()
    assert clip.state is ClipState.FINALISED and clip.end_reason is EndReason.FAULT
    (failure,) = rig.reported(WritingFailed)
    assert "division by zero" in failure.message and not failure.full
    assert rig.findings() == [] and not rig.keeper.is_recording


def test_a_repair_that_fails_as_well_does_not_stop_the_last_resort(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording(rig)

    def broken(*_values: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(take_module, "repair_clip", broken)
        rig.keeper.give_up(ZeroDivisionError())
    assert len(rig.reported(WritingFailed)) == 1 and len(rig.reported(RecordingClosed)) == 1


def test_a_clip_that_was_closed_is_reported_once(rig: Rig) -> None:
    recording(rig)
    rig.end(5 * S)
    live(rig, 5_000, 7_000, size=SIZE)
    rig.close_source()
    rig.keeper.close()
    assert len(rig.reported(ClipClosed)) == 1 and len(rig.reported(RecordingClosed)) == 1
    assert rig.clock.monotonic_ns() == 7_000 * MS
