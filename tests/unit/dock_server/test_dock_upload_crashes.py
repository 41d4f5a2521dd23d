"""Uploads and power cuts: a promised offset stands, and what can't be kept is said to be gone."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dock_server.intake import Step
from dock_server.settings import Limits
from tests.destination.crash import BODY
from tests.destination.in_process import InProcess
from tests.destination.process import ServerProcess
from tests.destination.uploads import Uploading, begin
from tests.destination.wire import CLIP, CONTAINER

HALF = len(BODY) // 2


@contextmanager
def running(directory: Path, limits: Limits | None = None) -> Iterator[InProcess]:
    dock = InProcess(directory, limits)
    try:
        yield dock
    finally:
        dock.close()


def half_sent(directory: Path) -> tuple[str, Path]:
    """An upload of which half was promised; its address, and its file on the stopped server."""
    with running(directory) as dock:
        dock.wire.open_recording()
        upload = begin(dock.wire, len(BODY))
        assert upload.append(0, BODY[:HALF]).headers["upload-offset"] == str(HALF)
        (file,) = dock.services.folders.uploads.iterdir()
    return upload.path, file


def test_an_upload_goes_on_after_a_restart(tmp_path: Path) -> None:
    path, _ = half_sent(tmp_path)
    with running(tmp_path) as dock:
        upload = Uploading(dock.wire, path)
        assert upload.offset == HALF
        assert upload.append(HALF, BODY[HALF:], complete=True).status == 201
        assert dock.wire.get(CONTAINER, CLIP).body == BODY


def test_bytes_that_were_never_promised_are_cut_off(tmp_path: Path) -> None:
    path, file = half_sent(tmp_path)
    with file.open("ab") as handle:
        handle.write(b"whatever a power cut left behind")
    with running(tmp_path) as dock:
        upload = Uploading(dock.wire, path)
        assert upload.offset == HALF
        assert upload.append(HALF, BODY[HALF:], complete=True).status == 201
        assert dock.wire.get(CONTAINER, CLIP).body == BODY


@pytest.mark.parametrize("damage", ["gone", "short", "changed"])
def test_promised_bytes_that_are_not_there_end_the_upload(tmp_path: Path, damage: str) -> None:
    path, file = half_sent(tmp_path)
    if damage == "gone":
        file.unlink()
    else:
        kept = BODY[: HALF - 1] + (b"" if damage == "short" else b"\xff")
        file.write_bytes(kept)
    with running(tmp_path) as dock:
        upload = Uploading(dock.wire, path)
        assert upload.look().status == (410 if damage == "changed" else 404)
        assert upload.append(HALF, BODY[HALF:], complete=True).status == 404
        assert list(dock.services.folders.uploads.iterdir()) == []
        assert dock.wire.head(CONTAINER, CLIP).status == 404


def test_a_file_that_no_upload_has_is_removed_at_the_start(tmp_path: Path) -> None:
    path, file = half_sent(tmp_path)
    file.with_name("0123456789abcdef.part").write_bytes(b"left by a cut before its row")
    with running(tmp_path) as dock:
        assert list(dock.services.folders.uploads.iterdir()) == [file]
        assert Uploading(dock.wire, path).offset == HALF


def test_a_long_body_is_counted_while_it_comes(tmp_path: Path) -> None:
    told: list[int] = []
    body = BODY * 10
    limits = Limits(checkpoint_bytes=100_000, batch_bytes=50_000)
    with running(tmp_path, limits) as dock:
        dock.wire.open_recording()
        upload = begin(dock.wire, len(body))
        uploads = dock.services.uploads
        write = dock.hands.write

        def look(handle: int, data: bytes) -> None:
            row = uploads.find(upload.path.rpartition("/")[2])
            assert row is not None
            told.append(row.offset_bytes)
            write(handle, data)

        dock.hands.write = look
        assert upload.append(0, body, complete=True).status == 201
    assert told == sorted(told)
    assert len(set(told)) >= 3, "the offset was written down at the end only"


@pytest.mark.parametrize("step", list(Step))
def test_a_crash_in_the_completion_leaves_the_upload_the_object_or_neither(
    tmp_path: Path, step: Step
) -> None:
    command = [sys.executable, "-m", "tests.destination.crash_upload", str(tmp_path), step.value]
    died = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    assert died.returncode == -9
    path = f"/v1/bwv/.uploads/{died.stdout.strip()}"
    with running(tmp_path) as dock:
        looked = Uploading(dock.wire, path).look()
        stored = dock.wire.get(CONTAINER, CLIP)
        if step is Step.REGISTERED:
            assert looked.headers["upload-complete"] == "?1" and stored.body == BODY
            return
        assert stored.status == 404
        if step is Step.PLACED:
            # The rename came first: set aside, and sent anew.
            assert looked.status == 404
            assert len(list(dock.services.folders.set_aside.rglob("*.mp4.*"))) == 1
            upload, offset = begin(dock.wire, len(BODY)), 0
        else:
            upload = Uploading(dock.wire, path)
            offset = upload.offset
            assert offset == (0 if step is Step.OPENED else len(BODY))
        assert upload.append(offset, BODY[offset:], complete=True).status == 201
        assert dock.wire.get(CONTAINER, CLIP).body == BODY


def test_a_killed_server_keeps_what_it_promised(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    wire = server.wire()
    wire.open_recording()
    upload = begin(wire, len(BODY))
    assert upload.append(0, BODY[:HALF]).status == 204
    with upload.hanging(HALF, BODY[HALF : HALF + 1000], len(BODY) - HALF):
        server.kill()
    server = ServerProcess(tmp_path)
    upload.wire = server.wire()
    assert upload.offset == HALF
    assert upload.append(HALF, BODY[HALF:], complete=True).status == 201
    assert upload.wire.get(CONTAINER, CLIP).body == BODY
    assert server.stop() == 0
