"""A signer of streams that does what other makers' may do and ours does not.

Used to test the reader. It puts each group's SEI before the second picture of the next group.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from bwv_device.evidence.media_signing import nal_units, sei, values
from bwv_device.evidence.media_signing.part import entry, list_hash
from tests.support.signing_keys import pem, the_root

OIDS = {name: oid for oid, name in values.DIGESTS.items()}
_HASHES = {"sha256": hashes.SHA256(), "sha512": hashes.SHA512()}

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Ways:
    """How it signs."""

    digest: str = "sha256"
    key: Key | None = None
    with_list: bool = True
    flags: int = 0
    signed_every: int = 1
    certificates: str = "each"
    """`each`, `first`, `none`, or `own`: in a SEI of their own, which is before the first picture
    but one of the second group."""
    late_pictures: int = 0
    stale_end: bool = False
    with_vendor: bool = True


def sign_foreign(pictures: Sequence[bytes], ways: Ways) -> list[bytes]:
    """The pictures with SEIs in them, closed before the last picture."""
    return _Foreign(ways).sign(pictures)


class _Foreign:
    def __init__(self, ways: Ways) -> None:
        self.ways, self.key = ways, ways.key or ec.generate_private_key(ec.SECP256R1())
        self.chain = pem(the_root().issue(self.key, "foreign"))
        self.counter, self.linked = 0, bytes(hashlib.new(ways.digest).digest_size)
        self.anchor, self.entries, self.last_hash = b"", list[bytes](), b""

    def hash(self, data: bytes) -> bytes:
        return hashlib.new(self.ways.digest, data).digest()

    def sign(self, pictures: Sequence[bytes]) -> list[bytes]:
        due: list[tuple[int, bytes]] = []
        made = []
        for number, picture in enumerate(pictures):
            units = nal_units.split_annex_b(picture)
            is_start, is_last = nal_units.starts_group(units[0]), number == len(pictures) - 1
            if (is_start and self.entries) or is_last:
                at = number if is_last else number + 1 + self.ways.late_pictures
                due += [(at, unit) for unit in self.end_group(is_last=is_last)]
            now = [unit for at, unit in due if at <= number or is_last]
            due = [one for one in due if one[1] not in now]
            for unit in now:
                if not sei.read_sei(unit).signature:
                    self.entries.append(self.hash(sei.read_sei(unit).hashed))
            self.take(units)
            seis = b"".join(nal_units.START_CODE + unit for unit in now)
            made.append(seis + picture)
        return made

    def take(self, units: list[bytes]) -> None:
        for unit in units:
            if nal_units.starts_group(unit):
                self.anchor = self.hash(unit)
                self.entries.append(self.anchor)
            else:
                self.entries.append(entry(self.anchor, self.hash(unit), self.ways.digest))

    def end_group(self, *, is_last: bool) -> list[bytes]:
        self.counter += 1
        gop_hash = list_hash(self.entries, self.ways.digest)
        if is_last and self.ways.stale_end:
            gop_hash = self.last_hash
        general = values.General(
            *(is_last, 0, 0, self.counter, len(self.entries)), gop_hash, self.linked
        )
        tlvs = sei.tlv(sei.GENERAL, general.to_bytes())
        if self.ways.with_list:
            tlvs += sei.tlv(sei.HASH_LIST, values.hash_list_bytes(self.entries))
        self.linked, self.entries, self.last_hash = self.entries[0], [], gop_hash
        is_signed = self.counter % self.ways.signed_every == 0 or is_last
        unit = self.unit(self.optional() + tlvs, self.ways.flags, is_signed=is_signed)
        if self.ways.certificates == "own" and self.counter == 1:
            own = self.unit(self.brought(), self.ways.flags | sei.IS_CERTIFICATE, is_signed=True)
            return [own, unit]
        return [unit]

    def optional(self) -> bytes:
        brings = self.ways.certificates == "each" or (
            self.ways.certificates == "first" and self.counter == 1
        )
        return self.brought() if brings else b""

    def brought(self) -> bytes:
        oid = OIDS[self.ways.digest]
        info = bytes((1, len(oid))) + oid + b"\x00\x00\x00"
        tlvs = sei.tlv(sei.CRYPTO_INFO, info)
        if self.ways.with_vendor:
            tlvs += sei.tlv(sei.VENDOR_INFO, values.Vendor("1", "2", "3").to_bytes())
        return tlvs + sei.tlv(sei.CERTIFICATES, values.certificates_bytes(self.chain))

    def unit(self, tlvs: bytes, flags: int, *, is_signed: bool) -> bytes:
        longest = self.key.key_size // 8 if isinstance(self.key, rsa.RSAPrivateKey) else 72
        document = sei.document(tlvs, 3 + longest if is_signed else 0, flags)
        if not is_signed:
            return nal_units.escape(document + sei.STOP)
        as_in_stream = nal_units.escape(document)
        signed = as_in_stream if flags & sei.HASHED_ESCAPED else document
        signature = values.signature_bytes(self.signature(self.hash(signed)), longest)
        return sei.signed_unit(document, signature)

    def signature(self, digest: bytes) -> bytes:
        prehashed = utils.Prehashed(_HASHES[self.ways.digest])
        if isinstance(self.key, rsa.RSAPrivateKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
            return self.key.sign(digest, pss, prehashed)
        return self.key.sign(digest, ec.ECDSA(prehashed))
