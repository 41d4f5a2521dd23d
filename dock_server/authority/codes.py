"""Codes: each lets one device, named by its serial number, get its first certificate once.

Who uses it: `bwv dock authority code` makes them, `enrolment` redeems them. Only a code's SHA-256
is kept: it has 100 random bits, so nobody finds it from that.
"""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bwv_device.evidence.durable import remove
from bwv_device.evidence.identity.credential import read_file, write_file
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.names import check_serial
from dock_server.authority.authority import Authority
from dock_server.authority.files import AuthorityFiles
from dock_server.clock import ServerClock
from dock_server.errors import CodeError, StartError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is taken for a digit."""
LENGTH, GROUP = 20, 5
LIFE_H = 24.0
_NS_PER_H = 3600 * 1_000_000_000
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


class CodeRecord(BaseModel):
    """What is kept of a code."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    serial: str
    end_utc_ns: int
    certificate: str | None = None
    """Number of the certificate that it brought, once it was used."""
    key_sha256: str | None = None
    """Of the public key in that certificate: the same request again is a repeat."""


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of one authority; whoever calls has its lock."""

    files: AuthorityFiles
    clock: ServerClock

    def make(self, serial: str, hours: float) -> str:
        """A new code, as a person types it; raises `ProtocolError` for a bad serial number."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        end_utc_ns = self.clock.utc_ns() + round(hours * _NS_PER_H)
        self._write(
            self._path(code), CodeRecord(serial=check_serial(serial), end_utc_ns=end_utc_ns)
        )
        return "-".join(code[at : at + GROUP] for at in range(0, LENGTH, GROUP))

    def find(self, serial: str, code: str) -> CodeRecord:
        """The code's record; raises `CodeError`, which does not say whose code it was."""
        record = _read(self._path(code))
        if record is None or record.serial != serial:
            raise CodeError("wrong serial number or code: ask the destination's operator for one")
        if self.clock.utc_ns() > record.end_utc_ns:
            raise CodeError("the code has run out: ask the destination's operator for a new one")
        return record

    def spend(self, code: str, number: int, key_sha256: str) -> None:
        """Note what a code brought, so that it brings nothing else."""
        path = self._path(code)
        record = _read(path)
        assert record is not None, "found under the same lock"
        used = {"certificate": f"{number:040x}", "key_sha256": key_sha256}
        self._write(path, record.model_copy(update=used))

    def cancel(self, serial: str) -> int:
        """Remove every code of a device; returns how many there were."""
        paths = [path for path in self.files.codes.iterdir() if not path.name.startswith(".")]
        records = [(path, _read(path)) for path in paths]
        found = [path for path, record in records if record and record.serial == serial]
        for path in found:
            remove(path)
        return len(found)

    def _path(self, code: str) -> Path:
        text = code.upper().translate(_READ_AS)
        return self.files.codes / hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()

    def _write(self, path: Path, record: CodeRecord) -> None:
        write_file(path, record.model_dump_json().encode())


def new_code(authority: Authority, serial: str, hours: float = LIFE_H) -> str:
    """Procedure I3. Raises `StartError` for a serial number that is none."""
    try:
        with authority.files.locked():
            return Codes(authority.files, authority.clock).make(serial, hours)
    except ProtocolError as error:
        raise StartError(str(error)) from error


def _read(path: Path) -> CodeRecord | None:
    """None for no such code; one that is damaged can't be used and counts as none."""
    try:
        return CodeRecord.model_validate_json(read_file(path))
    except (FileNotFoundError, ValidationError):
        return None
