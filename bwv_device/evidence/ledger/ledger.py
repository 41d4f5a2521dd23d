"""A ledger that is being written: entries are appended, synced, signed, and closed by segments.

Who uses it: the agent's keeper and the server. One at a time may write a folder; whoever holds the
store's lock does. Methods may be called from any thread and wait for one another and for the disk.
"""

import logging
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bwv_device.evidence import durable
from bwv_device.evidence.ledger.entry import Entry, Stamp, make_line, parse_line
from bwv_device.evidence.ledger.head import Head, sign_head
from bwv_device.evidence.ledger.kinds import SIGN_EVERY, Own
from bwv_device.evidence.ledger.opening import Found, look
from bwv_device.evidence.ledger.segment import segment_file, segment_numbers
from bwv_device.evidence.signer import Signer

log = logging.getLogger(__name__)

SEGMENT_MAX_BYTES = 1 << 20
"""A segment is closed when it has grown to this. It bounds what a start has to read."""

_ROOM_BYTES = 4096
"""Left in a segment for the entries with which it is closed."""


class Ledger:
    """Open from `open` to `close`. After any `StoreError` it has to be opened anew: what was half
    written is put right then."""

    def __init__(
        self,
        folder: Path,
        device: str,
        now: Callable[[], Stamp],
        signer: Signer | None,
        run: str,
        found: Found,
        renewed: Callable[[], Signer | None] | None,
    ) -> None:
        self.folder, self.found, self.run = folder, found, run
        self._device, self._now = device, now
        self._signer, self._renewed = signer, renewed
        self._lock = threading.RLock()
        self._id = found.ledger or secrets.token_hex(8)
        self._number, self._hash = found.number, found.hash
        self._segment, self._handle, self._bytes = found.segment, -1, 0
        self._synced = self._number
        self._unsigned = found.unsigned
        self._signer_failing = False

    @classmethod
    def open(
        cls,
        folder: Path,
        device: str,
        now: Callable[[], Stamp],
        signer: Signer | None = None,
        run: str | None = None,
        renewed: Callable[[], Signer | None] | None = None,
    ) -> "Ledger":
        """Go on with the ledger in `folder`, or begin one: procedure L1.

        `device` is its serial number or the server's name, `run` goes on under the name of a run
        that had to open the ledger anew; `renewed` gives the signer as it is now, None when
        it can't be had, and is asked for each new segment. Raises `StoreError`.
        """
        with durable.disk_errors("opening the ledger", folder):
            durable.make_folder(folder)
            found = look(folder)
        made = cls(
            *(folder, device, now, signer, run or secrets.token_hex(8), found, renewed),
        )
        try:
            made._begin()
        except BaseException:
            made.abandon()
            raise
        return made

    @property
    def id(self) -> str:
        """Random, made with the first entry, and never changed."""
        return self._id

    @property
    def head(self) -> Head:
        """Where it has come to; what is not synced yet is counted."""
        with self._lock:
            return Head(self._id, self._number, self._hash.hex())

    @property
    def is_synced(self) -> bool:
        """Whether every entry would survive a power cut."""
        with self._lock:
            return self._synced == self._number

    def append(self, kind: str, data: Mapping[str, Any], stamp: Stamp | None = None) -> Entry:
        """Enter a fact that happened at `stamp`, or now: a kill can't take it back. Raises
        `StoreError`, `ValueError` for what is not JSON."""
        with self._lock:
            if self._signer is not None and self._unsigned >= SIGN_EVERY:
                self._sign(self._signer)
            if self._bytes > SEGMENT_MAX_BYTES - _ROOM_BYTES:
                self.close_segment()
            return self._append(kind, data, stamp or self._now())

    def sync(self) -> None:
        """Let what was entered survive a power cut. Raises `StoreError`."""
        with self._lock:
            if self._synced != self._number:
                with durable.disk_errors("syncing the ledger", self._path):
                    durable.sync_data(self._handle)
                self._synced = self._number

    def sign(self) -> None:
        """Enter the signature of the head, where there is a signer and anything new; synced.
        A signer that fails is entered, and nothing raised. Raises `StoreError`."""
        with self._lock:
            if self._signer is not None and self._unsigned:
                self._sign(self._signer)
            self.sync()

    def close_segment(self) -> int:
        """Sign, and go on in a new segment; the number of the one that never changes from now on.
        Raises `StoreError`."""
        with self._lock:
            self.sign()
            closed = self._segment
            self._begin_segment()
            return closed

    def closed_segments(self) -> list[int]:
        """The segments on the card that never change any more, in order."""
        with self._lock:
            return [number for number in segment_numbers(self.folder) if number < self._segment]

    def close(self) -> None:
        """Sign, sync, and let go. Raises `StoreError`."""
        with self._lock:
            try:
                self.sign()
            finally:
                self.abandon()

    def abandon(self) -> None:
        """Let go of the file as it is."""
        with self._lock:
            if self._handle >= 0:
                os.close(self._handle)
                self._handle = -1

    @property
    def _path(self) -> Path:
        return segment_file(self.folder, self._segment)

    def _begin(self) -> None:
        """Open the segment that is there, or a new one, and enter what was found."""
        if self.found.goes_on:
            with durable.disk_errors("opening", self._path):
                self._handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
                self._bytes = os.fstat(self._handle).st_size
        else:
            self._begin_segment()
        for kind, data in self.found.entries():
            self._append(kind, data, self._now())
        if self.found.goes_on:
            self._name_signer()
        self.sync()

    def _name_signer(self) -> None:
        if self._signer is not None:
            chain = {"certificates": self._signer.certificate_chain_pem}
            self._append(Own.SIGNER, chain, self._now())
        elif self._renewed is not None:
            self._append(Own.SIGNER_FAILED, {"text": "no signer can be had"}, self._now())

    def _begin_segment(self) -> None:
        self.abandon()
        self._take_renewed_signer()
        self._segment += 1
        with durable.disk_errors("beginning", self._path):
            self._handle = durable.create_new(self._path)
            self._bytes = 0
        about = {
            "ledger": self._id,
            "device": self._device,
            "segment": self._segment,
            "before": self._hash.hex(),
        }
        self._append(Own.SEGMENT, about, self._now())
        self._name_signer()
        self.sync()
        with durable.disk_errors("beginning", self._path):
            durable.sync_folder(self.folder)

    def _take_renewed_signer(self) -> None:
        if self._renewed is not None:
            self._signer = self._renewed() or self._signer

    def _append(self, kind: str, data: Mapping[str, Any], stamp: Stamp) -> Entry:
        line, chained = make_line(self._number + 1, kind, self.run, stamp, data, self._hash)
        entry = parse_line(line)
        with durable.disk_errors("writing", self._path):
            durable.write_all(self._handle, line)
        self._number, self._hash = entry.number, chained
        self._bytes += len(line)
        self._unsigned = 0 if kind == Own.HEAD else self._unsigned + 1
        return entry

    def _sign(self, signer: Signer) -> None:
        try:
            signature = sign_head(self.head, signer)
        except Exception as error:
            # A token's library may raise anything, and the chain goes on without.
            log.exception("the head of the ledger can't be signed")
            self._note_failed_signer(error)
            return
        self._append(Own.HEAD, {"signature": signature}, self._now())
        self._signer_failing = False

    def _note_failed_signer(self, error: Exception) -> None:
        if not self._signer_failing:
            self._signer_failing = True
            self._append(Own.SIGNER_FAILED, {"text": repr(error)[:500]}, self._now())
        self._unsigned = 1
