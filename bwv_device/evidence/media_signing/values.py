"""The values that a signing SEI carries, and their bytes.

Who uses it: `sei` puts them in and takes them out. Layouts are those of the open framework,
r25.12.3, and stand in docs/design/media-signing.md; sizes are bytes, numbers are big-endian.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bwv_device.evidence.media_signing.errors import SeiFormatError
from bwv_device.evidence.media_signing.fields import Fields

SHA256_OID = bytes.fromhex("0609608648016503040201")
DIGESTS = {
    SHA256_OID: "sha256",
    bytes.fromhex("0609608648016503040202"): "sha384",
    bytes.fromhex("0609608648016503040203"): "sha512",
}
"""The digests that are read, by their object identifiers in DER; we write SHA-256."""
HASH_BYTES = 32
MOST_SIGNATURE_BYTES = 72
"""The longest DER form of an ECDSA signature on P-256."""
LONGEST_HASH_BYTES = 64
FRAMEWORK_VERSION = (25, 12, 3)
"""That of the framework whose form this is; verifiers of a lower one may refuse a higher one."""


@dataclass(frozen=True, slots=True)
class General:
    """What a SEI states of its part of the stream."""

    triggered: bool
    """The part was ended by a limit, not by the next group of pictures."""
    start_ticks: int
    end_ticks: int
    """Exclusive; see `signing_time`."""
    counter: int
    units: int
    """How many were hashed."""
    gop_hash: bytes
    linked_hash: bytes
    """The first entry of the part before; zeros in the first SEI of a stream."""

    def to_bytes(self) -> bytes:
        return b"".join(
            (
                bytes((2, *FRAMEWORK_VERSION, self.triggered)),
                self.start_ticks.to_bytes(8, signed=True),
                self.end_ticks.to_bytes(8, signed=True),
                (self.counter & 0xFFFFFFFF).to_bytes(4),
                self.units.to_bytes(2),
                self.gop_hash,
                self.linked_hash,
            )
        )

    @classmethod
    def read(cls, data: bytes) -> "General":
        """Raises `SeiFormatError`."""
        fields = Fields(data, "GENERAL")
        version = fields.require_version(1, 2)
        fields.take(3)
        triggered, start = fields.number(1) != 0, fields.signed(8)
        end = fields.signed(8) if version > 1 else start
        counter, units = fields.number(4), fields.number(2)
        size, odd = divmod(fields.left, 2)
        if odd or not HASH_BYTES <= size <= LONGEST_HASH_BYTES:
            raise SeiFormatError(f"GENERAL leaves {fields.left} bytes for two hashes")
        return cls(triggered, start, end, counter, units, fields.take(size), fields.take(size))


@dataclass(frozen=True, slots=True)
class Vendor:
    """Who made the camera, its serial number and firmware; 255 bytes each at most."""

    firmware_version: str
    serial: str
    manufacturer: str

    def to_bytes(self) -> bytes:
        texts = (self.firmware_version, self.serial, self.manufacturer)
        cut = [text.encode()[:255] for text in texts]
        return b"\x01" + b"".join(bytes((len(text),)) + text for text in cut)

    @classmethod
    def read(cls, data: bytes) -> "Vendor":
        """Raises `SeiFormatError`."""
        fields = Fields(data, "VENDOR_INFO")
        fields.require_version(1)
        texts = [fields.take(fields.number(1)).decode(errors="replace") for _ in range(3)]
        fields.require_end()
        return cls(*texts)


def hash_list_bytes(entries: Sequence[bytes]) -> bytes:
    """The list of a part's hashes."""
    return b"\x01" + b"".join(entries)


def read_hash_list(data: bytes, hash_bytes: int) -> tuple[bytes, ...]:
    """The hashes. Raises `SeiFormatError` when the bytes are no whole number of them."""
    fields = Fields(data, "HASH_LIST")
    fields.require_version(1)
    if fields.left % hash_bytes:
        raise SeiFormatError(f"{fields.left} bytes are no list of hashes of {hash_bytes}")
    return tuple(fields.take(hash_bytes) for _ in range(fields.left // hash_bytes))


def signature_bytes(signature: bytes, longest: int) -> bytes:
    """A signature, filled up to the longest that its key gives."""
    padding = b"\x01" * (longest - len(signature))
    return b"\x01" + len(signature).to_bytes(2) + signature + padding


def read_signature(data: bytes) -> bytes:
    """Raises `SeiFormatError`."""
    fields = Fields(data, "SIGNATURE")
    fields.require_version(1)
    return fields.take(fields.number(2))


def crypto_info_bytes() -> bytes:
    """SHA-256, and nothing said of the key: its certificate does."""
    return bytes((1, len(SHA256_OID))) + SHA256_OID + b"\x00\x00\x00"


def read_crypto_info(data: bytes) -> str:
    """The name of the digest. Raises `SeiFormatError` for one that is not known."""
    fields = Fields(data, "CRYPTO_INFO")
    fields.require_version(1)
    oid = fields.take(fields.number(1))
    if oid not in DIGESTS:
        raise SeiFormatError(f"the digest {oid.hex()} is not known here")
    return DIGESTS[oid]


def certificates_bytes(chain_pem: str) -> bytes:
    """The chain, which the device got from its owner's authority: flag 0 all the same, as no
    other is known to verifiers."""
    return b"\x01\x00" + chain_pem.encode()


def read_certificates(data: bytes) -> str:
    """PEM text, unchecked. Raises `SeiFormatError`."""
    fields = Fields(data, "CERTIFICATES")
    fields.require_version(1)
    fields.take(1)
    try:
        return fields.rest().decode("ascii")
    except UnicodeDecodeError as error:
        raise SeiFormatError("the certificates are no PEM text") from error
