"""The journal's rows about sealing: for whom clips are sealed, from when on.

Who uses it: the journal has these calls among its own. A row is only ever added: once sealing is
on, no call turns it off, and a new key of the destination is one row more.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom clips are sealed for."""

    public_key_pem: str
    """RSA SubjectPublicKeyInfo."""
    public_key_id: str
    """What the destination calls the key; empty when it has no name."""


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

    def accept_recipient(self, recipient: Recipient, at_utc_ns: int) -> None:
        """Seal for this one from now on. Raises `StoreError`."""
        self._run(
            "INSERT INTO sealing (accepted_utc_ns, public_key_pem, public_key_id) VALUES (?, ?, ?)",
            (at_utc_ns, recipient.public_key_pem, recipient.public_key_id),
        )
