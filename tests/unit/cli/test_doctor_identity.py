"""What `bwv doctor` says of the camera's certificates, and that it makes none."""

from pathlib import Path

import pytest

from bwv_device.cli.diagnosis.finding import Finding, Health
from bwv_device.cli.diagnosis.identity import identity
from bwv_device.configuration import load_configuration
from bwv_device.evidence.identity import load_or_create
from bwv_device.evidence.identity.files import IdentityFiles
from bwv_device.evidence.identity.own_root import make_own

SERIAL, MODEL = "BWV-0001", "Open BWV"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def findings(store: Path) -> list[Finding]:
    return list(identity(load_configuration(None, {"storage.folder": str(store)})))


def test_a_camera_without_certificates_is_said_to_be_not_enrolled(store: Path) -> None:
    (found,) = findings(store)
    assert (found.health, "not enrolled" in found.seen) == (Health.OK, True)
    assert not store.exists()
    load_or_create(store, SERIAL, MODEL)
    assert findings(store) == [found]


def test_an_enrolled_camera_shows_both_certificates(store: Path) -> None:
    load_or_create(store, SERIAL, MODEL)
    files = IdentityFiles(store, SERIAL)
    for path in (files.signing, files.transport):
        path.write_bytes(make_own(SERIAL, MODEL).to_pem())
    signing, transport = findings(store)
    assert [one.health for one in (signing, transport)] == [Health.OK] * 2
    assert f"CN={SERIAL}" in signing.seen and "until 31 December 9999" in transport.seen


def test_one_that_is_missing_or_damaged_names_the_cure(store: Path) -> None:
    load_or_create(store, SERIAL, MODEL)
    IdentityFiles(store, SERIAL).transport.write_bytes(b"torn")
    for found in findings(store):
        assert (found.health, "bwv dock enrol" in found.cure) == (Health.WARN, True)
