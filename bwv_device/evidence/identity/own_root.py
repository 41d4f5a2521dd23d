"""The identity that a device makes for itself: a root of its own, and one leaf below it.

Who uses it: `load_or_create`, for a device that was never enrolled. A leaf that is its own anchor
would be simpler, and verifiers of signed video refuse one. Nobody vouches for such a root: what it
proves is that clips come from one and the same device, and were not changed since.
"""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from bwv_device.evidence.identity.credential import Credential
from bwv_device.evidence.identity.profile import (
    NO_END_UTC,
    Holder,
    Issuer,
    Life,
    Purpose,
    distinguished_name,
    issue,
    new_key,
)
from bwv_device.protocol.roles import DeviceRole, role_uri

ORGANISATION = "not enrolled"
_LIFE = Life(datetime(2020, 1, 1, tzinfo=UTC), NO_END_UTC)
"""It is made at a first start, when the clock may stand anywhere: no date is taken from it."""


def make_own(serial: str, model: str) -> Credential:
    """Key, leaf and root. The root's key is not kept: it signs this one leaf and no other.

    Raises `ProtocolError` for a serial number that is none.
    """
    root_key, leaf_key = new_key(), new_key()
    name = distinguished_name(f"{serial} own root", ORGANISATION)
    issuer = Issuer(root_key, name, root_key.public_key())
    root = issue(issuer, Holder(name, root_key.public_key()), Purpose.ISSUING, _LIFE)
    uri = x509.UniformResourceIdentifier(role_uri(DeviceRole(serial)))
    subject = distinguished_name(serial, ORGANISATION, model)
    holder = Holder(subject, leaf_key.public_key(), (uri,))
    return Credential(leaf_key, (issue(issuer, holder, Purpose.SIGNING, _LIFE), root))


def is_own_root(certificate: x509.Certificate) -> bool:
    """Whether a certificate says of itself that it is a root that a device made for itself."""
    found = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return any(attribute.value == ORGANISATION for attribute in found)
