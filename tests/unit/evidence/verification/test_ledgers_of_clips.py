"""A clip against its device's ledger."""

import hashlib
from functools import cache
from pathlib import Path

import pytest

from bwv_device.evidence.ledger.check import Checked, check_segments
from bwv_device.evidence.ledger.kinds import Kind
from bwv_device.evidence.verification.checks import verify
from bwv_device.evidence.verification.facts import Fact, Source
from bwv_device.evidence.verification.verdict import Grade, Verdict
from tests.support import signed_clips as clips
from tests.support.hasty import hasty_disk
from tests.support.ledgers import Hand, TestSigner, open_ledger, read_segments

FILE = f"clips/{clips.CONTAINER}/{clips.CLIP}"


@cache
def whole() -> bytes:
    return clips.put_together(clips.signed())


def segments(folder: Path, sha256: str, file: str = FILE) -> list[tuple[int, bytes]]:
    """Of a device that has closed one clip."""
    hand = Hand()
    with hasty_disk():
        ledger = open_ledger(folder / "ledger", hand, TestSigner())
        ledger.append(Kind.CLIP_OPENED, {"file": file, "pre_record_s": 0.0}, hand.now())
        ledger.append(Kind.CLIP_FINALISED, {"file": file, "sha256": sha256}, hand.go_on_s(8))
        ledger.close()
    return read_segments(folder / "ledger")


def look(checked: Checked | None, data: bytes | None = None) -> Verdict:
    stored = whole() if data is None else data
    return verify(clips.evidence(stored, clips.manifest(whole()), ledger=checked))


def of_ledger(verdict: Verdict) -> set[Fact]:
    return {one.fact for one in verdict.findings if one.source is Source.LEDGER}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_ledger_that_has_the_clip_names_its_entry(tmp_path: Path) -> None:
    verdict = look(check_segments(segments(tmp_path, digest(whole()))))
    assert (verdict.grade, of_ledger(verdict)) == (Grade.AUTHENTIC, {Fact.LEDGER_NAMES_CLIP})


def test_no_ledger_is_no_fault() -> None:
    assert of_ledger(look(None)) == {Fact.LEDGER_ABSENT}


def test_a_ledger_with_other_bytes_under_this_name_contradicts_the_clip(tmp_path: Path) -> None:
    verdict = look(check_segments(segments(tmp_path, digest(b"other"))))
    assert (verdict.grade, of_ledger(verdict)) == (Grade.ALTERED, {Fact.LEDGER_DIFFERS})


def test_a_ledger_of_other_clips_is_silent(tmp_path: Path) -> None:
    other = FILE.replace("7CF7", "AAAA")
    verdict = look(check_segments(segments(tmp_path, digest(b"other"), other)))
    assert (verdict.grade, of_ledger(verdict)) == (Grade.AUTHENTIC, {Fact.LEDGER_SILENT})


def test_a_ledger_whose_entry_was_changed_is_named(tmp_path: Path) -> None:
    (number, data), *_ = segments(tmp_path, digest(whole()))
    changed = data.replace(b'"pre_record_s":0.0', b'"pre_record_s":9.0')
    assert changed != data
    verdict = look(check_segments([(number, changed)]))
    assert verdict.grade is Grade.ALTERED
    assert Fact.LEDGER_BROKEN in of_ledger(verdict)


@pytest.mark.parametrize("distrust", ["", "nobody vouches for it"])
def test_a_ledger_that_nobody_vouches_for_is_told_and_spoils_nothing(
    tmp_path: Path, distrust: str
) -> None:
    found = segments(tmp_path, digest(whole()))
    verdict = look(check_segments(found, trusts=lambda _chain: distrust))
    assert verdict.grade is Grade.AUTHENTIC
    assert (Fact.LEDGER_UNVOUCHED in of_ledger(verdict)) == bool(distrust)
