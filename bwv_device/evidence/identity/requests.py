"""Requests for a certificate (PKCS#10), and answers full of certificates (PKCS#7).

Who uses it: a device asks, the destination's authority reads and answers. A request is signed with
its own key, so whoever asks has that key; whose certificate it becomes is decided by other proof.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.profile import PrivateKey, PublicKey
from bwv_device.protocol.errors import ProtocolError, shown
from bwv_device.protocol.names import check_serial
from bwv_device.protocol.roles import DeviceRole, role_uri


@dataclass(frozen=True, slots=True)
class Request:
    """What a device asks a certificate for."""

    serial: str
    model: str
    """Empty where the device does not say."""
    public_key: PublicKey


def make_request(key: PrivateKey, serial: str, model: str) -> bytes:
    """A signed request in DER; raises `ProtocolError` for a serial number that is none."""
    names = [x509.NameAttribute(NameOID.COMMON_NAME, check_serial(serial))]
    if model:
        names.insert(0, x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, model[:64]))
    uri = x509.UniformResourceIdentifier(role_uri(DeviceRole(serial)))
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name(names))
        .add_extension(x509.SubjectAlternativeName([uri]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


def parse_request(der: bytes) -> Request:
    """Read a request; raises `IdentityError` that says what is wrong with it."""
    try:
        request = x509.load_der_x509_csr(der)
        key, signed = request.public_key(), request.is_signature_valid
        alternatives = request.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        uris = alternatives.value.get_values_for_type(x509.UniformResourceIdentifier)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound) as error:
        raise IdentityError(f"the request can't be read: {error}") from error
    if not signed:
        raise IdentityError("the request is not signed with its own key")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise IdentityError("the request's key is not one on P-256")
    serial = _text(request.subject, NameOID.COMMON_NAME)
    try:
        expected = role_uri(DeviceRole(serial))
    except ProtocolError as error:
        raise IdentityError(str(error)) from error
    if uris != [expected]:
        raise IdentityError(f"the request is for {shown(serial)} and names {shown(str(uris))}")
    return Request(serial, _printable(_text(request.subject, _UNIT)), key)


def certificates_body(certificates: Iterable[x509.Certificate]) -> bytes:
    """Certificates as PKCS#7, DER."""
    return pkcs7.serialize_certificates(list(certificates), Encoding.DER)


def parse_certificates_body(der: bytes) -> list[x509.Certificate]:
    """The certificates in a PKCS#7, one at least; raises `IdentityError`."""
    try:
        found = pkcs7.load_der_pkcs7_certificates(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise IdentityError(f"the answer holds no readable certificates: {error}") from error
    if not found:
        raise IdentityError("the answer holds no certificate")
    return found


def certificate_of(key: PrivateKey, found: Iterable[x509.Certificate]) -> x509.Certificate:
    """The one that was issued for `key`; raises `IdentityError` when there is none."""
    for certificate in found:
        if certificate.public_key() == key.public_key():
            return certificate
    raise IdentityError("the answer holds no certificate for the key that was asked for")


_UNIT = NameOID.ORGANIZATIONAL_UNIT_NAME


def _text(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if len(found) == 1 else ""


def _printable(text: str) -> str:
    return "".join(sign for sign in text if " " <= sign <= "~")[:32]
