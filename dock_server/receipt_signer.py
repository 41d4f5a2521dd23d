"""What a destination without an authority signs its receipts with: a key and a root of its own.

Who uses it: `services`. A camera trusts the root because the connection file names it. The root's
key is thrown away once it has signed the one leaf, as a camera does that was never enrolled.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from bwv_device.evidence.identity.credential import (
    Credential,
    pem,
    read_credential,
    write_file,
)
from bwv_device.evidence.identity.errors import IdentityError
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
from bwv_device.evidence.signer import KeySigner, Signer
from bwv_device.protocol.roles import DestinationRole, role_uri
from dock_server.errors import StartError
from dock_server.settings import Folders

logger = logging.getLogger(__name__)

ORGANISATION = "own root"
_LIFE = Life(datetime(2020, 1, 1, tzinfo=UTC), NO_END_UTC)
"""Nobody renews it, and the machine's clock may stand anywhere at the first start."""


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """Signs receipts; `anchor_pem` is what cameras and verifiers have to know."""

    signer: Signer
    anchor_pem: str


def own_receipt_key(folders: Folders, site_name: str) -> ReceiptKey:
    """The key in the server's directory, made at the first start.

    Raises `StartError` when the file can't be used: a new key would be one that no camera knows,
    and receipts that were given could be taken for forgeries. Raises `OSError`.
    """
    path = folders.receipt_key
    if not path.exists():
        write_file(path, _made(site_name).to_pem())
        logger.info("made a key to sign receipts with")
    try:
        credential = read_credential(path)
        signer = KeySigner(credential.key, pem(*credential.certificates[:-1]))
    except IdentityError as error:
        raise StartError(
            f"{error}: restore {path} from a copy; if there is none, remove it, and give every "
            "camera the new connection file"
        ) from error
    return ReceiptKey(signer, pem(credential.certificates[-1]))


def _made(site_name: str) -> Credential:
    root_key, leaf_key = new_key(), new_key()
    name = distinguished_name(site_name, ORGANISATION, "root")
    issuer = Issuer(root_key, name, root_key.public_key())
    root = issue(issuer, Holder(name, root_key.public_key()), Purpose.ISSUING, _LIFE)
    uri = x509.UniformResourceIdentifier(role_uri(DestinationRole(site_name)))
    holder = Holder(distinguished_name(site_name, ORGANISATION), leaf_key.public_key(), (uri,))
    return Credential(leaf_key, (issue(issuer, holder, Purpose.SIGNING, _LIFE), root))
