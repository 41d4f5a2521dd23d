"""The journal's rows about sealing: for whom clips are sealed, from when on.

Who uses it: the journal has these calls among its own. A row is only ever added: once sealing is
on, no call turns it off, and a new key of the destination is one row more.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from bwv_device.evidence.sealing.growing_json import Piece


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom clips are sealed for."""

    public_key_pem: str
    """RSA SubjectPublicKeyInfo."""
    public_key_id: str
    """What the destination calls the key; empty when it has no name."""


@dataclass(frozen=True, slots=True)
class SealedTrack:
    """A location track, or the part of one that a single recorder wrote, as it goes up."""

    key_file: bytes
    body: bytes


class SealingRows(ABC):
    """What a journal knows of sealing."""

    @abstractmethod
    def _run(self, sql: str, values: Any) -> Any: ...

    @abstractmethod
    def _rows(self, sql: str, values: Any = ()) -> list[dict[str, Any]]: ...

    def recipient(self) -> Recipient | None:
        """Whom clips are sealed for now; None where no destination has ever asked for that.
        Raises `StoreError`."""
        rows = self._rows(
            "SELECT public_key_pem, public_key_id FROM sealing ORDER BY id DESC LIMIT 1"
        )
        return Recipient(**rows[0]) if rows else None

    def begin_sealed_track(self, recording_id: int, key_file: bytes) -> int:
        """Enter the key file of a track before its first piece; the track's id. Raises
        `StoreError`."""
        cursor = self._run(
            "INSERT INTO sealed_track (recording_id, key_file) VALUES (?, ?)",
            (recording_id, key_file.decode("ascii")),
        )
        return int(cursor.lastrowid or 0)

    def add_sealed_piece(self, track_id: int, piece: Piece) -> None:
        """Enter a piece. Raises `StoreError`."""
        self._run(
            "INSERT INTO sealed_track_piece (track_id, stored, closing) VALUES (?, ?, ?)",
            (track_id, piece.stored, piece.closing),
        )

    def sealed_tracks(self, recording_id: int) -> list[SealedTrack]:
        """The recording's tracks that have a piece, in order: more than one where a recorder
        has died in the middle. Raises `StoreError`."""
        tracks = self._rows(
            "SELECT id, key_file FROM sealed_track WHERE recording_id = ? ORDER BY id",
            (recording_id,),
        )
        found = ((row["key_file"].encode("ascii"), self._body(row["id"])) for row in tracks)
        return [SealedTrack(key, body) for key, body in found if body]

    def _body(self, track_id: int) -> bytes:
        pieces = self._rows(
            "SELECT stored, closing FROM sealed_track_piece WHERE track_id = ? ORDER BY rowid",
            (track_id,),
        )
        return b"".join(row["stored"] for row in pieces) + (
            pieces[-1]["closing"] if pieces else b""
        )

    def accept_recipient(self, recipient: Recipient, at_utc_ns: int) -> None:
        """Seal for this one from now on. Raises `StoreError`."""
        self._run(
            "INSERT INTO sealing (accepted_utc_ns, public_key_pem, public_key_id) VALUES (?, ?, ?)",
            (at_utc_ns, recipient.public_key_pem, recipient.public_key_id),
        )
