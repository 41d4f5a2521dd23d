"""Where a device's keys and certificates lie, and the lock around changing them.

Who uses it: `identity`, and the dock's enrolment and renewal. One folder a serial number.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bwv_device.evidence import durable
from bwv_device.protocol.names import check_serial

FOLDER = "identity"
_LOCK = "lock"


@dataclass(frozen=True, slots=True)
class IdentityFiles:
    """The files of one device in one store."""

    store_folder: Path
    serial: str

    @property
    def folder(self) -> Path:
        """Raises `ProtocolError` for a serial number that can't be part of a path."""
        return self.store_folder / FOLDER / check_serial(self.serial)

    @property
    def own(self) -> Path:
        """Signing key, leaf and own root of a device that was never enrolled."""
        return self.folder / "own.pem"

    @property
    def signing(self) -> Path:
        """Signing key and leaf, the authority's certificate last."""
        return self.folder / "signing.pem"

    @property
    def transport(self) -> Path:
        """Transport key and leaf, as TLS libraries take them."""
        return self.folder / "transport.pem"

    @property
    def authority(self) -> Path:
        """The authority's certificates."""
        return self.folder / "authority.pem"

    def pending(self, purpose: str) -> Path:
        """The key for which a certificate was asked and has not come."""
        return self.folder / f"pending-{purpose}.pem"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else changes the files while the block runs. Waits for it; raises `OSError`."""
        folder = self.store_folder / FOLDER
        durable.make_folder(self.folder)
        for one in (folder, self.folder):
            one.chmod(0o700)
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
