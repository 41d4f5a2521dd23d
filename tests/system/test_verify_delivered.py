"""A recording of the real camera, delivered to the real server, verified and exported from there:
every kind of evidence is there and holds."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SECONDS_S = 4.0


def bwv(*arguments: str) -> tuple[int, Any]:
    """Exit code, and the one object on standard output."""
    command = [sys.executable, "-m", "bwv_device.cli.main", *arguments, "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert ran.stdout, ran.stderr
    return ran.returncode, json.loads(ran.stdout)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demonstration: device and server."""
    out = tmp_path_factory.mktemp("delivered")
    lengths = ["--pre-record", "2", "--seconds", str(SECONDS_S)]
    code, told = bwv("demo", "--camera", "scene", "--out", str(out), *lengths)
    assert code == 0 and told["ok"], told
    return out


@pytest.fixture(scope="module")
def anchors(delivered: Path) -> list[str]:
    """The roots of the camera and of the server, which are their own: nobody enrolled them."""
    (device,) = (delivered / "device" / "identity").glob("*/own.pem")
    return ["--anchor", str(device), "--anchor", str(delivered / "server" / "receipt-key.pem")]


def facts(clip: dict[str, Any]) -> set[str]:
    return {finding["fact"] for finding in clip["findings"]}


def test_at_the_server_all_evidence_holds(delivered: Path, anchors: list[str]) -> None:
    code, told = bwv("verify", str(delivered / "server"), *anchors)
    (clip,) = told["clips"]
    assert (code, clip["verdict"]) == (0, "authentic"), clip
    good = {"stream-covered", "file-is-signed", "receipt-good", "ledger-names-clip"}
    assert good <= facts(clip)


def test_all_pictures_but_the_last_are_signed_in_the_stream(
    delivered: Path, anchors: list[str]
) -> None:
    _, told = bwv("verify", str(delivered / "server"), *anchors)
    (covered,) = [
        finding for finding in told["clips"][0]["findings"] if finding["fact"] == "stream-covered"
    ]
    signed, of = covered["detail"].split()[0], covered["detail"].split()[2]
    assert int(signed) == int(of) - 1
    assert covered["start_s"] == 0


def test_a_pack_made_from_the_server_s_folder_holds_by_itself(
    delivered: Path, anchors: list[str], tmp_path: Path
) -> None:
    pack = tmp_path / "pack"
    code, told = bwv("export", str(delivered / "server"), "--out", str(pack), *anchors)
    assert (code, told["ok"]) == (0, True)
    code, told = bwv("verify", str(pack), *anchors)
    (clip,) = told["clips"]
    assert (code, clip["verdict"]) == (0, "authentic"), clip
    assert {"file-is-signed", "receipt-good"} <= facts(clip)
    assert len(list((pack / "content-credentials").rglob("*.mp4"))) == 1
    assert len(list((pack / "clips").rglob("*.c2pa"))) == 1


def test_one_bit_of_it_changed_is_named_with_its_second(
    delivered: Path, anchors: list[str], tmp_path: Path
) -> None:
    (clip,) = (delivered / "server" / "content").rglob("*.mp4")
    changed = bytearray(clip.read_bytes())
    changed[len(changed) // 2] ^= 1
    copy = tmp_path / clip.parent.name / clip.name
    copy.parent.mkdir()
    copy.write_bytes(changed)
    manifest = clip.with_suffix(".manifest.json")
    (copy.parent / manifest.name).write_bytes(manifest.read_bytes())
    code, told = bwv("verify", str(copy), *anchors)
    assert (code, told["clips"][0]["verdict"]) == (6, "altered")
    assert 0 < told["clips"][0]["at_s"] < SECONDS_S + 5
