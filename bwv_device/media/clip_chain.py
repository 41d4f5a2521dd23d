"""The chain of the clip that is being written: a line for each unit, behind the unit's own sync.

Who uses it: the clip's file. What a disk refuses here is logged, and the chain ends there: the
footage goes on, and the clip's row says how far its chain reaches.
"""

import hashlib
import logging
from pathlib import Path

from bwv_device.evidence.chain import START, ChainFile, Unit, chained
from bwv_device.evidence.fragments import Mark
from bwv_device.evidence.sealing.cipher import UnitBytes
from bwv_device.evidence.sidecars import chain_file

log = logging.getLogger(__name__)


class ClipChain:
    """Told every unit in order, once it is on the disk; one thread uses it."""

    def __init__(self, clip_file: Path) -> None:
        """Make the file; its name is durable once the caller has synced the folder. Raises
        `OSError`."""
        self._path = chain_file(clip_file)
        self._file: ChainFile | None = ChainFile(self._path)
        self._head = START
        self._end = self._count = 0
        self._durable: str | None = None

    @property
    def head(self) -> str | None:
        """The hash of all units whose lines are durable; None while there is none."""
        return self._durable

    def add(self, unit: UnitBytes, mark: Mark) -> None:
        """The next unit; `mark` says what the clip holds with it."""
        if self._file is None:
            return
        sha256 = _sha256(unit)
        head, end = chained(self._head, sha256), self._end + unit.clear_bytes
        ends, closing = (end, end + unit.closing_bytes), unit.closing.hex()
        try:
            self._file.add(
                Unit(self._count, *ends, mark.frames, mark.media_end_ns, sha256, head, closing)
            )
        except OSError as error:
            self._give_up(error)
            return
        self._head, self._end, self._count = head, end, self._count + 1

    def sync(self) -> None:
        """Make the lines durable."""
        try:
            if self._file is not None and self._count:
                self._file.sync()
                self._durable = self._head
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """Sync and close; fine when that was done."""
        self.sync()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _give_up(self, error: OSError) -> None:
        log.error("%s ends with unit %s: %s", self._path.name, self._count - 1, error)
        file, self._file = self._file, None
        if file is not None:
            file.close()


def _sha256(unit: UnitBytes) -> str:
    digest = hashlib.sha256()
    for piece in unit.clear:
        digest.update(piece)
    return digest.hexdigest()
