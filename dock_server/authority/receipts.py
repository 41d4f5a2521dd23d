"""What the destination signs its receipts with: a key of its own, issued by its authority.

Who uses it: whoever writes receipts. The certificate names a destination, so that no device's key
can sign a receipt.
"""

import logging

from bwv_device.evidence.identity.credential import (
    Credential,
    pem,
    read_credential,
    write_file,
)
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.trust import role_of
from bwv_device.evidence.signer import KeySigner
from bwv_device.protocol.roles import DestinationRole
from dock_server.authority.authority import Authority, is_old
from dock_server.receipt_signer import ReceiptKey
from dock_server.settings import Folders

logger = logging.getLogger(__name__)


def receipt_key_of(authority: Authority, folders: Folders, site_name: str) -> ReceiptKey:
    """The key for this site's receipts; made at the first start, anew once it is old.

    Its anchor is the authority; beside it stands the root that the server had before it had an
    authority, so that receipts of that time are still believed. Raises `OSError`.
    """
    credential = _read(authority, site_name)
    if credential is None:
        credential = authority.make_receipts(site_name)
        write_file(authority.files.receipts, credential.to_pem())
    signer = KeySigner(credential.key, pem(*credential.certificates[:-1]))
    return ReceiptKey(signer, pem(authority.certificate) + _earlier_root(folders))


def _earlier_root(folders: Folders) -> str:
    try:
        return pem(read_credential(folders.receipt_key).certificates[-1])
    except FileNotFoundError:
        return ""
    except IdentityError as error:
        logger.error("%s: receipts from before the authority can't be checked by cameras", error)
        return ""


def _read(authority: Authority, site_name: str) -> Credential | None:
    """The stored one, unless it is old, another site's or another authority's."""
    try:
        found = read_credential(authority.files.receipts)
        role = role_of(found.leaf)
    except FileNotFoundError:
        return None
    except IdentityError as error:
        logger.error("%s: a new key is made for receipts", error)
        return None
    is_ours = found.certificates[-1] == authority.certificate
    is_usable = is_ours and role == DestinationRole(site_name) and len(found.certificates) > 1
    return found if is_usable and not is_old(found.leaf, authority.clock) else None
