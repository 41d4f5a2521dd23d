"""The SEI message that carries a signature: its envelope, and what is signed of it.

Who uses it: the signer writes one for each part of the stream, the reader takes them apart.
"""

from dataclasses import dataclass
from hashlib import sha256

from bwv_device.evidence.media_signing import nal_units, values
from bwv_device.evidence.media_signing.errors import SeiFormatError
from bwv_device.evidence.media_signing.fields import Fields

UUID = bytes.fromhex("005bc93f2d715e95ada4796f90877a6f")
UNREGISTERED = 5
"""Payload type of a message that a UUID names."""
STOP = b"\x80"
IS_CERTIFICATE, HASHED_ESCAPED = 0x80, 0x40
"""Bits of the byte behind the UUID."""
GENERAL, HASH_LIST, SIGNATURE, CRYPTO_INFO, VENDOR_INFO, CERTIFICATES, ARBITRARY = range(1, 8)
_FF = 0xFF
_HEADER = bytes((nal_units.SEI, UNREGISTERED))
_ENVELOPE_BYTES = len(UUID) + 1


def tlv(tag: int, value: bytes) -> bytes:
    """A value behind its tag and length."""
    return bytes((tag,)) + len(value).to_bytes(2) + value


def document(tlvs: bytes, signature_bytes: int, flags: int = 0) -> bytes:
    """What is signed: from the header up to the signature's tag, which follows and whose value
    has `signature_bytes`. Without emulation prevention."""
    size = _ENVELOPE_BYTES + len(tlvs) + (3 + signature_bytes if signature_bytes else 0)
    full, rest = divmod(size, _FF)
    return _HEADER + bytes([_FF] * full) + bytes((rest,)) + UUID + bytes((flags,)) + tlvs


def signed_unit(signed: bytes, signature: bytes) -> bytes:
    """The SEI as it goes into the stream, with emulation prevention; `signature` is a value
    as `values.signature_bytes` makes it."""
    return nal_units.escape(signed + tlv(SIGNATURE, signature) + STOP)


@dataclass(frozen=True, slots=True)
class SigningSei:
    """A SEI of Media Signing that was read."""

    is_certificate: bool
    """It brings certificates, and speaks of no part of the stream."""
    general: values.General | None
    hashes: tuple[bytes, ...]
    """The list; empty where there is none."""
    chain_pem: str | None
    digest: str | None
    """Name of the digest, where the SEI states it."""
    vendor: values.Vendor | None
    signature: bytes | None
    signed: bytes
    """The bytes that the signature is over."""
    hashed: bytes
    """The bytes by which a SEI without signature counts among the hashed units."""


def is_signing(unit: bytes) -> bool:
    """Whether a unit says that it is a SEI of Media Signing."""
    if nal_units.kind(unit) != nal_units.SEI or len(unit) < 2 or unit[1] != UNREGISTERED:
        return False
    # No emulation prevention is needed up to here: 5b follows the UUID's first byte, a zero.
    at = _behind_size(unit)
    return unit[at : at + len(UUID)] == UUID


def read_sei(unit: bytes) -> SigningSei:
    """Take a SEI apart for which `is_signing` holds. Raises `SeiFormatError`."""
    size, at = _payload(unit)
    is_escaped = len(unit) != at + size + len(STOP)
    plain = nal_units.unescape(unit) if is_escaped else unit
    if len(plain) != at + size + len(STOP) or not plain.endswith(STOP):
        raise SeiFormatError(f"a SEI of {len(plain)} bytes states a payload of {size}")
    flags = plain[at + len(UUID)]
    tlvs, signature_at = _read_tlvs(plain[at + _ENVELOPE_BYTES : -1])
    return _to_sei(unit, plain, flags, tlvs, at + _ENVELOPE_BYTES + signature_at)


def document_digest(signed: bytes) -> bytes:
    """What is given to the signer."""
    return sha256(signed).digest()


def _payload(unit: bytes) -> tuple[int, int]:
    """(size of the payload, where it begins)."""
    at = _behind_size(unit)
    size = (at - 1 - len(_HEADER)) * _FF + unit[at - 1]
    if size < _ENVELOPE_BYTES:
        raise SeiFormatError(f"a payload of {size} bytes is too short")
    return size, at


def _behind_size(unit: bytes) -> int:
    """Where the payload begins: behind the first byte that does not say that more follow."""
    at = len(_HEADER)
    while at < len(unit) and unit[at] == _FF:
        at += 1
    return at + 1


def _read_tlvs(data: bytes) -> tuple[dict[int, bytes], int]:
    """Values by tag, and where the signature's tag stands; the end where there is none."""
    fields, found, signature_at = Fields(data, "a SEI"), dict[int, bytes](), len(data)
    while fields.left:
        at, tag = len(data) - fields.left, fields.number(1)
        value = fields.take(fields.number(2))
        if not GENERAL <= tag <= ARBITRARY or tag in found:
            raise SeiFormatError(f"a SEI holds the tag {tag}, unknown or twice")
        if SIGNATURE in found:
            raise SeiFormatError("a SEI goes on behind its signature")
        found[tag] = value
        signature_at = at if tag == SIGNATURE else signature_at
    return found, signature_at


def _to_sei(
    unit: bytes, plain: bytes, flags: int, tlvs: dict[int, bytes], signature_at: int
) -> SigningSei:
    general = values.General.read(tlvs[GENERAL]) if GENERAL in tlvs else None
    is_certificate = flags & IS_CERTIFICATE != 0
    if general is None and not is_certificate:
        raise SeiFormatError("a SEI says nothing of its part of the stream")
    escaped = flags & HASHED_ESCAPED != 0
    hash_bytes = len(general.gop_hash) if general else values.HASH_BYTES
    return SigningSei(
        is_certificate=is_certificate,
        general=general,
        hashes=_optional_list(tlvs.get(HASH_LIST), hash_bytes),
        chain_pem=values.read_certificates(tlvs[CERTIFICATES]) if CERTIFICATES in tlvs else None,
        digest=values.read_crypto_info(tlvs[CRYPTO_INFO]) if CRYPTO_INFO in tlvs else None,
        vendor=values.Vendor.read(tlvs[VENDOR_INFO]) if VENDOR_INFO in tlvs else None,
        signature=values.read_signature(tlvs[SIGNATURE]) if SIGNATURE in tlvs else None,
        signed=_signed(unit, plain, signature_at, escaped),
        hashed=unit if escaped else plain,
    )


def _signed(unit: bytes, plain: bytes, signature_at: int, escaped: bool) -> bytes:
    if not escaped or unit is plain:
        return plain[:signature_at]
    return unit[: nal_units.escaped_length(unit, signature_at)]


def _optional_list(data: bytes | None, hash_bytes: int) -> tuple[bytes, ...]:
    return values.read_hash_list(data, hash_bytes) if data else ()
