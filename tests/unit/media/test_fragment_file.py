"""The file of a clip ends with a whole part at every instant, whatever the disk does."""

import errno
import hashlib
import os
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bwv_device.evidence.errors import StoreError, StoreFullError
from bwv_device.media.fragment_file import FragmentFile
from tests.unit.media.media_live import Disk


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


HEAD = box(b"ftyp", b"iso6") + box(b"moov", b"\0" * 40)


def fragment(size: int) -> bytes:
    return box(b"moof", b"\1" * 20) + box(b"mdat", b"\2" * size)


def ends_whole(data: bytes, parts: list[bytes]) -> bool:
    """Whether `data` is the first so many of the parts, whole."""
    return any(data == b"".join(parts[:count]) for count in range(len(parts) + 1))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(
    sizes=st.lists(st.integers(0, 3_000), max_size=6),
    cuts=st.lists(st.integers(1, 5_000), min_size=1, max_size=20),
    torn=st.integers(0, 30),
)
def test_only_whole_parts_reach_the_disk_at_every_instant(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], cuts: list[int], torn: int
) -> None:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    parts = [HEAD, *map(fragment, sizes)]
    stream = b"".join(parts) + fragment(100)[:torn]
    file, offset, turn = FragmentFile(path), 0, 0
    while offset < len(stream):
        chunk = stream[offset : offset + cuts[turn % len(cuts)]]
        assert file.write(memoryview(chunk)) == len(chunk)
        offset, turn = offset + len(chunk), turn + 1
        file.commit()
        on_disk = path.read_bytes()
        assert ends_whole(on_disk, parts)
        whole = sum(len(part) for part in _whole(parts, offset))
        assert len(on_disk) == file.committed_bytes == whole, "and nothing whole waits"
    digests = file.close()
    assert (digests.bytes, digests.sha256) == _digest(path.read_bytes())
    assert digests.md5 == hashlib.md5(path.read_bytes()).hexdigest()


def _whole(parts: list[bytes], up_to: int) -> list[bytes]:
    found, end = [], 0
    for part in parts:
        end += len(part)
        if end <= up_to:
            found.append(part)
    return found


def _digest(data: bytes) -> tuple[int, str]:
    return len(data), hashlib.sha256(data).hexdigest()


def test_nothing_touches_the_disk_before_the_commit(tmp_path: Path) -> None:
    file = FragmentFile(tmp_path / "clip.mp4")
    file.write(HEAD)
    assert (tmp_path / "clip.mp4").read_bytes() == b""
    assert file.commit() == len(HEAD)
    file.close()


def test_each_commit_is_synced_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fdatasync

    def fdatasync(handle: int) -> None:
        real(handle)
        synced.append(os.fstat(handle).st_size)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    file = FragmentFile(tmp_path / "clip.mp4")
    sizes = []
    for part in (HEAD, fragment(10), fragment(20)):
        file.write(part)
        file.commit()
        sizes.append((tmp_path / "clip.mp4").stat().st_size)
        assert synced == sizes
    file.close()


@pytest.mark.parametrize(
    ("refusal", "error"), [(errno.ENOSPC, StoreFullError), (errno.EIO, StoreError)]
)
@pytest.mark.parametrize("room", [0, 1, 27, 200])
def test_a_write_that_fails_leaves_no_torn_tail(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    refusal: int,
    error: type[StoreError],
    room: int,
) -> None:
    path = tmp_path / "clip.mp4"
    file = FragmentFile(path)
    file.write(HEAD + fragment(10))
    file.commit()
    before = path.read_bytes()
    file.write(fragment(300))
    with monkeypatch.context() as patched:
        Disk(room, refusal).install(patched)
        with pytest.raises(error, match=r"clip\.mp4"):
            file.commit()
    assert path.read_bytes() == before
    digests = file.close()
    assert (digests.bytes, digests.sha256) == _digest(before)


def test_a_sync_that_fails_takes_the_bytes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "clip.mp4"
    file = FragmentFile(path)
    file.write(HEAD)
    file.commit()

    def refuse(_handle: int) -> None:
        raise OSError(errno.EIO, "input/output error")

    file.write(fragment(10))
    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", refuse)
        with pytest.raises(StoreError):
            file.commit()
    assert path.read_bytes() == HEAD and file.committed_bytes == len(HEAD)
    file.close()


def test_a_sync_on_a_file_system_that_turned_read_only_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the kernel keeps the bytes in memory, and the sync says yes."""
    file = FragmentFile(tmp_path / "clip.mp4")
    file.write(HEAD)
    assert file.commit() == len(HEAD)
    real = os.fstatvfs

    def read_only(handle: int) -> os.statvfs_result:
        told = list(real(handle))
        told[8] |= os.ST_RDONLY
        return os.statvfs_result(told)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fstatvfs", read_only)
        file.write(fragment(10))
        with pytest.raises(StoreError, match="Read-only file system"):
            file.commit()
    assert file.committed_bytes == len(HEAD)
    assert (tmp_path / "clip.mp4").read_bytes() == HEAD
    file.close()


def test_an_existing_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"evidence")
    with pytest.raises(StoreError):
        FragmentFile(tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == b"evidence"


def test_closing_twice_is_allowed(tmp_path: Path) -> None:
    file = FragmentFile(tmp_path / "clip.mp4")
    assert file.close() == file.close()


def test_the_name_is_durable_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    real_sync, real_write = os.fsync, os.pwrite
    path = tmp_path / "clip.mp4"

    def fsync(handle: int) -> None:
        order.append("folder")
        real_sync(handle)

    def write(handle: int, data: bytes, offset: int) -> int:
        if path.exists() and os.path.samestat(os.fstat(handle), path.stat()):
            order.append("bytes")
        return real_write(handle, data, offset)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "pwrite", write)
    file = FragmentFile(path)
    file.write(HEAD)
    file.commit()
    file.close()
    assert order == ["folder", "bytes"]
