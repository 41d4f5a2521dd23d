"""Where the authority's files lie, and how they are changed: one at a time, durably.

Who uses it: the rest of the authority; `bwv dock authority` changes them while a server runs, which
sees it at its next look.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bwv_device.evidence.durable import make_folder

FOLDER = "authority"


@dataclass(frozen=True, slots=True)
class AuthorityFiles:
    """One authority, below a server's directory."""

    directory: Path

    @property
    def folder(self) -> Path:
        return self.directory / FOLDER

    @property
    def authority(self) -> Path:
        """The authority's key and certificate."""
        return self.folder / "authority.pem"

    @property
    def certificate(self) -> Path:
        """The certificate alone, for verifiers."""
        return self.folder / "authority.crt"

    @property
    def server(self) -> Path:
        """Key and certificate that the server answers connections with."""
        return self.folder / "server.pem"

    @property
    def receipts(self) -> Path:
        """Key and certificates that the server signs receipts with, the authority's last."""
        return self.folder / "receipts.pem"

    @property
    def revocation_list(self) -> Path:
        return self.folder / "revoked.crl"

    @property
    def codes(self) -> Path:
        return self.folder / "codes"

    @property
    def issued(self) -> Path:
        return self.folder / "issued"

    @property
    def revoked(self) -> Path:
        return self.folder / "revoked"

    def issued_file(self, number: int) -> Path:
        """Where the certificate with this number lies."""
        return self.issued / f"{number:040x}.pem"

    def revoked_file(self, number: int) -> Path:
        """There once that certificate was revoked."""
        return self.revoked / f"{number:040x}"

    def make(self) -> None:
        """Make the folders, for this user only. Raises `OSError`."""
        for folder in (self.folder, self.codes, self.issued, self.revoked):
            make_folder(folder)
            folder.chmod(0o700)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else issues, revokes or makes codes while the block runs. Waits for it."""
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
