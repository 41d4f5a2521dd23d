"""A private key with its certificates, in one file that is replaced in one step.

Who uses it: a device for each of its purposes, the destination for its authority, its server and
its receipts. Key and certificates in one file can't disagree after a power cut.
"""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from bwv_device.evidence import durable
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.profile import PrivateKey
from bwv_device.evidence.read_certificates import load_pem

FILE_MAX_BYTES = 64_000


@dataclass(frozen=True, slots=True)
class Credential:
    """A key on P-256 and certificates, the key's own (the leaf) first."""

    key: PrivateKey = field(repr=False)
    certificates: tuple[x509.Certificate, ...]

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate of the key itself."""
        return self.certificates[0]

    def to_pem(self) -> bytes:
        """The file's content: key first, as TLS libraries take it."""
        return key_pem(self.key) + pem(*self.certificates).encode()


def pem(*certificates: x509.Certificate) -> str:
    """Certificates as text, in the order given."""
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)


def key_pem(key: PrivateKey) -> bytes:
    """A private key as text, without a passphrase: the file's rights guard it."""
    return key.private_bytes(
        Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def parse_key(text: bytes) -> PrivateKey:
    """The private key in a PEM text; raises `IdentityError` without naming any of it."""
    try:
        key = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError) as error:
        raise IdentityError("there is no readable private key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise IdentityError("the private key is not one on P-256")
    return key


def parse_certificates(text: str | bytes) -> tuple[x509.Certificate, ...]:
    """All certificates in a PEM text, one at least; raises `IdentityError`."""
    raw = text.encode() if isinstance(text, str) else text
    try:
        return tuple(load_pem(raw))
    except ValueError as error:
        raise IdentityError("there is no readable certificate") from error


def parse_credential(text: bytes) -> Credential:
    """What `to_pem` wrote; raises `IdentityError` also when the leaf is another key's."""
    found = Credential(parse_key(text), parse_certificates(text))
    if found.leaf.public_key() != found.key.public_key():
        raise IdentityError("the first certificate belongs to another key")
    return found


def read_credential(path: Path) -> Credential:
    """Read a file; raises `IdentityError` that names it, `OSError` for what the disk does."""
    try:
        return parse_credential(read_file(path))
    except IdentityError as error:
        raise IdentityError(f"{path}: {error}") from error


def read_file(path: Path) -> bytes:
    """The start of a file, as much as one of ours may have. Raises `OSError`."""
    with path.open("rb") as file:
        return file.read(FILE_MAX_BYTES)


def write_file(path: Path, data: bytes) -> None:
    """Replace `path` in one step, durably, with mode 0600. Raises `OSError`."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = durable.create_new(temporary)
    try:
        durable.write_all(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)
    os.replace(temporary, path)
    durable.sync_folder(path.parent)
