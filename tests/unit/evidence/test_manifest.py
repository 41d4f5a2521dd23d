"""Manifests: made of the journal's facts, durable beside the clip, and read by nobody wrongly."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bwv_device.evidence import durable, jws
from bwv_device.evidence.chain import START, chained, read_chain
from bwv_device.evidence.check import Severity, check
from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.jws import SignedDocumentError
from bwv_device.evidence.manifest.keeping import Manifests, manifest_path
from bwv_device.evidence.manifest.make import make_manifest
from bwv_device.evidence.manifest.schema import Content, Made, Manifest
from bwv_device.evidence.manifest.signed import KIND, read_manifest, sign_manifest
from bwv_device.evidence.records import Clip, EndReason
from bwv_device.evidence.repair import repair
from bwv_device.evidence.sidecars import chain_file
from bwv_device.evidence.store import Store
from bwv_device.evidence.trust import Distrust, UntrustedError
from bwv_device.protocol.clip_account import ClipAccount
from bwv_device.protocol.documents import to_json
from bwv_device.protocol.pictures import PictureAccount
from tests.support import stores
from tests.support.clips import clip_bytes
from tests.support.signing_keys import make_root, make_signer, the_root, the_signer

NOW_NS = stores.TRIGGER_UTC_NS + 100 * stores.S
NOTHING_LOST = PictureAccount(
    frames_expected=45, frames_captured=45, frames_dropped=0, camera_lost_ns=0
)
SIGNER = make_signer(the_root(), stores.NEW_RECORDING.serial)


@pytest.fixture
def manifests(store: Store) -> Manifests:
    return Manifests(store, lambda: SIGNER, lambda: NOW_NS)


def read(store: Store, clip: Clip) -> Manifest:
    return read_manifest(manifest_path(store, clip).read_bytes()).manifest


def test_a_closed_clip_gets_a_manifest_of_what_the_journal_has(
    store: Store, manifests: Manifests
) -> None:
    clip = stores.record(store)
    recording = store.journal.recording(clip.recording_id)
    assert manifests.ensure(clip) == manifest_path(store, clip)
    found = read(store, clip)
    assert (found.container, found.clip) == (recording.container, store.path(clip).name)
    assert (found.clip_number, found.made_utc_ns) == (1, NOW_NS)
    assert (found.stored.sha256, found.stored.bytes) == (clip.sha256, clip.bytes)
    assert found.clear == found.stored
    assert found.media.frames == clip.frames
    assert found.media.duration_ns == clip.duration_ns
    assert found.media.start_utc_ns == clip.start_utc_ns
    assert found.media.end_reason == "Stop"
    assert (found.wearer.user_id, found.wearer.name) == (recording.user_id, recording.user_name)
    assert found.device.serial == recording.serial
    assert (found.trigger.on, found.trigger.off) == ("DoublePress", "LongPress")
    assert found.trigger.off_utc_ns == recording.trigger_on_utc_ns + (clip.duration_ns or 0)


def test_it_says_whether_the_recorder_closed_the_clip_or_the_repair(store: Store) -> None:
    clip = stores.record(store)
    recording = store.journal.recording(clip.recording_id)
    closed = replace(clip, account=ClipAccount(pictures=NOTHING_LOST))
    made = {one: make_manifest(recording, one, (), (), NOW_NS).made for one in (clip, closed)}
    assert made == {clip: Made.AT_REPAIR, closed: Made.AT_CLOSE}


def test_the_settings_of_the_recording_are_named_by_their_fingerprint(
    store: Store, manifests: Manifests
) -> None:
    new = replace(stores.NEW_RECORDING, configuration_sha256="ab" * 32)
    recording = store.begin_recording(new)
    clip = store.open_clip(recording, stores.new_clip(recording))
    stores.write_file(store.path(clip), clip_bytes(1.0))
    manifests.ensure(stores.finalise(store, clip))
    assert read(store, clip).device.configuration_sha256 == "ab" * 32


def test_whoever_brings_the_anchor_can_tell_who_signed(store: Store, manifests: Manifests) -> None:
    clip = stores.record(store)
    manifests.ensure(clip)
    signed = read_manifest(manifest_path(store, clip).read_bytes())
    signed.require_trusted([the_root().certificate], NOW_NS)
    with pytest.raises(UntrustedError) as caught:
        signed.require_trusted([make_root("other").certificate], NOW_NS)
    assert caught.value.why is Distrust.FOREIGN


def test_another_camera_of_the_same_force_can_t_sign_it(store: Store) -> None:
    clip = stores.record(store)
    other = make_signer(the_root(), "BWV-0002")
    Manifests(store, lambda: other, lambda: NOW_NS).ensure(clip)
    signed = read_manifest(manifest_path(store, clip).read_bytes())
    with pytest.raises(UntrustedError, match="BWV-0002") as caught:
        signed.require_trusted([the_root().certificate], NOW_NS)
    assert caught.value.why is Distrust.WRONG_ROLE


def test_a_manifest_is_made_once_and_stays(store: Store, manifests: Manifests) -> None:
    clip = stores.record(store)
    manifests.ensure(clip)
    text = manifest_path(store, clip).read_bytes()
    store.path(clip).write_bytes(b"changed since")
    manifests.ensure(clip)
    assert manifest_path(store, clip).read_bytes() == text


def test_all_that_lack_one_get_one(store: Store, manifests: Manifests) -> None:
    clips = [stores.record(store, trigger_s=at_s) for at_s in (0, 100, 200)]
    manifests.ensure(clips[1])
    made = list(manifests.ensure_all())
    assert made == [manifest_path(store, clips[0]), manifest_path(store, clips[2])]
    assert list(manifests.ensure_all()) == []


def test_a_clip_that_is_being_recorded_has_none_yet(store: Store, manifests: Manifests) -> None:
    clip = stores.cut_off(store, clip_bytes(1.0))
    assert manifests.ensure(clip) is None
    assert list(manifests.ensure_all()) == []


def test_a_repaired_clip_says_that_it_is_one(store: Store, manifests: Manifests) -> None:
    clip = stores.cut_off(store, clip_bytes(3.0)[:-100])
    repair(store)
    manifests.ensure(clip)
    found = read(store, clip)
    assert (found.made, found.media.end_reason) == (Made.AT_REPAIR, "Recovered")
    assert found.trigger.off == "Recovered"
    assert found.media.account is None


def test_a_repaired_clip_waits_for_the_stop_of_its_recording(
    store: Store, manifests: Manifests
) -> None:
    recording = stores.begin(store)
    clip = store.open_clip(recording, stores.new_clip(recording))
    stores.write_file(store.path(clip), clip_bytes(1.0))
    stores.finalise(store, clip, EndReason.RECOVERED)
    assert manifests.ensure(clip) is None
    store.journal.end_recording(recording.id, "Recovered", recording.trigger_on_utc_ns)
    assert manifests.ensure(clip) is not None


def test_a_part_of_a_recording_that_goes_on_does_not_wait(
    store: Store, manifests: Manifests
) -> None:
    recording = stores.begin(store)
    clip = store.open_clip(recording, stores.new_clip(recording))
    stores.write_file(store.path(clip), clip_bytes(1.0))
    stores.finalise(store, clip, EndReason.SPLIT)
    manifests.ensure(clip)
    assert read(store, clip).trigger.off is None


def test_a_freed_clip_gets_none(store: Store, manifests: Manifests) -> None:
    clip = stores.deliver(store, stores.record(store))
    store.purge(clip)
    assert manifests.ensure(clip) is None


def test_a_disk_that_fails_leaves_none_and_the_next_try_makes_it(
    store: Store, manifests: Manifests, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = stores.record(store)

    def full(_handle: int, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(durable, "write_all", full)
        with pytest.raises(StoreError):
            manifests.ensure(clip)
    assert not manifest_path(store, clip).exists()
    assert manifests.ensure(clip) is not None
    assert read(store, clip).stored.sha256 == clip.sha256


@pytest.mark.parametrize("stop_at", ["write_all", "sync_folder"])
def test_a_power_cut_while_it_is_made_leaves_it_whole_or_not_there(
    store: Store, manifests: Manifests, monkeypatch: pytest.MonkeyPatch, stop_at: str
) -> None:
    class Cut(Exception):
        """The power goes."""

    def cut(*_values: object) -> None:
        raise Cut

    clip = stores.record(store)
    with monkeypatch.context() as patch:
        patch.setattr(durable, stop_at, cut)
        with pytest.raises(Cut):
            manifests.ensure(clip)
    if manifest_path(store, clip).exists():
        read(store, clip)
    manifests.ensure(clip)
    assert read(store, clip).stored.sha256 == clip.sha256


@pytest.mark.parametrize(
    "document", [{}, [], 7, "text", {"Version": 1}, {"Version": 0}, {"Units": "all of them"}]
)
def test_valid_json_that_is_no_manifest_is_refused_however_well_it_is_signed(
    document: object,
) -> None:
    with pytest.raises(SignedDocumentError):
        read_manifest(jws.sign(to_json(document), KIND, the_signer()))


def a_manifest(store: Store, manifests: Manifests) -> Manifest:
    clip = stores.record(store)
    manifests.ensure(clip)
    return read(store, clip)


@pytest.mark.parametrize(
    "change",
    [
        {"stored": {"Bytes": -1, "Sha256": "ab" * 32}},
        {"stored": {"Bytes": 1, "Sha256": "short"}},
        {"chain_head": "ab" * 32},
        {"clip_number": 0},
        {"sealed": "yes, very"},
        {"clear": {"Bytes": 1, "Sha256": "ab" * 32}},
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(
    store: Store, manifests: Manifests, change: dict[str, object]
) -> None:
    good = a_manifest(store, manifests)
    with pytest.raises(ValueError):
        Manifest.model_validate(good.model_dump() | change)


def test_one_of_a_newer_version_asks_for_an_update(store: Store, manifests: Manifests) -> None:
    newer = a_manifest(store, manifests).model_copy(update={"version": 2})
    with pytest.raises(SignedDocumentError, match="update"):
        read_manifest(sign_manifest(newer, the_signer()))


@given(data=st.data())
def test_no_byte_of_a_manifest_can_be_changed_unseen(data: st.DataObject) -> None:
    text = bytearray(sign_manifest(_EXAMPLE, the_signer()))
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] ^= 1 << data.draw(st.integers(0, 6))
    try:
        found = read_manifest(bytes(text)).manifest
    except SignedDocumentError:
        return
    assert found == _EXAMPLE  # blanks between the parts, and the last bits of base64


_EXAMPLE = Manifest.model_validate(
    {
        "Container": "u_s_20260101T000000Z",
        "Clip": "20260101_000000_ABCD.mp4",
        "ClipNumber": 1,
        "Made": "AtClose",
        "MadeUtcNs": 1,
        "Device": {"Serial": "s", "Model": "m", "FirmwareVersion": "1"},
        "Wearer": {"UserId": "u", "Name": "n"},
        "Trigger": {"On": "DoublePress", "OnUtcNs": 1, "TimeZone": "UTC"},
        "Utc": {},
        "Media": {
            "StartUtcNs": 1,
            "DurationNs": 1,
            "EndReason": "Stop",
            "Frames": 1,
            "FramesDropped": 0,
            "FramesSkipped": 0,
            "PreRecordAskedNs": 0,
            "PreRecordDeliveredNs": 0,
        },
        "Stored": {"Bytes": 1, "Sha256": "ab" * 32},
        "Clear": {"Bytes": 1, "Sha256": "ab" * 32},
    }
)


def test_units_out_of_order_are_refused() -> None:
    unit = {
        "ClearEndBytes": 10,
        "StoredEndBytes": 10,
        "Frames": 1,
        "MediaEndNs": 1,
        "Sha256": "ab" * 32,
    }
    head = chained(chained(START, "ab" * 32), "ab" * 32)
    chain = {"chain_head": head}
    in_order = {"units": [unit, unit | {"ClearEndBytes": 20}], **chain}
    Manifest.model_validate(_EXAMPLE.model_dump() | in_order)
    for back in ({}, {"ClearEndBytes": 20, "Frames": 0}, {"ClearEndBytes": 20, "MediaEndNs": 0}):
        units = {"units": [unit, unit | back], **chain}
        with pytest.raises(ValueError, match="order"):
            Manifest.model_validate(_EXAMPLE.model_dump() | units)
    with pytest.raises(ValueError, match="lead to"):
        Manifest.model_validate(_EXAMPLE.model_dump() | in_order | {"chain_head": START})


def test_the_chain_beside_the_clip_is_in_the_manifest(store: Store, manifests: Manifests) -> None:
    clip = stores.cut_off(store, clip_bytes(3.0))
    repair(store)
    manifests.ensure(clip)
    found, units = read(store, clip), read_chain(chain_file(store.path(clip)))
    assert len(found.units) == len(units) > 3
    assert found.chain_head == units[-1].chain
    assert found.units[-1].clear_end_bytes == found.clear.bytes
    assert found.units[-1].frames == found.media.frames


def test_a_chain_that_is_not_the_journals_is_not_signed(store: Store, manifests: Manifests) -> None:
    clip = stores.cut_off(store, clip_bytes(3.0))
    repair(store)
    path = chain_file(store.path(clip))
    path.write_bytes(path.read_bytes().rpartition(b"\n")[0].rpartition(b"\n")[0] + b"\n")
    manifests.ensure(clip)
    assert read(store, clip).units == ()


def test_the_clip_and_its_manifest_pass_the_check(store: Store, manifests: Manifests) -> None:
    clip = stores.record(store)
    manifests.ensure(clip)
    assert check(store.folder, store.journal) == []
    assert not any(store.folder.glob("*.new"))


def test_the_check_names_a_manifest_that_is_not_that_of_its_clip(
    store: Store, manifests: Manifests
) -> None:
    clip, other = stores.record(store), stores.record(store, trigger_s=100)
    manifests.ensure(clip)
    manifests.ensure(other)
    path = manifest_path(store, clip)
    path.write_bytes(path.read_bytes()[:-50])
    (found,) = check(store.folder, store.journal)
    assert (found.where, found.severity) == (clip.file, Severity.WRONG)
    assert "its manifest is damaged" in found.what
    path.write_bytes(manifest_path(store, other).read_bytes())
    assert check(store.folder, store.journal) == []  # the same bytes, recorded twice
    other_bytes = sign_manifest(read(store, other).model_copy(update=OTHER_CONTENT), SIGNER)
    path.write_bytes(other_bytes)
    (found,) = check(store.folder, store.journal)
    assert "its manifest is about 1 bytes" in found.what


OTHER_CONTENT = {
    "stored": Content(bytes=1, sha256="ab" * 32),
    "clear": Content(bytes=1, sha256="ab" * 32),
}
