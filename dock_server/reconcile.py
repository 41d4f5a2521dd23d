"""Start-up: make directory and catalogue agree after whatever ended the last run.

Who uses it: `serve`, before the first request. Nothing that could be evidence is deleted:
only bodies that were never acknowledged and never had a name go.
"""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from bwv_device.evidence.durable import make_folder, sync_folder
from dock_server.catalogue import Catalogue
from dock_server.damage import content_problem, size_problem
from dock_server.set_aside import set_aside
from dock_server.settings import Folders
from dock_server.tables import ContainerRow, ObjectRow

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Findings:
    """What start-up found, as `container/object`."""

    removed_temporary: int
    set_aside: tuple[str, ...]
    missing: tuple[str, ...]


def make_folders(folders: Folders) -> None:
    """Create the directory's folders durably, closed to other users of the machine."""
    parts = (folders.content, folders.incoming, folders.uploads, folders.set_aside)
    for folder in (folders.root, *parts):
        new = not folder.exists()
        make_folder(folder)
        if new:
            folder.chmod(0o700)


def reconcile(catalogue: Catalogue, folders: Folders) -> Findings:
    """Run all three steps and log what they found. Raises `OSError` or `CatalogueError`."""
    findings = Findings(
        _remove_temporary(folders),
        _set_unknown_aside(catalogue, folders),
        _mark_missing(catalogue, folders),
    )
    if findings.removed_temporary:
        logger.warning("removed %s bodies that never arrived whole", findings.removed_temporary)
    for name in findings.missing:
        logger.error("%s is registered and its file is gone or damaged: send it again", name)
    return findings


def _remove_temporary(folders: Folders) -> int:
    removed = 0
    for path in folders.incoming.iterdir():
        path.unlink()
        removed += 1
    sync_folder(folders.incoming)
    return removed


def _set_unknown_aside(catalogue: Catalogue, folders: Folders) -> tuple[str, ...]:
    with catalogue.changing() as session:
        containers = set(session.scalars(select(ContainerRow.name)))
        known = {
            (row[0], row[1]) for row in session.execute(select(ObjectRow.container, ObjectRow.name))
        }
    unknown: list[Path] = []
    for folder in sorted(folders.content.iterdir()):
        if folder.name not in containers or folder.is_symlink() or not folder.is_dir():
            unknown.append(folder)
            continue
        unknown += (
            path
            for path in sorted(folder.iterdir())
            if (folder.name, path.name) not in known or not _is_plain_file(path)
        )
    for path in unknown:
        set_aside(folders, path, "the catalogue does not know it")
    for name in containers:
        make_folder(folders.content / name)
    return tuple(str(path.relative_to(folders.content)) for path in unknown)


def _mark_missing(catalogue: Catalogue, folders: Folders) -> tuple[str, ...]:
    missing: list[str] = []
    with catalogue.changing() as session:
        for row in session.scalars(select(ObjectRow)):
            problem = _problem(folders, row)
            if row.problem != problem:
                row.problem = problem
            if problem:
                missing.append(f"{row.container}/{row.name}")
    return tuple(missing)


def _problem(folders: Folders, row: ObjectRow) -> str | None:
    """By length alone, or a start would take hours; what was damaged once has to prove itself."""
    path = folders.object_file(row.container, row.name)
    return size_problem(path, row) if row.problem is None else content_problem(path, row)


def _is_plain_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and os.access(path, os.R_OK)
