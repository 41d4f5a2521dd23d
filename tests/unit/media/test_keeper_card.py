"""A card that is short of room, full, broken or read-only: what is kept, and how it gets well."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from bwv_device.evidence.errors import StoreError, StoreFullError
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import Clip, ClipState, EndReason
from bwv_device.evidence.store import Store
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.messages import ClipClosed, Idle, RecordingClosed, RoomMade, WritingFailed
from bwv_device.media.silence import Silence
from tests.support.stores import deliver
from tests.unit.media.media_live import live
from tests.unit.media.media_packets import MS, S
from tests.unit.media.media_rig import Rig

SIZE = 5_000
RESERVE_BYTES = 1_000_000
"""As the rig's configuration has it."""


@pytest.fixture
def rig(store: Store, templates: Templates, silence: Silence) -> Rig:
    """A rig whose source has been open for three seconds."""
    made = Rig(store, templates, silence)
    made.open_source()
    live(made, 0, 3_000, size=SIZE)
    return made


# Short of room: what a destination holds may go, and nothing else


def recorded(rig: Rig, from_ms: int) -> Clip:
    """A recording of a second; its clip."""
    rig.begin(from_ms * MS)
    live(rig, from_ms, from_ms + 1_000, size=SIZE)
    rig.end((from_ms + 1_000) * MS)
    live(rig, from_ms + 1_000, from_ms + 2_000, size=SIZE)
    return rig.store.journal.clips()[-1]


def short_of_room(rig: Rig, *, by_clips: int) -> None:
    """A card that has room again once so many of the clips there now are gone."""
    files = [rig.store.path(clip) for clip in rig.store.journal.clips()]

    def free_bytes(_folder: object) -> int:
        gone = sum(not path.exists() for path in files)
        return RESERVE_BYTES + gone - by_clips

    rig.free_bytes = free_bytes


def test_a_clip_that_a_destination_holds_is_freed_for_a_recording(rig: Rig) -> None:
    clips = [recorded(rig, at_ms) for at_ms in (3_000, 5_000, 7_000)]
    for clip in clips:
        deliver(rig.store, clip)
    short_of_room(rig, by_clips=2)
    last = recorded(rig, 9_000)
    states = [rig.store.journal.clip(clip.id).state for clip in clips]
    assert states == [ClipState.PURGED, ClipState.PURGED, ClipState.ACKNOWLEDGED], "oldest first"
    (made,) = rig.reported(RoomMade)
    assert made.files == (clips[0].file, clips[1].file)
    assert made.bytes == (clips[0].bytes or 0) + (clips[1].bytes or 0)
    assert last.state is ClipState.FINALISED and rig.reported(WritingFailed) == []
    (finding,) = rig.findings()
    assert clips[2].file in finding and "not freed yet" in finding


def test_a_clip_that_nobody_has_acknowledged_is_never_freed(rig: Rig) -> None:
    kept, sending = recorded(rig, 3_000), recorded(rig, 5_000)
    rig.store.journal.begin_sending(sending.id)
    short_of_room(rig, by_clips=1)
    rig.begin(7 * S)
    assert rig.store.path(kept).exists() and rig.store.path(sending).exists()
    (failure,) = rig.reported(WritingFailed)
    assert failure.full and "nothing was deleted" in failure.message
    assert len(rig.store.journal.recordings()) == 2 and rig.reported(RoomMade) == []


def test_room_is_made_while_a_recording_runs(rig: Rig) -> None:
    old = deliver(rig.store, recorded(rig, 3_000))
    rig.begin(5 * S)
    live(rig, 5_000, 6_000, size=SIZE)
    short_of_room(rig, by_clips=1)
    live(rig, 6_000, 8_000, size=SIZE)
    assert rig.keeper.is_recording and not rig.store.path(old).exists()


def test_room_that_can_not_be_made_closes_the_clip_whole(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(rig.store, recorded(rig, 3_000))
    rig.begin(5 * S)
    live(rig, 5_000, 6_000, size=SIZE)
    short_of_room(rig, by_clips=1)
    monkeypatch.setattr(Store, "purge", _refuse)
    live(rig, 6_000, 7_100, size=SIZE)
    assert rig.clips(1)[0].end_reason is EndReason.STORAGE_FULL
    assert [failure.full for failure in rig.reported(WritingFailed)] == [True]


def _refuse(*_values: object) -> Any:
    raise StoreError("the card can't be written")


# Faults


def _failing(name: str, code: int) -> "Callable[[pytest.MonkeyPatch, Rig], None]":
    def install(patch: pytest.MonkeyPatch, _rig: Rig) -> None:
        real = getattr(os, name)

        def fail(target: Any, *rest: Any, **more: Any) -> Any:
            writes = name != "open" or (rest and rest[0] & (os.O_WRONLY | os.O_RDWR))
            if writes:
                raise OSError(code, os.strerror(code))
            return real(target, *rest, **more)

        patch.setattr(os, name, fail)

    return install


def _journal(error: StoreError) -> "Callable[[pytest.MonkeyPatch, Rig], None]":
    @contextmanager
    def refused(_journal: Journal) -> Iterator[Any]:
        raise error
        yield

    def install(patch: pytest.MonkeyPatch, _rig: Rig) -> None:
        patch.setattr(Journal, "_transaction", refused)

    return install


def _all(*faults: "Callable[[pytest.MonkeyPatch, Rig], None]") -> Callable[..., None]:
    def install(patch: pytest.MonkeyPatch, rig: Rig) -> None:
        for fault in faults:
            fault(patch, rig)

    return install


def _unwritable(number: int) -> Callable[..., None]:
    return _all(_failing("write", number), _failing("pwrite", number))


FULL = StoreFullError("no room left for the journal")
READ_ONLY = StoreError("attempt to write a readonly database")
CHANGES = ("write", "pwrite", "open", "ftruncate", "fsync", "fdatasync")
FAULTS = {
    "no room": (_unwritable(errno.ENOSPC), EndReason.STORAGE_FULL),
    "quota": (_unwritable(errno.EDQUOT), EndReason.STORAGE_FULL),
    "file too large": (_unwritable(errno.EFBIG), EndReason.FAULT),
    "write error": (_unwritable(errno.EIO), EndReason.FAULT),
    "sync error": (_failing("fdatasync", errno.EIO), EndReason.FAULT),
    "read-only file": (_unwritable(errno.EROFS), EndReason.FAULT),
    "full, the journal too": (
        _all(_unwritable(errno.ENOSPC), _journal(FULL)),
        EndReason.STORAGE_FULL,
    ),
    "read-only, all of it": (
        _all(*(_failing(name, errno.EROFS) for name in CHANGES), _journal(READ_ONLY)),
        EndReason.FAULT,
    ),
    "broken, all of it": (
        _all(*(_failing(name, errno.EIO) for name in CHANGES), _journal(READ_ONLY)),
        EndReason.FAULT,
    ),
}


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest) -> tuple[Callable[..., None], EndReason]:
    return FAULTS[request.param]


