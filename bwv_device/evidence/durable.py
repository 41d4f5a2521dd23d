"""Files and folders that are on the disk when a call returns, and the errors of a disk.

Who uses it: the store, the clip writer and the server's intake.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bwv_device.evidence.errors import StoreError, StoreFullError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_CURES = {
    errno.EFBIG: "its file system takes no larger file, set recording.split_bytes lower",
    errno.EROFS: "the card has turned read-only, which a failing one does: check the card",
}


@contextmanager
def disk_errors(doing: str, path: Path) -> Iterator[None]:
    """Turn an `OSError` into a `StoreError`, or a `StoreFullError` when there is no room."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFullError(
                f"no room left while {doing} {path}: dock the camera so that its clips are "
                "taken over; nothing was deleted"
            ) from error
        cure = _CURES.get(error.errno or 0, "check the card and its rights")
        raise StoreError(f"{error.strerror or error} while {doing} {path}: {cure}") from error


def sync_data(handle: int) -> None:
    """Make what was written to a file durable. Raises `OSError`, also on a file system that was
    turned read-only: ext4 then says yes to a sync, and writes nothing."""
    os.fdatasync(handle)
    if os.fstatvfs(handle).f_flag & os.ST_RDONLY:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Create `folder` and what is missing above it, durably; fine when it is there."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def create_new(path: Path) -> int:
    """Create `path`, which must not exist, and return a handle for writing.

    Never an existing file: truncating a large one took up to 220 ms in our measurements.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)


def write_all(handle: int, data: bytes | bytearray | memoryview) -> None:
    """Write every byte, however many calls it takes."""
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]


def write_all_at(handle: int, data: bytes | bytearray | memoryview, offset: int) -> None:
    """As `write_all`, from `offset` on, whatever stands there."""
    left = memoryview(data)
    while left:
        written = os.pwrite(handle, left, offset)
        left, offset = left[written:], offset + written


def remove(path: Path, *beside: Path) -> None:
    """Remove `path`, and others of its folder after it, durably; fine when they are gone."""
    for each in (path, *beside):
        each.unlink(missing_ok=True)
    if path.parent.is_dir():
        sync_folder(path.parent)


def replace_file(new: Path, path: Path, data: bytes) -> None:
    """Put `data` in the place of what `path` holds, by way of `new` beside it: after a cut there is
    the former content or this one. Raises `OSError`."""
    remove(new)
    handle = create_new(new)
    try:
        write_all(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)
    new.replace(path)
    sync_folder(path.parent)
