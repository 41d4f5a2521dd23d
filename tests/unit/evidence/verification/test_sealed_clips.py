"""Sealed clips: from outside, opened with the private key, and whatever can be wrong with them."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from bwv_device.evidence.sealing.key_file import parse_key_file
from bwv_device.evidence.sealing.opening import opened
from bwv_device.evidence.sealing.seal import begin_seal
from bwv_device.evidence.sidecars import key_file
from bwv_device.evidence.verification.checks import verify
from bwv_device.evidence.verification.evidence import Trust
from bwv_device.evidence.verification.facts import Fact
from bwv_device.evidence.verification.gather import Gatherer, Place
from bwv_device.evidence.verification.verdict import Grade, Verdict
from bwv_device.media.fragment_file import FragmentFile
from tests.support import signed_clips as clips
from tests.support.hasty import hasty_disk
from tests.support.sealing import private_key, recipient
from tests.support.stores import parts

TRUST = Trust(clips.NOW_UTC_NS, (clips.home().anchor,))


@cache
def whole() -> bytes:
    return clips.put_together(clips.signed())


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A sealed clip with key file and manifest, in a recording's folder."""
    path = tmp_path / clips.CONTAINER / clips.CLIP
    path.parent.mkdir()
    with hasty_disk():
        file = FragmentFile(path, begin_seal(path, recipient()))
        for part in parts(whole()):
            file.write(part)
            file.commit()
        file.close()
    sealed = path.read_bytes()
    text = clips.manifest(clear(path), stored=sealed)
    path.with_suffix(".manifest.json").write_bytes(text)
    return path


def clear(path: Path) -> bytes:
    return b"".join(opened(path, parse_key_file(key_file(path).read_bytes()), private_key()))


def look(clip: Path, key: rsa.RSAPrivateKey | None = None) -> Verdict:
    return verify(Gatherer(TRUST, key).gather(Place(clip)))


def facts(verdict: Verdict) -> set[Fact]:
    return {one.fact for one in verdict.findings}


def test_from_outside_the_manifest_says_that_these_are_the_sealed_bytes(clip: Path) -> None:
    verdict = look(clip)
    assert verdict.grade is Grade.AUTHENTIC
    assert {Fact.NOT_OPENED, Fact.SEALED_FILE_IS_SIGNED} <= facts(verdict)
    assert Fact.STREAM_COVERED not in facts(verdict)


def test_with_the_private_key_it_is_looked_at_like_any_other(clip: Path) -> None:
    verdict = look(clip, private_key())
    assert verdict.grade is Grade.AUTHENTIC
    assert {Fact.OPENED, Fact.STREAM_COVERED, Fact.FILE_IS_SIGNED} <= facts(verdict)
    assert not {Fact.TORN_TAIL, Fact.DAMAGED} & facts(verdict)


def test_nothing_in_the_clear_is_written_by_it(clip: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    look(clip, private_key())
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_key_of_somebody_else_opens_nothing_and_is_told(clip: Path) -> None:
    verdict = look(clip, rsa.generate_private_key(65537, 2048))
    assert verdict.grade is Grade.AUTHENTIC
    (told,) = [one for one in verdict.findings if one.fact is Fact.NOT_OPENED]
    assert "does not open it" in told.detail


def test_without_a_manifest_a_closed_clip_proves_nothing(clip: Path) -> None:
    clip.with_suffix(".manifest.json").unlink()
    assert look(clip).grade is Grade.UNREADABLE
    assert look(clip, private_key()).grade is Grade.AUTHENTIC_UP_TO


def _changed(at: float) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        place = int(len(data) * at)
        return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]

    return change


@pytest.mark.parametrize("at", [0.3, 0.6, 0.95])
def test_a_changed_byte_is_seen_from_outside_and_named_with_its_second_inside(
    clip: Path, at: float
) -> None:
    clip.write_bytes(_changed(at)(clip.read_bytes()))
    outside, inside = look(clip), look(clip, private_key())
    assert outside.exit_code != 0 and Fact.FILE_DIFFERS in facts(outside)
    assert inside.grade is Grade.ALTERED
    assert inside.at_ns is not None and 0 <= inside.at_ns <= 8 * clips.S


@pytest.mark.parametrize("lost_bytes", [16, 1000, 40_000])
def test_one_that_was_cut_off_is_authentic_up_to_where_it_is_whole(
    clip: Path, lost_bytes: int
) -> None:
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) - lost_bytes])
    verdict = look(clip, private_key())
    assert verdict.grade is Grade.AUTHENTIC_UP_TO
    assert verdict.at_ns is not None and 0 < verdict.at_ns <= 8 * clips.S
    assert Fact.SEAL_ENDS_EARLY in facts(verdict)


def test_the_key_file_of_another_clip_gives_noise_and_is_told(clip: Path, tmp_path: Path) -> None:
    with hasty_disk():
        begin_seal(tmp_path / "other.mp4", recipient())
    key_file(clip).write_bytes((tmp_path / "other.key").read_bytes())
    verdict = look(clip, private_key())
    assert Fact.NOT_OPENED in facts(verdict) and Fact.OPENED not in facts(verdict)


@pytest.mark.parametrize("text", [b"", b"{}", b"nonsense", b'{"EncryptedKey": 1}'])
def test_a_key_file_that_is_none_is_told(clip: Path, text: bytes) -> None:
    key_file(clip).write_bytes(text)
    (told,) = [one for one in look(clip, private_key()).findings if one.fact is Fact.NOT_OPENED]
    assert "key file" in told.detail


def test_a_clip_that_somebody_has_opened_is_known_again_by_its_manifest(clip: Path) -> None:
    clip.write_bytes(clear(clip))
    verdict = look(clip)
    assert verdict.grade is Grade.AUTHENTIC
    assert Fact.FILE_IS_SIGNED in facts(verdict)
