"""`bwv export`: the pack as whoever receives it checks it, with tools that are not ours."""

import hashlib
import json
import os
import subprocess
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import av
import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from bwv_device.cli.export import COMMAND
from bwv_device.cli.export.exporter import exporter_for_this_pack
from bwv_device.cli.export.item import make_item
from bwv_device.cli.main import main
from bwv_device.cli.table import find, load
from bwv_device.evidence.identity.credential import key_pem, pem
from bwv_device.evidence.sealing.key_file import parse_key_file
from bwv_device.evidence.sealing.opening import opened
from bwv_device.evidence.sealing.seal import begin_seal
from bwv_device.evidence.sidecars import key_file
from bwv_device.evidence.verification.evidence import Trust
from bwv_device.evidence.verification.gather import Gatherer, Place
from bwv_device.media.fragment_file import FragmentFile
from tests.support import signed_clips as clips
from tests.support.hasty import hasty_disk
from tests.support.sealing import private_key, private_pem, recipient

Output = pytest.CaptureFixture[str]
IN_PACK = f"clips/{clips.CONTAINER}/{clips.CLIP}"
MANIFEST_NAME = clips.CLIP.replace(".mp4", ".manifest.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recording's folder with one clip and its manifest."""
    made = tmp_path / "given" / clips.CONTAINER
    made.mkdir(parents=True)
    data = clips.put_together(clips.signed())
    (made / clips.CLIP).write_bytes(data)
    (made / MANIFEST_NAME).write_bytes(clips.manifest(data))
    return made


@pytest.fixture
def anchor(tmp_path: Path) -> str:
    path = tmp_path / "home.pem"
    path.write_text(pem(clips.home().anchor))
    return str(path)


@pytest.fixture
def pack(folder: Path, anchor: str, tmp_path: Path) -> Path:
    """The pack of that clip."""
    target = tmp_path / "pack"
    options = ["--anchor", anchor, "--exporter", "Sergeant A. Clarke", "--reason", "R v Example"]
    assert main(["export", str(folder), "--out", str(target), *options]) == 0
    return target


def read_credential(clip: Path, root: str, sidecar: Path | None = None) -> tuple[str, Any]:
    """(what C2PA's own reader says, the manifest) with `root` as the only anchor."""
    settings = {"trust": {"user_anchors": root}, "verify": {"remote_manifest_fetch": False}}
    context = c2pa.Context(settings=c2pa.Settings.from_json(json.dumps(settings)))
    store = sidecar.read_bytes() if sidecar is not None else None
    with clip.open("rb") as file:
        reader = c2pa.Reader("video/mp4", file, manifest_data=store, context=context)
        return str(reader.get_validation_state()), reader.get_active_manifest()


def test_the_command_is_the_one_of_the_table() -> None:
    assert load(find("export")) is COMMAND


def test_the_clip_and_its_manifest_are_in_it_byte_for_byte(pack: Path, folder: Path) -> None:
    assert (pack / IN_PACK).read_bytes() == (folder / clips.CLIP).read_bytes()
    manifest = (pack / IN_PACK).with_suffix(".manifest.json")
    assert manifest.read_bytes() == (folder / MANIFEST_NAME).read_bytes()


def test_its_sums_are_right_and_name_every_file(pack: Path) -> None:
    listed = dict(
        reversed(line.split("  ", 1)) for line in (pack / "SHA256SUMS").read_text().splitlines()
    )
    files = {str(path.relative_to(pack)) for path in pack.rglob("*") if path.is_file()}
    assert set(listed) == files - {"SHA256SUMS"}
    for name, digest in listed.items():
        assert hashlib.sha256((pack / name).read_bytes()).hexdigest() == digest
    done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=pack, check=False)
    assert done.returncode == 0


def test_it_verifies_as_the_clip_did(pack: Path, anchor: str, capsys: Output) -> None:
    capsys.readouterr()
    assert main(["verify", str(pack), "--anchor", anchor, "--json"]) == 0
    (clip,) = json.loads(capsys.readouterr().out)["clips"]
    assert clip["verdict"] == "authentic"


def test_public_tools_trust_its_credentials_once_they_trust_its_root(pack: Path) -> None:
    root = (pack / "certificates" / "exporter.pem").read_text()
    sidecar = (pack / IN_PACK).with_suffix(".c2pa")
    copy = pack / "content-credentials" / clips.CONTAINER / clips.CLIP
    assert read_credential(pack / IN_PACK, root, sidecar)[0] == "Trusted"
    assert read_credential(copy, root)[0] == "Trusted"


