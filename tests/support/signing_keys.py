"""Provisional keys and certificates for tests: a root, a leaf below it, and a signer of them.

Used by the tests of everything that is signed. What a device itself uses is made by
`bwv_device.evidence.identity`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from bwv_device.evidence.signer import KeySigner
from bwv_device.protocol.roles import DeviceRole, Role, role_uri

FROM = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL = datetime(2046, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Authority:
    """A certificate that issues others, and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return pem(self.certificate)

    def issue(
        self,
        key: ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey,
        name: str,
        *,
        issues: bool = False,
        until: datetime = UNTIL,
        role: Role | None = None,
    ) -> x509.Certificate:
        """A certificate for `key`, which may issue others itself when `issues`."""
        public = key if isinstance(key, ec.EllipticCurvePublicKey) else key.public_key()
        return _build(
            *(name, public, self.certificate.subject, self.key),
            issues=issues,
            until=until,
            role=role,
        )


def pem(*certificates: x509.Certificate) -> str:
    """PEM text of them in this order."""
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)


def make_root(name: str = "test root") -> Authority:
    """A new anchor."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return Authority(_build(name, key.public_key(), subject, key, issues=True, until=UNTIL), key)


def make_signer(
    root: Authority, name: str = "BWV-TEST-1", role: Role | None = None, until: datetime = UNTIL
) -> KeySigner:
    """A signer whose leaf `root` has issued; that of the camera `name` without another `role`."""
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = root.issue(key, name, role=role or DeviceRole(name), until=until)
    return KeySigner(key, pem(leaf))


@cache
def the_root() -> Authority:
    """One anchor for all tests of a process."""
    return make_root()


@cache
def the_signer() -> KeySigner:
    """A signer below `the_root`."""
    return make_signer(the_root())


def _build(
    name: str,
    key: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    issues: bool,
    until: datetime,
    role: Role | None = None,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder(issuer, subject, key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(FROM, until - timedelta(days=1)))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=issues, path_length=None), critical=True)
        .add_extension(_usage(issues=issues), critical=True)
    )
    if role is not None:
        uri = x509.UniformResourceIdentifier(role_uri(role))
        builder = builder.add_extension(x509.SubjectAlternativeName([uri]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _usage(*, issues: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not issues,
        content_commitment=not issues,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issues,
        crl_sign=issues,
        encipher_only=False,
        decipher_only=False,
    )
