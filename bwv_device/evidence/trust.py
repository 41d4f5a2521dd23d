"""Whether somebody we trust stands behind a signature: its certificates, against anchors and time.

Who uses it: the camera for receipts, `bwv verify` for everything that is signed. The path itself
is built and checked by `cryptography`'s verifier; which extensions a leaf has is not asked,
because a signing leaf is neither a web server nor a web client, and the open ONVIF framework asks
nothing of it either.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import verification

from bwv_device.errors import BwvError, Kind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Distrust(StrEnum):
    """Why a chain of certificates is not trusted."""

    NO_ANCHOR = "no_anchor"
    """Nobody is trusted: no anchor is known."""
    NOT_VALID_THEN = "not_valid_then"
    """A certificate had run out at that time, or was not valid yet."""
    FOREIGN = "foreign"
    """It does not lead to any of the anchors."""


class UntrustedError(BwvError):
    """A signature is right, and its signer is none that we trust (at that time)."""

    kind = Kind.FAULT

    def __init__(self, message: str, why: Distrust) -> None:
        super().__init__(message)
        self.why = why


def read_anchors(texts: Iterable[str]) -> tuple[x509.Certificate, ...]:
    """All certificates in the PEM texts. Raises `ValueError` when one can't be read."""
    return tuple(
        certificate
        for text in texts
        for certificate in x509.load_pem_x509_certificates(text.encode())
    )


def require_trusted(
    chain: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate], at_utc_ns: int
) -> None:
    """Raise `UntrustedError` unless `chain` (leaf first) leads to an anchor, all of it valid at
    `at_utc_ns`."""
    if not anchors:
        raise UntrustedError("no certificate is known that it could lead to", Distrust.NO_ANCHOR)
    leaf, *above = chain
    try:
        at = _EPOCH + timedelta(microseconds=at_utc_ns // 1000)
        _verifier(anchors, at).verify(leaf, above)
    except (verification.VerificationError, UnsupportedAlgorithm, ValueError, OverflowError) as e:
        why = (
            Distrust.FOREIGN
            if all(_is_valid(one, at_utc_ns) for one in chain)
            else (Distrust.NOT_VALID_THEN)
        )
        raise UntrustedError(_TEXTS[why].format(leaf.subject.rfc4514_string()), why) from e


_TEXTS = {
    Distrust.NOT_VALID_THEN: "a certificate of {!r:.120} was not valid at the time of signing",
    Distrust.FOREIGN: "{!r:.120} is no signer whom a known certificate vouches for",
}


def _verifier(anchors: Sequence[x509.Certificate], at: datetime) -> verification.ClientVerifier:
    issuers = verification.ExtensionPolicy.permit_all().require_present(
        x509.BasicConstraints, verification.Criticality.AGNOSTIC, None
    )
    return (
        verification.PolicyBuilder()
        .store(verification.Store(list(anchors)))
        .time(at)
        .extension_policies(ca_policy=issuers, ee_policy=verification.ExtensionPolicy.permit_all())
        .build_client_verifier()
    )


def _is_valid(certificate: x509.Certificate, at_utc_ns: int) -> bool:
    """Compared as numbers: a time may be one that no calendar has."""
    since = certificate.not_valid_before_utc - _EPOCH
    until = certificate.not_valid_after_utc - _EPOCH
    second_ns = 1_000_000_000
    return since.total_seconds() * second_ns <= at_utc_ns <= until.total_seconds() * second_ns