def test_a_credential_names_the_device_as_the_one_that_captured(pack: Path) -> None:
    root = (pack / "certificates" / "exporter.pem").read_text()
    copy = pack / "content-credentials" / clips.CONTAINER / clips.CLIP
    _, manifest = read_credential(copy, root)
    stated = {one["label"]: one["data"] for one in manifest["assertions"]}
    (created,) = stated["c2pa.actions.v2"]["actions"]
    assert created["action"] == "c2pa.created"
    assert created["digitalSourceType"].endswith("/digitalCapture")
    assert clips.SERIAL in created["softwareAgent"]["name"]
    assert created["when"] == "2026-11-23T20:21:00.000Z"
    assert stated["c2pa.metadata"]["exifEX:BodySerialNumber"] == clips.SERIAL
    verified = stated["org.bwv-device.verification"]
    assert verified["verdict"] == "authentic"
    assert verified["sha256"] == hashlib.sha256((pack / IN_PACK).read_bytes()).hexdigest()


@pytest.mark.parametrize("at", [0.3, 0.9])
def test_a_credential_belongs_to_these_bytes_and_no_others(pack: Path, at: float) -> None:
    root = (pack / "certificates" / "exporter.pem").read_text()
    sidecar = (pack / IN_PACK).with_suffix(".c2pa")
    changed = bytearray((pack / IN_PACK).read_bytes())
    changed[int(len(changed) * at)] ^= 1
    (pack / IN_PACK).write_bytes(changed)
    assert read_credential(pack / IN_PACK, root, sidecar)[0] == "Invalid"


def test_without_its_root_a_credential_is_a_stranger_s(pack: Path) -> None:
    copy = pack / "content-credentials" / clips.CONTAINER / clips.CLIP
    foreign = pem(clips.foreign().anchor)
    assert read_credential(copy, foreign)[0] != "Trusted"


@pytest.mark.needs("ffmpeg")
def test_the_copy_with_its_credential_plays_the_same_pictures_and_sound(pack: Path) -> None:
    def decoded(path: Path) -> bytes:
        command = ["ffmpeg", "-v", "error", "-xerror", "-i", str(path), "-f", "md5", "-"]
        return subprocess.run(command, check=True, capture_output=True).stdout

    copy = pack / "content-credentials" / clips.CONTAINER / clips.CLIP
    assert decoded(copy) == decoded(pack / IN_PACK)


