"""Whether somebody we trust stands behind a signed document, and in the right role; graded.

Who uses it: the camera for receipts, `bwv verify` for everything that is signed. The path is
checked by `identity.trust`; here a chain that has run out is told apart from one of a stranger.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from cryptography import x509

from bwv_device.errors import BwvError, Kind
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.profile import NO_END_UTC, utc_ns
from bwv_device.evidence.identity.trust import check_path, check_time, role_of
from bwv_device.evidence.read_certificates import load_pem
from bwv_device.protocol.roles import Role

_FIRST_UTC_NS = 0
_LAST_UTC_NS = utc_ns(NO_END_UTC)


class Distrust(StrEnum):
    """Why the signer of a document is not trusted."""

    NO_ANCHOR = "no_anchor"
    """Nobody is trusted: no anchor is known."""
    FOREIGN = "foreign"
    """Its certificates do not lead to any of the anchors."""
    NOT_VALID_THEN = "not_valid_then"
    """They do, and one of them had run out at that time, or did not count yet."""
    WRONG_ROLE = "wrong_role"
    """They do, and belong to somebody who can't sign this: a camera no receipt, a destination or
    another camera no manifest."""


class UntrustedError(BwvError):
    """A signature is right, and its signer is none that we trust for it (at that time)."""

    kind = Kind.FAULT

    def __init__(self, message: str, why: Distrust) -> None:
        super().__init__(message)
        self.why = why


def read_anchors(texts: Iterable[str]) -> tuple[x509.Certificate, ...]:
    """All certificates in the PEM texts. Raises `ValueError` when one can't be read."""
    return tuple(certificate for text in texts for certificate in load_pem(text.encode()))


def require_trusted(
    chain: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate], at_utc_ns: int
) -> x509.Certificate:
    """The anchor to which `chain` (leaf first) leads, all of it valid at `at_utc_ns`; raises
    `UntrustedError` when there is none."""
    if not anchors:
        raise UntrustedError("no certificate is known that it could lead to", Distrust.NO_ANCHOR)
    try:
        anchor = check_path(chain, anchors)
    except IdentityError as error:
        raise UntrustedError(str(error), Distrust.FOREIGN) from error
    # A document may state any time at all, also one that no calendar has.
    at_utc_ns = min(max(at_utc_ns, _FIRST_UTC_NS), _LAST_UTC_NS)
    try:
        for certificate in (*chain, anchor):
            check_time(certificate, at_utc_ns)
    except IdentityError as error:
        raise UntrustedError(str(error), Distrust.NOT_VALID_THEN) from error
    return anchor


def signer_role(chain: Sequence[x509.Certificate]) -> Role:
    """Who signed, by the leaf; raises `UntrustedError` when it does not say."""
    try:
        return role_of(chain[0])
    except IdentityError as error:
        raise UntrustedError(str(error), Distrust.WRONG_ROLE) from error
