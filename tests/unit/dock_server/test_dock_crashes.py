"""What a restart finds after the server died, at any step, or after hands in its directory."""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bwv_device.evidence.lock import StoreLock
from dock_server.clock import SYSTEM_CLOCK
from dock_server.errors import StartError
from dock_server.intake import Step
from dock_server.reconcile import make_folders, reconcile
from dock_server.serve import Place, run_server
from dock_server.services import Services, open_services
from dock_server.settings import Folders, ServerSettings
from tests.destination.crash import BODY
from tests.destination.in_process import CREDENTIALS, InProcess
from tests.destination.wire import CLIP, CONTAINER


def opened(directory: Path) -> Services:
    return open_services(ServerSettings(directory, CREDENTIALS), SYSTEM_CLOCK)


@pytest.mark.parametrize("step", list(Step))
def test_a_kill_at_any_step_leaves_the_clip_whole_or_not_at_all(tmp_path: Path, step: Step) -> None:
    command = [sys.executable, "-m", "tests.destination.crash", str(tmp_path), step.value]
    died = subprocess.run(command, check=False, timeout=60, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    dock = InProcess(tmp_path)
    try:
        assert not dock.incoming()
        found = dock.wire.get(CONTAINER, CLIP)
        assert (found.status == 200) == (step is Step.REGISTERED)
        assert found.status == 404 or found.body == BODY
        aside = [path for path in (tmp_path / "set-aside").rglob("*") if path.is_file()]
        assert bool(aside) == (step is Step.PLACED)
        assert all(path.read_bytes() == BODY for path in aside)
        assert dock.wire.put(CONTAINER, CLIP, BODY).status == 201
        assert dock.wire.get(CONTAINER, CLIP).body == BODY
        assert dock.wire.post(CONTAINER, Status="Complete", ClipCount="1").status == 204
    finally:
        dock.close()


def test_an_unregistered_file_is_set_aside_and_never_deleted(tmp_path: Path) -> None:
    services = opened(tmp_path)
    content = services.folders.content
    (content / "Users" / "stranger").write_bytes(b"one")
    (content / "unknown").mkdir()
    (content / "unknown" / "clip.mp4").write_bytes(b"two")
    (content / "stray").write_bytes(b"three")
    (content / "Devices" / "link").symlink_to("/etc/passwd")
    for round_ in (1, 2):
        findings = reconcile(services.catalogue, services.folders)
        if round_ == 1:
            assert set(findings.set_aside) == {"Users/stranger", "unknown", "stray", "Devices/link"}
            (content / "Users" / "stranger").write_bytes(b"one more")
    aside = services.folders.set_aside
    assert (aside / "Users" / "stranger.1").read_bytes() == b"one"
    assert (aside / "Users" / "stranger.2").read_bytes() == b"one more"
    assert (aside / "unknown.1" / "clip.mp4").read_bytes() == b"two"
    assert (aside / "stray.1").read_bytes() == b"three"
    assert (aside / "Devices" / "link.1").is_symlink()
    services.catalogue.close()


def test_a_registered_file_that_is_gone_or_short_is_reported_and_counts_as_absent(
    tmp_path: Path,
) -> None:
    first = InProcess(tmp_path)
    first.wire.open_recording()
    first.wire.put(CONTAINER, CLIP, BODY)
    first.wire.put(CONTAINER, "20231114_221330_7CF7.mp4", BODY)
    first.close()
    (tmp_path / "content" / CONTAINER / CLIP).unlink()
    short = tmp_path / "content" / CONTAINER / "20231114_221330_7CF7.mp4"
    short.chmod(0o600)
    short.write_bytes(BODY[:-1])
    second = InProcess(tmp_path)
    try:
        findings = reconcile(second.services.catalogue, second.services.folders)
        assert len(findings.missing) == 2
        assert second.wire.head(CONTAINER, CLIP).status == 404
        page = second.wire.ask("GET", f"/recordings/{CONTAINER}").text
        assert "Damaged here" in page and "the file is gone" in page
        assert second.wire.post(CONTAINER, Status="Complete", ClipCount="2").status == 409
        for name in (CLIP, short.name):
            assert second.wire.put(CONTAINER, name, BODY).status == 201
        assert second.wire.post(CONTAINER, Status="Complete", ClipCount="2").status == 204
    finally:
        second.close()
    third = opened(tmp_path)
    assert reconcile(third.catalogue, third.folders).missing == ()
    third.catalogue.close()


def test_what_a_finished_server_stored_is_there_for_the_next(tmp_path: Path) -> None:
    for _ in range(2):
        dock = InProcess(tmp_path)
        dock.wire.register()
        assert dock.wire.put(CONTAINER, TriggerOn="Button").status in (201, 202)
        assert dock.wire.put(CONTAINER, CLIP, BODY, Frames="30").status == 201
        dock.close()


def test_a_directory_of_a_newer_version_is_refused_and_not_touched(tmp_path: Path) -> None:
    opened(tmp_path).catalogue.close()
    with sqlite3.connect(tmp_path / "catalogue.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StartError, match="newer version"):
        opened(tmp_path)
    with sqlite3.connect(tmp_path / "catalogue.sqlite") as database:
        assert database.execute("PRAGMA user_version").fetchone() == (99,)


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    make_folders(Folders(tmp_path))
    with sqlite3.connect(tmp_path / "catalogue.sqlite") as database:
        database.execute("CREATE TABLE container (name TEXT)")
    with pytest.raises(StartError, match="another program"):
        opened(tmp_path)


def test_two_servers_on_one_directory_are_refused(tmp_path: Path) -> None:
    make_folders(Folders(tmp_path))
    lock = StoreLock(tmp_path)
    place = Place(tmp_path, "127.0.0.1", 0, "127.0.0.1", None, "Dock")
    with pytest.raises(StartError, match="another server has"):
        run_server(place, lambda _running: None)
    lock.close()


def test_a_commit_that_fails_leaves_no_body_behind(tmp_path: Path) -> None:
    dock = InProcess(tmp_path)
    try:
        dock.wire.open_recording()
        with sqlite3.connect(tmp_path / "catalogue.sqlite") as database:
            database.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON object "
                "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
            )
        assert dock.wire.put(CONTAINER, CLIP, BODY).status == 507
        assert f"{CONTAINER}/{CLIP}" not in dock.content() and not dock.incoming()
        with sqlite3.connect(tmp_path / "catalogue.sqlite") as database:
            database.execute("DROP TRIGGER refuse")
        assert dock.wire.put(CONTAINER, CLIP, BODY).status == 201
    finally:
        dock.close()
