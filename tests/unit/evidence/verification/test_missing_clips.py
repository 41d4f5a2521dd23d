"""Clips that were taken away, as they are told: by manifest, by receipt, by ledger."""

from pathlib import Path

import pytest

from bwv_device.cli.main import main
from bwv_device.evidence.identity.credential import pem
from bwv_device.evidence.ledger.kinds import Kind
from bwv_device.evidence.verification.missing import missing_clips
from bwv_device.evidence.verification.verdict import EXIT_CODES, Grade
from tests.support import signed_clips as clips
from tests.support.hasty import hasty_disk
from tests.support.ledgers import Hand, TestSigner, open_ledger

Output = pytest.CaptureFixture[str]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording's folder with one clip and its manifest."""
    folder = tmp_path / "clips" / clips.CONTAINER
    folder.mkdir(parents=True)
    data = clips.put_together(clips.signed())
    (folder / clips.CLIP).write_bytes(data)
    (folder / clips.CLIP).with_suffix(".manifest.json").write_bytes(clips.manifest(data))
    return folder


def ledger(store: Path, *kinds: Kind) -> None:
    """The ledger of a store in which one clip was closed, and what came then."""
    file = f"clips/{clips.CONTAINER}/{clips.CLIP}"
    with hasty_disk():
        made = open_ledger(store / "ledger", Hand(), TestSigner())
        for kind in kinds:
            made.append(kind, {"file": file})
        made.close()


def test_what_is_all_there_lacks_nothing(recording: Path, tmp_path: Path) -> None:
    data = (recording / clips.CLIP).read_bytes()
    receipt = clips.receipt(data, clips.home().destination())
    (recording / "receipt.json").write_bytes(receipt)
    ledger(tmp_path, Kind.CLIP_FINALISED)
    assert missing_clips(tmp_path) == missing_clips(recording) == []


def test_a_manifest_without_its_clip_names_it(recording: Path, tmp_path: Path) -> None:
    (recording / clips.CLIP).unlink()
    (missing,) = missing_clips(tmp_path)
    assert missing.path == recording / clips.CLIP
    assert "manifest" in missing.named_by


def test_a_receipt_names_the_clip_whose_manifest_went_with_it(recording: Path) -> None:
    data = (recording / clips.CLIP).read_bytes()
    for path in recording.iterdir():
        path.unlink()
    receipt = clips.receipt(data, clips.home().destination())
    (recording / "receipt.json").write_bytes(receipt)
    (missing,) = missing_clips(recording)
    assert missing.named_by == "receipt 1 of its recording"


def test_a_ledger_names_the_clip_of_which_nothing_is_left(recording: Path, tmp_path: Path) -> None:
    for path in recording.iterdir():
        path.unlink()
    ledger(tmp_path, Kind.CLIP_FINALISED)
    (missing,) = missing_clips(tmp_path)
    assert missing.path == recording / clips.CLIP and "ledger" in missing.named_by


def test_what_was_freed_is_not_missing(recording: Path, tmp_path: Path) -> None:
    for path in recording.iterdir():
        path.unlink()
    ledger(tmp_path, Kind.CLIP_FINALISED, Kind.CLIP_FREED)
    assert missing_clips(tmp_path) == []


@pytest.mark.parametrize("name", ["../../x.mp4", "/etc/passwd", "x" * 255, "receipt.json"])
def test_a_name_that_is_none_of_a_clip_is_not_looked_for(
    recording: Path, tmp_path: Path, name: str
) -> None:
    (recording / "receipt.json").write_bytes(
        clips.receipt(b"", clips.home().destination(), name=name)
    )
    assert missing_clips(tmp_path) == []


@pytest.mark.parametrize("text", [b"", b"{}", b"nonsense"])
def test_papers_that_are_none_name_nothing(recording: Path, tmp_path: Path, text: bytes) -> None:
    (recording / "20261123_202200_AAAA.manifest.json").write_bytes(text)
    (recording / "receipt.json").write_bytes(text)
    assert missing_clips(tmp_path) == []


def test_the_command_tells_it_and_fails(recording: Path, tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "home.pem").write_text(pem(clips.home().anchor))
    (recording / clips.CLIP).unlink()
    code = main(["verify", str(recording), "--anchor", str(tmp_path / "home.pem")])
    assert code == EXIT_CODES[Grade.PARTS_MISSING]
    out = capsys.readouterr().out
    assert "1 clip missing" in out and clips.CLIP in out