def broken(rig: Rig, install: Callable[..., None]) -> AbstractContextManager[None]:
    @contextmanager
    def while_it_lasts() -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            install(patch, rig)
            yield

    return while_it_lasts()


def pass_s(rig: Rig, seconds: int) -> None:
    """Nothing comes, and time goes on: the agent has ended the capture."""
    for _ in range(2 * seconds):
        rig.at(rig.clock.monotonic_ns() + S // 2, Idle())


def test_a_fault_in_the_middle_costs_what_was_not_synced_and_heals_by_itself(
    rig: Rig, fault: tuple[Callable[..., None], EndReason]
) -> None:
    install, reason = fault
    rig.begin(3 * S)
    live(rig, 3_000, 5_000, size=SIZE)
    (clip,) = rig.clips()
    synced = rig.store.path(clip).read_bytes()
    with broken(rig, install):
        live(rig, 5_000, 6_500, size=SIZE)
        assert not rig.keeper.is_recording
        assert rig.reported(WritingFailed)[0].full is (reason is EndReason.STORAGE_FULL)
        assert len(rig.reported(RecordingClosed)) == 1
        assert rig.store.path(clip).read_bytes()[: len(synced)] == synced
        rig.close_source()
        pass_s(rig, 20)
    pass_s(rig, 6)
    (clip,) = rig.clips()
    assert clip.state is ClipState.FINALISED and clip.end_reason is reason
    assert rig.store.path(clip).read_bytes()[: len(synced)] == synced
    assert rig.numbers() == list(range(10, 10 + (clip.frames or 0))) and len(rig.numbers()) >= 30
    assert rig.store.journal.recordings()[0].trigger_off == reason.value
    assert rig.findings() == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_the_trigger_leaves_nothing_half_done(rig: Rig, name: str) -> None:
    install, _reason = FAULTS[name]
    with broken(rig, install):
        rig.begin(3 * S)
        live(rig, 3_000, 4_000, size=SIZE)
        assert rig.reported(WritingFailed) and not rig.keeper.is_recording
    pass_s(rig, 6)
    assert rig.findings() == []
    assert all(clip.state is ClipState.PURGED for clip in rig.store.journal.clips())


def test_a_file_that_can_not_be_created_is_a_fault_and_the_next_trigger_records(rig: Rig) -> None:
    with broken(rig, _failing("open", errno.EROFS)):
        rig.begin(3 * S)
        live(rig, 3_000, 4_000, size=SIZE)
    (failure,) = rig.reported(WritingFailed)
    assert not failure.full and "check the card" in failure.message
    pass_s(rig, 6)
    clip = recorded(rig, 12_000)
    assert clip.state is ClipState.FINALISED and rig.numbers(1)[-1] == 129 and rig.findings() == []


def test_a_journal_that_is_full_at_the_stop_gets_the_clip_when_it_has_room(rig: Rig) -> None:
    rig.begin(3 * S)
    live(rig, 3_000, 4_500, size=SIZE)
    with broken(rig, _journal(FULL)):
        rig.end(4_500 * MS)
        live(rig, 4_500, 6_000, size=SIZE)
        assert rig.reported(ClipClosed) == [] and rig.reported(WritingFailed)[0].full
    live(rig, 6_000, 12_000, size=SIZE)
    (clip,) = rig.clips()
    assert (clip.state, clip.end_reason) == (ClipState.FINALISED, EndReason.STORAGE_FULL)
    assert rig.numbers() == list(range(10, 45)), "every picture up to the stop"
    (closed,) = rig.reported(ClipClosed)
    assert closed.frames == 35
    assert rig.store.journal.recordings()[0].trigger_off == "Button"
    assert rig.findings() == []


def test_what_is_left_is_tried_once_more_when_the_recorder_closes(rig: Rig) -> None:
    rig.begin(3 * S)
    live(rig, 3_000, 4_500, size=SIZE)
    with broken(rig, _journal(FULL)):
        rig.close_source("gone")
    rig.keeper.close()
    (clip,) = rig.clips()
    assert clip.state is ClipState.FINALISED
