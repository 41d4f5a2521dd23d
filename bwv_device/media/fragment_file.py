"""The file of a clip: takes what the muxer writes, lets only whole fragments reach the disk.

Who uses it: the clip writer. What is on the disk is whole behind each `commit`, which returns when
its bytes would survive a power cut: it ends with a whole box, and a sealed clip is a whole
ciphertext. The chain beside it follows.
"""

import hashlib
import os
from pathlib import Path
from typing import Protocol

from bwv_device.evidence import durable
from bwv_device.evidence.boxes import whole_boxes
from bwv_device.evidence.digests import Digester, Digests
from bwv_device.evidence.fragments import Mark
from bwv_device.evidence.sealing.cipher import UnitBytes, clear_unit
from bwv_device.evidence.units import UnitCounter
from bwv_device.media.clip_chain import ClipChain

_ENDS_A_PART = {b"moov", b"mdat"}
"""The head of the file ends with `moov`, a fragment with `mdat`."""


class Seal(Protocol):
    """Makes of each part what goes to the disk."""

    def seal(self, part: bytes, mark: Mark) -> UnitBytes:
        """The next unit; `mark` says what the clip holds with it."""


class FragmentFile:
    """Write-only, in the shape that PyAV wants of a Python file."""

    def __init__(self, path: Path, seal: Seal | None = None) -> None:
        """Create `path`, which must not exist, and its chain; without a `seal` the clip lies in
        the clear. Raises `StoreError`."""
        self._path, self._seal = path, seal
        self._pending = bytearray()
        self._next: tuple[UnitBytes, Mark] | None = None
        self._counter = UnitCounter()
        self._digester = Digester()
        self._clear = hashlib.sha256()
        self._end = 0
        """Where the next unit begins: behind what is on the disk, less the closing block."""
        self._closing = b""
        with durable.disk_errors("creating", path):
            self._chain = ClipChain(path)
            try:
                self._handle = durable.create_new(path)
                durable.sync_folder(path.parent)
            except OSError:
                self._chain.close()
                raise

    def write(self, data: bytes | memoryview) -> int:
        """Called by the muxer. Nothing touches the disk here."""
        self._pending += data
        return len(data)

    def commit(self) -> int:
        """Put all whole parts on the disk, synced; the bytes that were. Raises `StoreError`."""
        before = self.committed_bytes
        # The muxer gives bytes twice a second, and is asked after each packet.
        while self._pending and (end := self._part_bytes()):
            self._commit_part(end)
        return self.committed_bytes - before

    def follow(self) -> None:
        """Make the chain as durable as the clip is. Never raises: footage does not end for it."""
        self._chain.sync()

    def close(self) -> Digests:
        """Close the file; the digests of what is in it. Raises `StoreError`."""
        self._chain.close()
        with durable.disk_errors("closing", self._path):
            handle, self._handle = self._handle, -1
            if handle >= 0:
                os.close(handle)
        return self._digester.result(self._closing)

    @property
    def committed_bytes(self) -> int:
        """Bytes on the disk."""
        return self._end + len(self._closing)

    @property
    def chain(self) -> str | None:
        """The hash that stands for all units whose lines are durable; None while there is none."""
        return self._chain.head

    @property
    def clear_sha256(self) -> str | None:
        """SHA-256 of what a sealed clip holds so far; None in the clear."""
        return None if self._seal is None else self._clear.hexdigest()

    def _commit_part(self, end: int) -> None:
        """Write the part that ends there. A seal has made a unit once and for all: should the disk
        refuse it, another try writes the same bytes."""
        if self._next is None:
            self._next = self._made(bytes(memoryview(self._pending)[:end]))
        unit, mark = self._next
        with durable.disk_errors("writing", self._path):
            self._append(unit)
        self._next = None
        del self._pending[:end]
        self._end, self._closing = self._end + len(unit.stored), unit.closing
        self._hash(unit, mark)

    def _made(self, part: bytes) -> tuple[UnitBytes, Mark]:
        mark = self._counter.add(part)
        if self._seal is None:
            return clear_unit(part), mark
        return self._seal.seal(part, mark), mark

    def _hash(self, unit: UnitBytes, mark: Mark) -> None:
        """Take a unit that is on the disk into all digests."""
        self._digester.update(unit.stored)
        if self._seal is not None:
            for piece in unit.clear:
                self._clear.update(piece)
        self._chain.add(unit, mark)

    def _append(self, unit: UnitBytes) -> None:
        """All of the unit or nothing: a card that fills up in the middle leaves no torn tail."""
        try:
            durable.write_all_at(self._handle, unit.written, self._end)
            durable.sync_data(self._handle)
        except OSError:
            os.ftruncate(self._handle, self._end)
            durable.write_all_at(self._handle, self._closing, self._end)
            raise

    def _part_bytes(self) -> int:
        """How long the first whole part is; 0 when none is whole yet."""
        view = memoryview(self._pending)
        try:
            for box in whole_boxes(view):
                if box.type in _ENDS_A_PART:
                    return box.end
        finally:
            view.release()
        return 0
