"""What chain and seal mean to a recording that runs: nothing that the wearer waits for."""

import os
from pathlib import Path

import pytest

from bwv_device.evidence import durable
from bwv_device.evidence.chain import is_whole, read_chain
from bwv_device.evidence.errors import StoreFullError
from bwv_device.evidence.records import ClipState, EndReason
from bwv_device.evidence.sidecars import chain_file, key_file
from bwv_device.evidence.store import Store
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.messages import WritingFailed
from bwv_device.media.silence import Silence
from tests.support.sealing import clear_copy, recipient
from tests.unit.media.media_live import live
from tests.unit.media.media_packets import S, read_back
from tests.unit.media.media_rig import Rig


@pytest.fixture
def rig(store: Store, templates: Templates, silence: Silence) -> Rig:
    """A rig with three seconds in its ring, and a destination that wants sealed footage."""
    store.journal.accept_recipient(recipient(), 0)
    made = Rig(store, templates, silence)
    made.open_source()
    live(made, 0, 3_000)
    return made


def test_a_trigger_waits_for_no_sync_of_a_chain(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = durable.sync_data

    def sync_data(handle: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{handle}")).suffix)
        real(handle)

    monkeypatch.setattr(durable, "sync_data", sync_data)
    rig.begin(3 * S)
    assert len(synced) > 2 and set(synced) == {".mp4"}, "all of the ring first"
    rig.keeper.follow()
    assert synced[-1] == ".chain" and synced.count(".chain") == 1


def test_a_recording_is_sealed_from_its_pre_record_to_its_stop(rig: Rig, tmp_path: Path) -> None:
    rig.begin(3 * S)
    live(rig, 3_000, 5_000)
    rig.end(5 * S)
    live(rig, 5_000, 6_000)
    (clip,) = rig.clips()
    path = rig.store.path(clip)
    assert (clip.state, clip.sealed) == (ClipState.FINALISED, True)
    assert b"moof" not in path.read_bytes() and is_whole(chain_file(path))
    packets = read_back(clear_copy(path, tmp_path / "clear.mp4"))
    assert sum(packet.track == "video" for packet in packets) == clip.frames
    assert read_chain(chain_file(path))[-1].frames == clip.frames
    assert rig.findings() == []


def test_a_key_file_that_finds_no_room_ends_the_recording_with_nothing_in_the_clear(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreFullError("no room for the key")

    with monkeypatch.context() as patch:
        patch.setattr("bwv_device.media.take.begin_seal", refuse)
        rig.begin(3 * S)
        live(rig, 3_000, 4_000)
    assert rig.reported(WritingFailed)[0].full
    (clip,) = rig.clips()
    assert clip.end_reason is EndReason.NOTHING_RECORDED
    assert not rig.store.path(clip).exists() and not key_file(rig.store.path(clip)).exists()


def test_each_clip_has_a_key_of_its_own(
    store: Store, templates: Templates, silence: Silence
) -> None:
    store.journal.accept_recipient(recipient(), 0)
    rig = Rig(store, templates, silence)
    rig.open_source()
    live(rig, 0, 1_000)
    for second in (1, 3):
        rig.begin(second * S)
        live(rig, second * 1_000, second * 1_000 + 1_000)
        rig.end((second + 1) * S)
        live(rig, second * 1_000 + 1_000, second * 1_000 + 2_000)
    clips = store.journal.clips()
    keys = {key_file(store.path(clip)).read_bytes() for clip in clips}
    assert len(keys) == len(clips) == 2
