"""What stands in each kind of certificate: one table of purposes, one builder.

Who uses it: a device for its own root, the destination's authority for everything it issues. The
kinds and the reasons for their lives are in docs/design/identity.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PublicKey = ec.EllipticCurvePublicKey
PrivateKey = ec.EllipticCurvePrivateKey

DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""RFC 9336. C2PA's reference library refuses a signer whose certificate is for this alone."""
NO_END_UTC = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""How RFC 5280 writes that a certificate has no end."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Purpose(StrEnum):
    """What a key may be used for."""

    ISSUING = "issuing"
    TRANSPORT = "transport"
    """A device opens connections."""
    SERVING = "serving"
    """A destination answers connections."""
    SIGNING = "signing"
    """Video, manifests, ledger, receipts."""
    CREDENTIALS = "credentials"
    """Content Credentials of footage that somebody exports: the one purpose of C2PA's older
    profile, which readers take as they come."""


_EXTENDED = {
    Purpose.TRANSPORT: ExtendedKeyUsageOID.CLIENT_AUTH,
    Purpose.SERVING: ExtendedKeyUsageOID.SERVER_AUTH,
    Purpose.SIGNING: DOCUMENT_SIGNING,
    Purpose.CREDENTIALS: ExtendedKeyUsageOID.EMAIL_PROTECTION,
}


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs a certificate."""

    key: PrivateKey
    name: x509.Name
    public_key: PublicKey


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a certificate is about."""

    name: x509.Name
    public_key: PublicKey
    alternative_names: tuple[x509.GeneralName, ...] = ()


@dataclass(frozen=True, slots=True)
class Life:
    """From when until when a certificate counts."""

    begin_utc: datetime
    end_utc: datetime


def new_key() -> PrivateKey:
    """A new private key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def instant(utc_ns: int) -> datetime:
    """Nanoseconds since 1970 as certificates have time: whole seconds, rounded down."""
    return _EPOCH + timedelta(seconds=utc_ns // 1_000_000_000)


def utc_ns(at: datetime) -> int:
    """The other way round."""
    return (at - _EPOCH) // timedelta(seconds=1) * 1_000_000_000


def distinguished_name(common: str, organisation: str, unit: str = "") -> x509.Name:
    """A subject; a part that is too long for a certificate (64 characters) is cut."""
    parts = {
        NameOID.ORGANIZATION_NAME: organisation,
        NameOID.ORGANIZATIONAL_UNIT_NAME: unit,
        NameOID.COMMON_NAME: common,
    }
    return x509.Name([x509.NameAttribute(oid, text[:64]) for oid, text in parts.items() if text])


def issue(issuer: Issuer, holder: Holder, purpose: Purpose, life: Life) -> x509.Certificate:
    """A certificate, signed."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(holder.name)
        .issuer_name(issuer.name)
        .public_key(holder.public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(life.begin_utc)
        .not_valid_after(life.end_utc)
    )
    for extension, critical in _extensions(issuer, holder, purpose):
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer.key, hashes.SHA256())


def _extensions(
    issuer: Issuer, holder: Holder, purpose: Purpose
) -> Sequence[tuple[x509.ExtensionType, bool]]:
    issuing = purpose is Purpose.ISSUING
    found: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=issuing, path_length=0 if issuing else None), True),
        (_key_usage(purpose), True),
        (x509.SubjectKeyIdentifier.from_public_key(holder.public_key), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key), False),
    ]
    if purpose in _EXTENDED:
        found.append((x509.ExtendedKeyUsage([_EXTENDED[purpose]]), False))
    if holder.alternative_names:
        found.append((x509.SubjectAlternativeName(holder.alternative_names), False))
    return found


def _key_usage(purpose: Purpose) -> x509.KeyUsage:
    issuing = purpose is Purpose.ISSUING
    return x509.KeyUsage(
        digital_signature=not issuing,
        content_commitment=purpose is Purpose.SIGNING,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issuing,
        crl_sign=issuing,
        encipher_only=False,
        decipher_only=False,
    )