class _Tags(HTMLParser):
    """Which elements a page has, and what they load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.loads += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_the_report_says_what_was_verified_and_loads_nothing(pack: Path) -> None:
    page = (pack / "report.html").read_text()
    tags = _Tags()
    tags.feed(page)
    assert "script" not in tags.seen and tags.loads == []
    for text in ("The clip is authentic.", clips.SERIAL, "Sergeant A. Clarke", "R v Example"):
        assert text in page
    assert "Within 0.100 s." in page and "119 of 120 pictures" in page


def test_what_people_typed_is_text_in_the_report(folder: Path, anchor: str, tmp_path: Path) -> None:
    options = ["--out", str(tmp_path / "p"), "--anchor", anchor, "--reason", "<script>x</script>"]
    assert main(["export", str(folder), *options]) == 0
    page = (tmp_path / "p" / "report.html").read_text()
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_a_clip_that_was_altered_is_exported_and_named_first(
    folder: Path, anchor: str, tmp_path: Path, capsys: Output
) -> None:
    changed = bytearray((folder / clips.CLIP).read_bytes())
    changed[-1000] ^= 1
    (folder / clips.CLIP).write_bytes(changed)
    target = tmp_path / "pack"
    assert main(["export", str(folder), "--out", str(target), "--anchor", anchor]) == 0
    page = (target / "report.html").read_text()
    assert "0 of 1 clip authentic" in page and "altered at 7." in page
    assert (target / IN_PACK).read_bytes() == bytes(changed)
    assert "altered at 7." in capsys.readouterr().out


def test_a_clip_that_no_tool_reads_is_exported_without_a_credential(
    folder: Path, tmp_path: Path
) -> None:
    (folder / clips.CLIP).write_bytes(b"no clip at all")
    assert main(["export", str(folder), "--out", str(tmp_path / "pack")]) == 0
    page = (tmp_path / "pack" / "report.html").read_text()
    assert "It has no Content Credential" in page
    assert not (tmp_path / "pack" / "content-credentials" / clips.CONTAINER / clips.CLIP).exists()


def test_an_archive_holds_the_same_as_a_folder(folder: Path, anchor: str, tmp_path: Path) -> None:
    target = tmp_path / "case 7.zip"
    assert main(["export", str(folder), "--out", str(target), "--anchor", anchor]) == 0
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        data = archive.read(f"case 7/{IN_PACK}")
    assert data == (folder / clips.CLIP).read_bytes()
    assert {"case 7/report.html", "case 7/SHA256SUMS"} <= names
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_nothing_is_written_over_and_nothing_half_is_left(
    folder: Path, pack: Path, tmp_path: Path, capsys: Output
) -> None:
    before = (pack / "report.html").read_bytes()
    assert main(["export", str(folder), "--out", str(pack)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert (pack / "report.html").read_bytes() == before
    (folder / MANIFEST_NAME).unlink()
    os.mkdir(folder / MANIFEST_NAME)
    assert main(["export", str(folder), "--out", str(tmp_path / "other")]) == 1
    assert not (tmp_path / "other").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_exporter_may_sign_with_a_key_of_his_own(
    folder: Path, anchor: str, tmp_path: Path
) -> None:
    own = exporter_for_this_pack("Forensic unit", clips.NOW_UTC_NS)
    (tmp_path / "key.pem").write_bytes(key_pem(own.credential.key))
    (tmp_path / "chain.pem").write_text(own.certificates_pem)
    keys = ["--sign-key", str(tmp_path / "key.pem")]
    chain = ["--sign-certificates", str(tmp_path / "chain.pem")]
    target = tmp_path / "pack"
    options = ["--out", str(target), "--anchor", anchor]
    assert main(["export", str(folder), *options, *keys]) == 1
    assert main(["export", str(folder), *options, *keys, *chain]) == 0
    copy = target / "content-credentials" / clips.CONTAINER / clips.CLIP
    state, manifest = read_credential(copy, own.certificates_pem)
    assert state == "Trusted"
    assert manifest["signature_info"]["common_name"] == "export by Forensic unit"
    assert "thrown away" not in (target / "report.html").read_text()


def test_a_key_made_for_a_pack_is_nowhere_in_it(pack: Path) -> None:
    for path in pack.rglob("*"):
        assert path.is_dir() or b"PRIVATE KEY" not in path.read_bytes()
    (leaf, _root) = x509.load_pem_x509_certificates(
        (pack / "certificates" / "exporter.pem").read_bytes()
    )
    assert isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)


def test_what_a_manifest_says_becomes_no_path(tmp_path: Path) -> None:
    data = clips.put_together(clips.signed())
    place = tmp_path / clips.CLIP
    place.write_bytes(data)
    text = clips.manifest(data, container="../../elsewhere")
    place.with_suffix(".manifest.json").write_bytes(text)
    item = make_item(Place(place), Gatherer(Trust(clips.NOW_UTC_NS)))
    assert item.manifest is not None and item.manifest.container == "../../elsewhere"
    assert item.folder == "recording"


def test_a_pack_that_can_t_be_written_says_so(folder: Path, tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "file").write_text("")
    args = ["export", str(folder), "--out", str(tmp_path / "file" / "pack")]
    assert main(args) == 1
    assert "can't be written" in capsys.readouterr().err


@pytest.fixture
def sealed(folder: Path) -> Path:
    """The same clip, sealed, with its key file."""
    clip = folder / clips.CLIP
    data = clip.read_bytes()
    clip.unlink()
    with hasty_disk():
        file = FragmentFile(clip, begin_seal(clip, recipient()))
        file.write(data)
        file.commit()
        file.close()
    opened_clip = b"".join(opened(clip, parse_key_file(key_file(clip).read_bytes()), private_key()))
    manifest = clips.manifest(opened_clip, stored=clip.read_bytes())
    (folder / MANIFEST_NAME).write_bytes(manifest)
    return clip


def test_a_sealed_clip_goes_into_the_pack_opened_for_who_holds_the_key(
    sealed: Path, anchor: str, tmp_path: Path, capsys: Output
) -> None:
    (tmp_path / "private.pem").write_bytes(private_pem())
    target, options = tmp_path / "pack", ["--anchor", anchor]
    assert main(["export", str(sealed), "--out", str(target), *options]) == 1
    assert "give the private key" in capsys.readouterr().err
    options += ["--key", str(tmp_path / "private.pem")]
    assert main(["export", str(sealed), "--out", str(target), *options]) == 0
    assert main(["verify", str(target), "--anchor", anchor]) == 0
    with av.open(str(target / IN_PACK)) as container:
        assert len(list(container.decode(video=0))) == clips.SECONDS * clips.RATE_HZ
    page = (target / "report.html").read_text()
    assert hashlib.sha256(sealed.read_bytes()).hexdigest() in page
    assert "was opened for this pack" in page


def test_a_receipt_goes_along(folder: Path, anchor: str, tmp_path: Path, capsys: Output) -> None:
    data = (folder / clips.CLIP).read_bytes()
    (folder / "receipt.json").write_bytes(clips.receipt(data, clips.home().destination()))
    target = tmp_path / "pack"
    assert main(["export", str(folder), "--out", str(target), "--anchor", anchor]) == 0
    capsys.readouterr()
    assert main(["verify", str(target), "--anchor", anchor, "--json"]) == 0
    assert "receipt-good" in capsys.readouterr().out
    assert clips.SITE in (target / "report.html").read_text()


def test_a_name_that_would_break_the_list_of_checksums_is_refused(
    folder: Path, tmp_path: Path, capsys: Output
) -> None:
    (folder / clips.CLIP).rename(folder / "a\nb.mp4")
    assert main(["export", str(folder), "--out", str(tmp_path / "pack")]) == 1
    assert "rename the file" in capsys.readouterr().err
    assert not (tmp_path / "pack").exists()
