"""Where manifest, receipt and ledger are found: in a store, at a server, in a plain folder."""

import hashlib
from pathlib import Path

import pytest

from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.ledger.kinds import Kind
from bwv_device.evidence.verification.checks import verify
from bwv_device.evidence.verification.evidence import Trust
from bwv_device.evidence.verification.facts import Fact
from bwv_device.evidence.verification.gather import Gatherer, Place, find_clips
from bwv_device.evidence.verification.verdict import Grade
from tests.destination.in_process import InProcess
from tests.support import signed_clips as clips
from tests.support.hasty import hasty_disk
from tests.support.ledgers import Hand, TestSigner, open_ledger

USER = clips.CONTAINER.partition("_")[0]
TRUST = Trust(clips.NOW_UTC_NS, (clips.home().anchor,))


def put(folder: Path, *, manifest: bool = True) -> Path:
    """A clip in a recording's folder below `folder`."""
    recording = folder / clips.CONTAINER
    recording.mkdir(parents=True)
    data = clips.put_together(clips.signed())
    clip = recording / clips.CLIP
    clip.write_bytes(data)
    if manifest:
        clip.with_suffix(".manifest.json").write_bytes(clips.manifest(data))
    return clip


def facts(clip: Path) -> set[Fact]:
    return {one.fact for one in verify(Gatherer(TRUST).gather(Place(clip))).findings}


def test_the_container_is_the_folder_s_name_where_that_is_one(tmp_path: Path) -> None:
    assert Place(put(tmp_path)).container == clips.CONTAINER
    (tmp_path / clips.CLIP).write_bytes(b"")
    assert Place(tmp_path / clips.CLIP).container is None


def test_the_ledger_of_a_store_lies_beside_its_clips(tmp_path: Path) -> None:
    clip = put(tmp_path / "clips")
    with hasty_disk():
        ledger = open_ledger(tmp_path / "ledger", Hand(), TestSigner())
        data = {"file": str(clip.relative_to(tmp_path)), "sha256": _sha256(clip)}
        ledger.append(Kind.CLIP_FINALISED, data)
        ledger.close()
    assert {Fact.LEDGER_NAMES_CLIP, Fact.LEDGER_UNVOUCHED} <= facts(clip)


def test_the_ledger_of_a_server_lies_among_its_containers(tmp_path: Path) -> None:
    clip = put(tmp_path / "content")
    with hasty_disk():
        ledger = open_ledger(tmp_path / "device", Hand(), TestSigner())
        ledger.append(Kind.CLIP_FINALISED, {"file": clip.name, "sha256": _sha256(clip)})
        ledger.close()
    at_server = tmp_path / "content" / f"Ledger_{clips.SERIAL}_0123456789abcdef"
    at_server.mkdir()
    for segment in (tmp_path / "device").glob("*.jsonl"):
        (at_server / f"ledger_{segment.name}").write_bytes(segment.read_bytes())
    assert Fact.LEDGER_NAMES_CLIP in facts(clip)


def test_the_ledger_of_another_device_is_not_taken_for_this_one_s(tmp_path: Path) -> None:
    clip = put(tmp_path / "clips")
    other = clip.parent.rename(tmp_path / "clips" / clips.CONTAINER.replace("0001", "0002"))
    with hasty_disk():
        open_ledger(tmp_path / "ledger", Hand(), TestSigner()).close()
    assert Fact.LEDGER_ABSENT in facts(other / clips.CLIP)


def test_a_receipt_lies_beside_the_clips_of_its_recording(tmp_path: Path) -> None:
    clip = put(tmp_path)
    text = clips.receipt(clip.read_bytes(), clips.home().destination())
    (clip.parent / "receipt.json").write_bytes(text)
    assert Fact.RECEIPT_GOOD in facts(clip)


def test_a_server_s_receipt_is_read_from_its_folder_while_it_runs(tmp_path: Path) -> None:
    server = InProcess(tmp_path / "server")
    try:
        data = clips.put_together(clips.signed())
        server.wire.register(USER, clips.SERIAL)
        server.wire.put(clips.CONTAINER)
        server.wire.put(clips.CONTAINER, clips.CLIP, data)
        manifest = clips.CLIP.replace(".mp4", ".manifest.json")
        server.wire.put(clips.CONTAINER, manifest, clips.manifest(data))
        server.wire.post(clips.CONTAINER, Status="Complete", ClipCount="1")
        assert server.wire.get(clips.CONTAINER, "receipt.json").status == 200
        (place,) = find_clips([tmp_path / "server"])
        verdict = verify(Gatherer(TRUST).gather(place))
    finally:
        server.close()
    assert verdict.grade is Grade.AUTHENTIC
    # Its key is its own: whoever verifies was not given its certificate.
    assert Fact.RECEIPT_UNVOUCHED in {one.fact for one in verdict.findings}


def test_a_catalogue_that_is_none_is_named(tmp_path: Path) -> None:
    clip = put(tmp_path / "content")
    (tmp_path / "catalogue.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match=r"catalogue\.sqlite can't be read"):
        Gatherer(TRUST).gather(Place(clip))


def test_what_is_only_a_copy_for_other_tools_is_not_looked_at(tmp_path: Path) -> None:
    clip = put(tmp_path / "clips")
    copies = tmp_path / "content-credentials" / clips.CONTAINER
    copies.mkdir(parents=True)
    (copies / clips.CLIP).write_bytes(clip.read_bytes())
    assert [place.path for place in find_clips([tmp_path])] == [clip]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
