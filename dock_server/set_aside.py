"""Files that the catalogue does not know: moved out of the way, never deleted.

Who uses it: `intake` and `reconcile`.
"""

import logging
import os
from itertools import count
from pathlib import Path

from bwv_device.evidence.durable import make_folder, sync_folder
from dock_server.settings import Folders

logger = logging.getLogger(__name__)


def set_aside(folders: Folders, path: Path, why: str) -> Path:
    """Move `path`, something under `content/`, to `set-aside/`; returns where it is now."""
    relative = path.relative_to(folders.content)
    folder = folders.set_aside / relative.parent
    make_folder(folder)
    target = next(
        candidate
        for number in count(1)
        if not os.path.lexists(candidate := folder / f"{relative.name}.{number}")
    )
    os.rename(path, target)
    sync_folder(folder)
    sync_folder(path.parent)
    logger.warning("set aside %s as %s: %s", relative, target, why)
    return target
