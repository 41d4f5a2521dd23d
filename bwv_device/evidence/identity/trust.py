"""Whether a certificate may be believed: path to an anchor, time, role.

Who uses it: the dock client for what it was issued, the destination for what it is shown, and
whoever verifies a signature. Pure. OpenSSL checks the path of a connection; this is for all else.
Paths are short (leaf, at most three between, anchor), so each link is checked with what
`cryptography` has; its path validation for servers and clients knows no signers of documents.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.profile import instant
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.roles import Role, parse_role_uri

PATH_MAX = 5


def role_of(certificate: x509.Certificate) -> Role:
    """What the holder is; raises `IdentityError` unless exactly one of its names says it."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError) as error:
        raise IdentityError("the certificate does not say whose it is") from error
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    if len(uris) != 1:
        raise IdentityError(f"the certificate has {len(uris)} names of a holder, not one")
    try:
        return parse_role_uri(uris[0])
    except ProtocolError as error:
        raise IdentityError(str(error)) from error


def check_path(
    chain: Sequence[x509.Certificate],
    anchors: Iterable[x509.Certificate],
    at_utc_ns: int | None = None,
) -> x509.Certificate:
    """The anchor that `chain`, leaf first and without it, leads to.

    With `at_utc_ns` every certificate has to be valid then; without, time is not looked at.
    Raises `IdentityError` that says where the path breaks.
    """
    if not 1 <= len(chain) < PATH_MAX:
        raise IdentityError(f"a path has 1 to {PATH_MAX - 1} certificates, not {len(chain)}")
    for issued, issuer in pairwise(chain):
        _check_link(issued, issuer)
    anchor = _anchor_of(chain[-1], anchors)
    for certificate in (*chain, anchor):
        if at_utc_ns is not None:
            check_time(certificate, at_utc_ns)
    return anchor


def check_time(certificate: x509.Certificate, at_utc_ns: int) -> None:
    """Raises `IdentityError` unless the certificate counts at that time."""
    at = instant(at_utc_ns)
    if at < certificate.not_valid_before_utc:
        raise IdentityError(f"the certificate counts from {certificate.not_valid_before_utc} only")
    if at > certificate.not_valid_after_utc:
        raise IdentityError(f"the certificate ran out at {certificate.not_valid_after_utc}")


def _anchor_of(
    certificate: x509.Certificate, anchors: Iterable[x509.Certificate]
) -> x509.Certificate:
    for anchor in anchors:
        if anchor.subject != certificate.issuer:
            continue
        try:
            _check_link(certificate, anchor)
        except IdentityError:
            # Another authority of the same name: the next one may be it.
            continue
        return anchor
    issuer = certificate.issuer.rfc4514_string()
    raise IdentityError(f"the path ends at {issuer}, which is not among the anchors")


def _check_link(issued: x509.Certificate, issuer: x509.Certificate) -> None:
    try:
        issued.verify_directly_issued_by(issuer)
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound) as error:
        raise IdentityError(
            f"{issued.subject.rfc4514_string()} was not issued by {issuer.subject.rfc4514_string()}"
        ) from error
    if not (constraints.ca and usage.key_cert_sign):
        raise IdentityError(f"{issuer.subject.rfc4514_string()} is no authority")
