"""A real recorder on a real file system that another program fills up under it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bwv_device.configuration.keeping import Storage
from bwv_device.configuration.media import PreRecord
from bwv_device.configuration.model import Configuration
from bwv_device.evidence.check import check
from bwv_device.evidence.records import Clip, ClipState, EndReason
from bwv_device.media.messages import ClipClosed, ClipOpened, RecordingClosed, WritingFailed
from tests.support.clips import decode
from tests.support.recording import PATIENCE_S, RealRecorder, Source, real_recorder
from tests.support.small_disk import SmallDisk, small_disk

SMALL = Source("scene", {"width_px": 640, "height_px": 480})
MOST_S = PATIENCE_S + 10
"""What is left is tried every five seconds."""


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    with small_disk() as made:
        yield made


def keeping(disk: SmallDisk, reserve_bytes: int) -> Configuration:
    """A reserve that is smaller than a configuration allows."""
    storage = Storage.model_construct(folder=disk.folder / "store", reserve_bytes=reserve_bytes)
    return Configuration().model_copy(
        update={"storage": storage, "pre_record": PreRecord(length_s=1.0)}
    )


def finalised(real: RealRecorder) -> Clip:
    """The newest clip, once the journal has it."""
    for _ in range(round(MOST_S * 10)):
        clip = real.store.journal.clips()[-1]
        if clip.state is ClipState.FINALISED:
            return clip
        real.clock.sleep_s(0.1)
    raise AssertionError(f"never finalised: {clip}")


def assert_plays(real: RealRecorder, clip: Clip) -> None:
    """Every byte decodes, and the journal and the files agree."""
    assert decode(real.store.path(clip)).frames == clip.frames
    assert list(check(real.store.folder, real.store.journal)) == []


def assert_records_again(real: RealRecorder, recordings: int) -> None:
    real.record_s(1.0)
    real.until_reported(RecordingClosed, recordings)
    clip = finalised(real)
    assert clip.end_reason is EndReason.STOP and clip.recording_id == recordings
    assert_plays(real, clip)


def test_with_less_free_than_the_reserve_the_clip_is_closed_whole(disk: SmallDisk) -> None:
    kept = keeping(disk, 6_000_000)
    with real_recorder(kept.storage.folder, kept, SMALL) as real:
        real.begin()
        real.until_reported(ClipOpened)
        disk.fill(leave_bytes=5_000_000)
        real.until_reported(RecordingClosed)
        clip = finalised(real)
        assert clip.end_reason is EndReason.STORAGE_FULL
        assert_plays(real, clip)
        assert real.reports_of(WritingFailed)[0].full and len(real.reports_of(ClipClosed)) == 1
        disk.empty()
        assert_records_again(real, 2)


def test_a_disk_without_one_free_byte_costs_what_was_not_synced(disk: SmallDisk) -> None:
    kept = keeping(disk, 0)
    with real_recorder(kept.storage.folder, kept, SMALL, free_bytes=_plenty) as real:
        real.begin()
        real.until_reported(ClipOpened)
        real.clock.sleep_s(1.0)
        disk.fill()
        real.until_reported(WritingFailed)
        real.until_reported(RecordingClosed)
        assert real.reports_of(WritingFailed)[0].full
        disk.empty()
        clip = finalised(real)
        assert clip.end_reason is EndReason.STORAGE_FULL and (clip.frames or 0) > 0
        assert_plays(real, clip)
        assert_records_again(real, 2)


def _plenty(_folder: Path) -> int:
    """A gauge that does not see it coming."""
    return 1 << 40
