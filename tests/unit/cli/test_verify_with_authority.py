"""`bwv verify` with what a destination's own authority issues, revokes and lists."""

import json
from pathlib import Path
from typing import Any

import pytest

from bwv_device.cli.main import main
from bwv_device.evidence.identity.credential import pem
from bwv_device.evidence.identity.profile import Purpose, new_key
from bwv_device.evidence.identity.requests import Request
from bwv_device.evidence.signer import KeySigner
from dock_server.authority.authority import Authority
from dock_server.authority.revocation import revoke
from dock_server.clock import ServerClock
from tests.support import signed_clips as clips

DAY_NS = 86_400 * clips.S
Output = pytest.CaptureFixture[str]


class Site:
    """A destination with an authority, and a camera that it has enrolled a week before."""

    def __init__(self, folder: Path) -> None:
        self.utc_ns = clips.START_UTC_NS - 7 * DAY_NS
        clock = ServerClock(lambda: self.utc_ns, lambda: 0.0)
        self.authority = Authority.create(folder / "server", "Test force", clock)
        key = new_key()
        request = Request(clips.SERIAL, "BWV Prototype", key.public_key())
        leaf = self.authority.issue_device(request, Purpose.SIGNING)
        self.camera = KeySigner(key, pem(leaf))
        receipts = self.authority.make_receipts(clips.SITE)
        self.server = KeySigner(receipts.key, pem(receipts.leaf))
        self.recording = folder / "given" / clips.CONTAINER

    @property
    def anchor(self) -> str:
        return str(self.authority.files.directory / "authority" / "authority.crt")

    @property
    def revoked(self) -> str:
        return str(self.authority.files.directory / "authority" / "revoked.crl")

    def record(self) -> None:
        self.recording.mkdir(parents=True)
        data = clips.put_together(clips.sign(clips.pictures(), self.camera))
        clip = self.recording / clips.CLIP
        clip.write_bytes(data)
        clip.with_suffix(".manifest.json").write_bytes(clips.manifest(data, self.camera))
        (self.recording / "receipt.json").write_bytes(clips.receipt(data, self.server))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.record()
    return made


def look(site: Site, capsys: Output, *options: str) -> tuple[str, set[str]]:
    capsys.readouterr()
    main(["verify", str(site.recording), "--anchor", site.anchor, *options, "--json"])
    clip: dict[str, Any] = json.loads(capsys.readouterr().out)["clips"][0]
    return clip["verdict"], {finding["fact"] for finding in clip["findings"]}


def test_its_certificate_is_all_that_a_verifier_needs(site: Site, capsys: Output) -> None:
    verdict, facts = look(site, capsys)
    assert verdict == "authentic"
    assert {"signer", "stream-covered", "file-is-signed", "receipt-good"} <= facts


@pytest.mark.parametrize(("days", "verdict"), [(-1, "wrong-signer"), (1, "authentic")])
def test_its_list_says_from_when_on_a_camera_counts_no_more(
    site: Site, capsys: Output, days: int, verdict: str
) -> None:
    site.utc_ns = clips.START_UTC_NS + days * DAY_NS
    assert revoke(site.authority, clips.SERIAL, "lost") == 1
    assert look(site, capsys)[0] == "authentic"
    found, facts = look(site, capsys, "--revoked", site.revoked)
    assert found == verdict
    assert ("signer-revoked" if days < 0 else "signer-revoked-later") in facts
