"""`bwv verify`: exit codes, words and JSON, for one clip and for folders."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from bwv_device.cli.main import main
from bwv_device.cli.table import find, load
from bwv_device.cli.verify import COMMAND
from bwv_device.evidence.identity.credential import pem
from bwv_device.evidence.verification.verdict import EXIT_CODES, Grade
from tests.support import signed_clips as clips

Output = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recording's folder with one clip and its manifest, as store, server and pack have it."""
    made = tmp_path / "content" / clips.CONTAINER
    made.mkdir(parents=True)
    data = clips.put_together(clips.signed())
    (made / clips.CLIP).write_bytes(data)
    (made / clips.CLIP.replace(".mp4", ".manifest.json")).write_bytes(clips.manifest(data))
    return made


@pytest.fixture
def anchor(tmp_path: Path) -> str:
    """The home force's certificate, as a verifier has it."""
    path = tmp_path / "home.pem"
    path.write_text(pem(clips.home().anchor))
    return str(path)


def alter(folder: Path, name: str = clips.CLIP) -> None:
    """A byte near the end; under another name it is a second clip."""
    changed = bytearray((folder / clips.CLIP).read_bytes())
    changed[-1000] ^= 1
    (folder / name).write_bytes(changed)
    papers = (folder / clips.CLIP).with_suffix(".manifest.json").read_bytes()
    (folder / name).with_suffix(".manifest.json").write_bytes(papers)


def test_the_command_is_the_one_of_the_table() -> None:
    assert load(find("verify")) is COMMAND


def test_an_authentic_clip_passes_and_says_who_signed(
    folder: Path, anchor: str, capsys: Output
) -> None:
    assert main(["verify", str(folder / clips.CLIP), "--anchor", anchor]) == 0
    out = capsys.readouterr().out
    assert f"authentic  {clips.CLIP}" in out
    assert f"device {clips.SERIAL}" in out and "Home force" in out


def test_one_clip_fits_on_one_screen(folder: Path, anchor: str, capsys: Output) -> None:
    alter(folder)
    main(["verify", str(folder / clips.CLIP), "--anchor", anchor])
    assert len(capsys.readouterr().out.splitlines()) <= 24


def test_an_altered_clip_fails_with_the_code_of_its_grade(
    folder: Path, anchor: str, capsys: Output
) -> None:
    alter(folder)
    code = main(["verify", str(folder), "--anchor", anchor])
    assert code == EXIT_CODES[Grade.ALTERED]
    assert "altered at 7." in capsys.readouterr().out


def test_machines_get_every_finding(folder: Path, anchor: str, capsys: Output) -> None:
    assert main(["verify", str(folder), "--anchor", anchor, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    (clip,) = said["clips"]
    assert said["ok"] is True
    assert (clip["verdict"], clip["at_s"]) == ("authentic", None)
    assert clip["container"] == clips.CONTAINER
    facts = {finding["fact"]: finding for finding in clip["findings"]}
    assert facts["stream-tail"]["settled"] is True
    assert facts["stream-covered"]["end_s"] == pytest.approx(8 - 1 / clips.RATE_HZ)


def test_of_a_folder_the_worst_clip_decides(folder: Path, anchor: str, capsys: Output) -> None:
    alter(folder, "20261123_202200_7CF8.mp4")
    root = folder.parents[1]
    code = main(["verify", str(root), "--anchor", anchor, "--json"])
    said = json.loads(capsys.readouterr().out)
    assert code == EXIT_CODES[Grade.ALTERED]
    assert [clip["verdict"] for clip in said["clips"]] == ["authentic", "altered"]
    main(["verify", str(root), "--anchor", anchor])
    assert "1 of 2 clips authentic" in capsys.readouterr().out


def test_without_an_anchor_nobody_vouches(folder: Path, capsys: Output) -> None:
    assert main(["verify", str(folder)]) == EXIT_CODES[Grade.UNKNOWN_SIGNER]
    assert "--anchor FILE" in capsys.readouterr().out


def test_a_clip_without_its_manifest_is_authentic_up_to_its_last_picture(
    folder: Path, anchor: str, capsys: Output
) -> None:
    os.remove(folder / clips.CLIP.replace(".mp4", ".manifest.json"))
    code = main(["verify", str(folder), "--anchor", anchor])
    assert code == EXIT_CODES[Grade.AUTHENTIC_UP_TO]
    assert "authentic up to 7.933 s" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"no clip at all", bytes(100_000)])
def test_what_is_no_clip_is_named(
    folder: Path, anchor: str, capsys: Output, content: bytes
) -> None:
    (folder / clips.CLIP).write_bytes(content)
    code = main(["verify", str(folder), "--anchor", anchor])
    assert code == EXIT_CODES[Grade.UNREADABLE]
    assert "unreadable" in capsys.readouterr().out


def test_where_there_is_no_clip_the_command_fails(tmp_path: Path, capsys: Output) -> None:
    assert main(["verify", str(tmp_path)]) == 1
    assert "there is no clip below" in capsys.readouterr().err
    assert main(["verify", str(tmp_path / "nowhere")]) == 1


def test_an_anchor_that_is_none_is_refused(folder: Path, tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "bad.pem").write_text("no certificate")
    assert main(["verify", str(folder), "--anchor", str(tmp_path / "bad.pem")]) == 1
    assert "holds no certificate" in capsys.readouterr().err


def test_a_name_can_t_steer_the_terminal(folder: Path, anchor: str, capsys: Output) -> None:
    name = "20261123_202100_\x1b[31m.mp4"
    os.rename(folder / clips.CLIP, folder / name)
    main(["verify", str(folder / name), "--anchor", anchor])
    assert "\x1b" not in capsys.readouterr().out


def _revoked(since: datetime, by: clips.Force) -> bytes:
    leaf = x509.load_pem_x509_certificate(clips.camera().certificate_chain_pem.encode())
    entry = x509.RevokedCertificateBuilder(leaf.serial_number, since).build()
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.anchor.subject)
        .last_update(since)
        .next_update(since + timedelta(days=3650))
        .add_revoked_certificate(entry)
        .sign(by.key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    ("since", "grade"),
    [
        (datetime(2026, 2, 1, tzinfo=UTC), Grade.WRONG_SIGNER),
        (datetime(2028, 2, 1, tzinfo=UTC), Grade.AUTHENTIC),
    ],
)
def test_a_certificate_counts_until_it_was_revoked(
    folder: Path, anchor: str, tmp_path: Path, since: datetime, grade: Grade
) -> None:
    (tmp_path / "revoked.crl").write_bytes(_revoked(since, clips.home()))
    options = ["--anchor", anchor, "--revoked", str(tmp_path / "revoked.crl")]
    assert main(["verify", str(folder), *options]) == EXIT_CODES[grade]


def test_a_list_of_revoked_certificates_by_somebody_else_is_refused(
    folder: Path, anchor: str, tmp_path: Path, capsys: Output
) -> None:
    since = datetime(2026, 2, 1, tzinfo=UTC)
    (tmp_path / "revoked.crl").write_bytes(_revoked(since, clips.foreign()))
    options = ["--anchor", anchor, "--revoked", str(tmp_path / "revoked.crl")]
    assert main(["verify", str(folder), *options]) == 1
    assert "signed by none of the anchors" in capsys.readouterr().err
