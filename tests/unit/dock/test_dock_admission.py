"""Docking by certificate: footage goes in, and what keeps a camera out is said plainly."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bwv_device.dock.enrolment import enrol
from bwv_device.dock.events import NextTry
from bwv_device.errors import Kind
from bwv_device.evidence.identity import load_or_create
from bwv_device.evidence.identity.files import IdentityFiles
from bwv_device.evidence.records import ClipState
from dock_server.authority.revocation import issued, revoke
from tests.destination.secure import SecureDock
from tests.support import stores
from tests.support.docking_camera import CLIP, IDENTITY, Rig

SERIAL = IDENTITY.serial


@pytest.fixture
def dock(tmp_path: Path) -> Iterator[SecureDock]:
    server = SecureDock(tmp_path / "dock")
    yield server
    server.close()


@pytest.fixture
def rig(tmp_path: Path, dock: SecureDock) -> Iterator[Rig]:
    made = Rig(tmp_path, dock.connection())
    made.clock.step_utc_s((time.time_ns() - made.clock.utc_ns()) / 10**9)
    yield made
    made.close()


def enrolled(dock: SecureDock, rig: Rig) -> None:
    enrol(rig.folder, SERIAL, IDENTITY.model, dock.connection(), dock.code(SERIAL))


def use(rig: Rig, credential: Path) -> None:
    """Have the camera show another certificate."""
    IdentityFiles(rig.folder, SERIAL).transport.write_bytes(credential.read_bytes())


def count(dock: SecureDock) -> int:
    return len(list(issued(dock.authority)))


def test_an_enrolled_camera_brings_its_footage_and_frees_it(dock: SecureDock, rig: Rig) -> None:
    enrolled(dock, rig)
    clip = rig.record()
    assert rig.push().ok
    assert rig.clip(clip).state is ClipState.PURGED
    assert any(name.startswith(rig.container(clip)) for name in dock.content())


def test_a_connection_file_by_certificate_holds_no_key(dock: SecureDock) -> None:
    assert dock.connection().by_certificate
    text = dock.services.folders.connection_file.read_text()
    assert dock.services.settings.credentials.key not in text


def test_a_camera_that_is_not_enrolled_is_told_the_cure_and_keeps_its_footage(rig: Rig) -> None:
    clip = rig.record()
    summary = rig.push()
    (text,) = rig.problems()
    assert "bwv dock enrol" in text
    assert summary.next_try is NextTry.SLOWLY
    assert rig.clip(clip).state is ClipState.FINALISED


def test_another_authoritys_camera_shows_its_certificate_to_nobody_else(
    rig: Rig, tmp_path: Path
) -> None:
    other = SecureDock(tmp_path / "other")
    try:
        enrol(rig.folder, SERIAL, IDENTITY.model, other.connection(), other.code(SERIAL))
        rig.record()
        rig.push()
        assert "bwv dock enrol" in rig.problems()[0]
    finally:
        other.close()


def test_a_revoked_camera_keeps_its_footage_and_says_so(dock: SecureDock, rig: Rig) -> None:
    enrolled(dock, rig)
    revoke(dock.authority, SERIAL, "lost")
    clip = rig.record()
    rig.push()
    assert any("was revoked" in text for text in rig.problems())
    assert rig.clip(clip).state is ClipState.FINALISED
    assert dock.content() == set()
    rig.events.clear()
    enrolled(dock, rig)
    assert rig.push().ok
    assert rig.clip(clip).state is ClipState.PURGED


def test_a_camera_whose_certificate_has_run_out_says_what_to_do(dock: SecureDock, rig: Rig) -> None:
    enrolled(dock, rig)
    use(rig, dock.credential(SERIAL, days_ago=61))
    clip = rig.record()
    summary = rig.push()
    said = " ".join(rig.problems())
    assert "ran out on" in said and "bwv dock enrol" in said
    assert summary.next_try is NextTry.SLOWLY
    assert rig.clip(clip).state is ClipState.FINALISED


def test_an_old_certificate_is_renewed_before_footage_moves(dock: SecureDock, rig: Rig) -> None:
    enrolled(dock, rig)
    use(rig, dock.credential(SERIAL, days_ago=30))
    before = count(dock)
    rig.record()
    assert rig.push().ok
    assert count(dock) == before + 1
    transport = load_or_create(rig.folder, SERIAL, IDENTITY.model).transport
    assert transport is not None
    dock.authority.check(transport.credential.leaf)
    assert rig.push().ok
    assert count(dock) == before + 1


def test_a_damaged_certificate_is_told_as_not_enrolled(dock: SecureDock, rig: Rig) -> None:
    enrolled(dock, rig)
    IdentityFiles(rig.folder, SERIAL).transport.write_bytes(b"torn")
    rig.record()
    rig.push()
    assert "bwv dock enrol" in rig.problems()[0]


def test_footage_of_a_moved_card_stays_and_holds_nothing_back(dock: SecureDock, rig: Rig) -> None:
    enrolled(dock, rig)
    foreign = rig.store.begin_recording(replace(stores.NEW_RECORDING, serial="BWV-0042"))
    clip = rig.store.open_clip(foreign, stores.new_clip(foreign))
    stores.write_file(rig.store.path(clip), CLIP)
    clip = stores.finalise(rig.store, clip)
    rig.store.journal.end_recording(foreign.id, "LongPress", clip.start_utc_ns + stores.S)
    mine = rig.record(trigger_s=100)
    summary = rig.push()
    assert rig.clip(mine).state is ClipState.PURGED
    assert rig.clip(clip).state is ClipState.FINALISED
    (problem,) = summary.problems
    assert problem.kind is Kind.REFUSE
    assert "BWV-0042" in problem.text
