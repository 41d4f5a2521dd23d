"""Whether a stored object's file is what was registered: a cheap look, and a thorough one.

Who uses it: every reading looks, `intake` and `reconcile` hash where there is reason to.
"""

from pathlib import Path

from dock_server.deposit import sha256_of
from dock_server.settings import Folders
from dock_server.tables import ObjectRow


def is_present(folders: Folders, row: ObjectRow) -> bool:
    """Whether the object's file is there with the right length; cheap, for every reading."""
    return row.problem is None and size_problem(_file(folders, row), row) is None


def size_problem(path: Path, row: ObjectRow) -> str | None:
    """What is wrong with the file by its length alone. Raises `OSError`."""
    try:
        found = path.stat().st_size
    except FileNotFoundError:
        return "the file is gone"
    if found == row.size_bytes:
        return None
    return f"the file has {found} bytes, {row.size_bytes} were stored"


def content_problem(path: Path, row: ObjectRow) -> str | None:
    """What is wrong with the file, every byte of it hashed. Raises `OSError`."""
    problem = size_problem(path, row)
    if problem is None and sha256_of(path) != row.sha256:
        return "the content has changed on the disk"
    return problem


def _file(folders: Folders, row: ObjectRow) -> Path:
    return folders.object_file(row.container, row.name)
