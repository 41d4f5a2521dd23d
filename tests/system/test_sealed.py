"""A camera whose destination wants sealed footage, as real processes: cut off, mended, docked, and
opened at the other end by plain `openssl`."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bwv_device.evidence.check import check
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import Clip, ClipState, EndReason
from bwv_device.evidence.sidecars import key_file
from tests.support.camera_command import await_bytes, running_camera
from tests.support.clips import decode
from tests.support.dock_process import DockProcess
from tests.support.sealing import opened_by_openssl, public_pem

pytestmark = pytest.mark.needs("openssl")

CLEAR = (b"ftyp", b"moof", b"mdat")
"""No clip in the clear is without them."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DockProcess]:
    key = tmp_path / "evidence.pem"
    key.write_text(public_pem())
    server = DockProcess(tmp_path / "server", "--seal-for", str(key))
    server.start()
    yield server
    server.stop()


def the_clip(folder: Path) -> Clip:
    journal = Journal.open_for_reading(folder / "device")
    (clip,) = journal.clips()
    journal.close()
    return clip


def require_no_clear_byte(folder: Path) -> None:
    for path in (folder / "device" / "clips").rglob("*.*"):
        data = path.read_bytes()
        assert not [mark for mark in CLEAR if mark in data], path


def opened(clip: Path, work: Path) -> Path:
    """What `openssl` makes of it, which has to end well."""
    code, clear = opened_by_openssl(clip, key_file(clip), work)
    assert code == 0
    (work / "clear.mp4").write_bytes(clear)
    return work / "clear.mp4"


def test_a_sealed_clip_from_a_power_cut_to_the_destination(
    tmp_path: Path, server: DockProcess
) -> None:
    with running_camera(tmp_path) as camera:
        camera.await_word("PRE_RECORD")
        camera.press("  ")
        camera.await_word("clip begun")
        await_bytes(tmp_path)
        camera.cut_power()
    assert the_clip(tmp_path).sealed
    require_no_clear_byte(tmp_path)
    with running_camera(tmp_path) as camera:
        camera.await_word("PRE_RECORD")
        camera.await_word("was cut off: Recovered")
        clip = the_clip(tmp_path)
        assert clip.end_reason is EndReason.RECOVERED and clip.frames
        mended = tmp_path / "device" / clip.file
        assert decode(opened(mended, tmp_path / "mended")).frames == clip.frames
        (tmp_path / "docked").touch()
        camera.await_word("freed on the camera")
        camera.signal(signal.SIGTERM)
        assert camera.code() == 0
    journal = Journal.open_for_reading(tmp_path / "device")
    (clip,), (recording,) = journal.clips(), journal.recordings()
    assert clip.state is ClipState.PURGED and check(tmp_path / "device", journal) == []
    held = server.folder / "content" / recording.container / Path(clip.file).name
    assert decode(opened(held, tmp_path / "held")).frames == clip.frames


def test_a_sealed_clip_that_is_closed_in_order(tmp_path: Path, server: DockProcess) -> None:
    with running_camera(tmp_path) as camera:
        camera.await_word("PRE_RECORD")
        camera.press("  ")
        camera.await_word("clip begun")
        await_bytes(tmp_path)
        camera.press("s")
        camera.await_word("clip closed")
        camera.signal(signal.SIGTERM)
        assert camera.code() == 0
    require_no_clear_byte(tmp_path)
    clip = the_clip(tmp_path)
    assert clip.state is ClipState.FINALISED and clip.clear_sha256 is not None
    clear = opened(tmp_path / "device" / clip.file, tmp_path / "openssl")
    assert decode(clear).frames == clip.frames
    assert server.connection().want_encryption
