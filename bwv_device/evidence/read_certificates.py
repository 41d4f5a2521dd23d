"""Certificates from outside, read to the end: what is given out can be asked everything.

Who uses it: whoever is shown certificates by a clip, a document, a ledger, a file of a person. The
library reads names, dates, keys and extensions when they are asked for, and fails then, each in its
own way; here a certificate of which anything can't be read is none.
"""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

_REFUSALS = (
    ValueError,
    KeyError,  # a name of a type that ASN.1 has no text for
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


def load_pem(data: bytes) -> list[x509.Certificate]:
    """All certificates in PEM text, one at least. Raises `ValueError`."""
    try:
        return [_whole(one) for one in x509.load_pem_x509_certificates(data)]
    except _REFUSALS as error:
        raise ValueError(_said(error)) from error


def load_der(data: bytes) -> x509.Certificate:
    """One certificate. Raises `ValueError`."""
    try:
        return _whole(x509.load_der_x509_certificate(data))
    except _REFUSALS as error:
        raise ValueError(_said(error)) from error


def _whole(one: x509.Certificate) -> x509.Certificate:
    names = one.subject.rfc4514_string(), one.issuer.rfc4514_string()
    if any("\0" in name for name in names):
        raise ValueError("a name holds a NUL")
    parts = one.extensions, one.not_valid_before_utc, one.not_valid_after_utc
    # Where it names none, as keys on Ed25519 do, this says so by being None.
    _ = parts, one.signature_hash_algorithm, one.public_key()
    return one


def _said(error: Exception) -> str:
    return f"a certificate can't be read: {type(error).__name__} {error}".rstrip()
