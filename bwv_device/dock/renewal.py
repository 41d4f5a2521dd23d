"""Renews a camera's certificates in the dock (procedure I5 of docs/design/identity.md).

Who uses it: `admission`, once a round, before footage moves. A renewal that fails leaves the old
certificate in use and holds nothing back; it is told once there is not much time left.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta

from cryptography import x509

from bwv_device.dock.enrolment import obtain
from bwv_device.dock.errors import CertificateRefusedError, DockError, UndockedError
from bwv_device.dock.est_client import EstClient
from bwv_device.errors import BwvError
from bwv_device.evidence.identity import Enrolment, Identity, Transport
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.files import IdentityFiles
from bwv_device.evidence.identity.profile import Purpose, instant
from bwv_device.protocol.est import Label

log = logging.getLogger(__name__)

RENEW_LEFT, TELL_LEFT = 2 / 3, 1 / 3
"""Of a certificate's life: with less left it is renewed, and it is told that it could not be."""


def renew(
    files: IdentityFiles, identity: Identity, transport: Transport, est: EstClient, utc_ns: int
) -> list[str]:
    """Renew what is due; returns what a person has to be told. `utc_ns` counts where the
    destination does not say what time it has. Raises `CertificateRefusedError` for one that has
    run out, `UndockedError`, `StoreError`."""
    try:
        authorities = est.authorities()
    except UndockedError:
        raise
    except DockError as error:
        log.warning("nothing is renewed: %s", error)
        _check_alive(transport.credential.leaf, utc_ns, error)
        return _told(transport.credential.leaf, utc_ns, error)
    now_ns = authorities.server_utc_ns or utc_ns
    enrolled = identity.enrolment is Enrolment.ENROLLED
    parts = (
        (Purpose.TRANSPORT, Label.TRANSPORT, transport.credential.leaf),
        (Purpose.SIGNING, Label.SIGNING, identity.signing.leaf if enrolled else None),
    )
    told: list[str] = []
    for purpose, label, leaf in parts:
        if left(leaf, now_ns) < RENEW_LEFT:
            told += _renew_one(
                files, identity.model, est, purpose, label, leaf, authorities.certificates, now_ns
            )
    return told


def left(leaf: x509.Certificate | None, utc_ns: int) -> float:
    """How much of a certificate's life is left, 1 to 0 and below; 0 where there is none."""
    if leaf is None:
        return 0.0
    begin, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    return (end - instant(utc_ns)) / max(end - begin, timedelta(seconds=1))


def _check_alive(leaf: x509.Certificate, utc_ns: int, error: DockError) -> None:
    """A destination that refuses a certificate may hang up without a word. So one that has run out,
    and could not be shown, is told as refused, with the cure."""
    if left(leaf, utc_ns) <= 0:
        raise CertificateRefusedError(
            f"this camera's certificate ran out on {leaf.not_valid_after_utc:%d %B %Y}: ask the "
            f"destination's operator for a code, then `bwv dock enrol` ({error})"
        ) from error


def _renew_one(
    files: IdentityFiles,
    model: str,
    est: EstClient,
    purpose: Purpose,
    label: Label,
    leaf: x509.Certificate | None,
    authorities: Sequence[x509.Certificate],
    utc_ns: int,
) -> list[str]:
    def ask(request: bytes) -> list[x509.Certificate]:
        return est.further(request, label, renewal=leaf is not None)

    try:
        obtain(files, purpose, model, authorities, ask)
    except UndockedError:
        raise
    except (DockError, IdentityError) as error:
        log.warning("the certificate for %s is not renewed: %s", purpose.value, error)
        return _told(leaf, utc_ns, error)
    log.info("the certificate for %s is renewed", purpose.value)
    return []


def _told(leaf: x509.Certificate | None, utc_ns: int, error: BwvError) -> list[str]:
    if left(leaf, utc_ns) >= TELL_LEFT:
        return []
    end = "is missing" if leaf is None else f"ends on {leaf.not_valid_after_utc:%d %B %Y}"
    return [f"a certificate of this camera {end} and could not be renewed: {error}"]
