"""A receipt as the signed document that the destination gives: written, read, checked.

Who uses it: the server signs, the camera and `bwv verify` read. Everything here is pure.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from pydantic import ValidationError

from bwv_device.evidence import jws, trust
from bwv_device.evidence.jws import SignedDocumentError
from bwv_device.evidence.receipt.schema import VERSION, Receipt
from bwv_device.evidence.signer import Signer
from bwv_device.evidence.trust import Distrust, UntrustedError
from bwv_device.protocol.documents import first_problem, parse_json
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.roles import DestinationRole

KIND = "bwv-receipt+json"
"""Its `typ`."""
DOCUMENT_MAX_BYTES = 32_000_000


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A receipt whose signature is right. Who signed is judged by `require_trusted`."""

    receipt: Receipt
    chain: tuple[x509.Certificate, ...]
    """The signer's certificates, leaf first."""
    sha256: str
    """Of the whole text: what the next receipt of this camera names as the one before."""

    def require_trusted(
        self, anchors: Sequence[x509.Certificate], at_utc_ns: int
    ) -> x509.Certificate:
        """The anchor that stands behind the signer at that time. Raises `UntrustedError` when there
        is none, or the signer is no destination: no camera can sign for what it sent."""
        anchor = trust.require_trusted(self.chain, anchors, at_utc_ns)
        role = trust.signer_role(self.chain)
        if not isinstance(role, DestinationRole):
            raise UntrustedError(f"signed by {role}, which is no destination", Distrust.WRONG_ROLE)
        return anchor


class ReceiptMismatchError(SignedDocumentError):
    """A receipt is right, and is about something else than was asked."""


def sign_receipt(receipt: Receipt, signer: Signer) -> bytes:
    """The document's text. Raises `SigningError`."""
    return jws.sign(receipt.to_json().encode(), KIND, signer)


def read_receipt(text: bytes) -> SignedReceipt:
    """The receipt in `text`, its signature checked. Raises `SignedDocumentError` for anything
    else: no JSON, no signature, a wrong one, a manifest, nonsense, a newer version."""
    found = jws.read(text, KIND, DOCUMENT_MAX_BYTES)
    try:
        receipt = Receipt.model_validate(parse_json(found.payload, "receipt", DOCUMENT_MAX_BYTES))
    except ValidationError as error:
        raise SignedDocumentError(str(first_problem(error, "receipt"))) from error
    except ProtocolError as error:
        raise SignedDocumentError(str(error)) from error
    if receipt.version > VERSION:
        raise SignedDocumentError(
            f"the receipt has version {receipt.version}, this software reads {VERSION}: update it"
        )
    return SignedReceipt(receipt, found.chain, text_sha256(text))


def text_sha256(text: bytes) -> str:
    """What a receipt is named by in the one after it."""
    return hashlib.sha256(text).hexdigest()


def require_covers(
    receipt: Receipt, container: str, name: str, size_bytes: int, sha256: str
) -> None:
    """Raise `ReceiptMismatchError` unless the receipt answers for exactly these bytes there."""
    if receipt.container != container:
        raise ReceiptMismatchError(f"the receipt is about {receipt.container}, not {container}")
    held = receipt.object(name)
    if held is None:
        raise ReceiptMismatchError(f"the receipt of {container} does not name {name}")
    if (held.bytes, held.sha256) != (size_bytes, sha256):
        raise ReceiptMismatchError(
            f"the receipt names {name} with {held.bytes} bytes and SHA-256 {held.sha256}; recorded "
            f"were {size_bytes} with {sha256}"
        )


def contradiction(later: SignedReceipt, earlier: SignedReceipt) -> str:
    """How two receipts of one camera at one destination contradict each other; empty when they do
    not. One that was rewritten, or a destination that was put back to an older state, shows so."""
    new, old = later.receipt, earlier.receipt
    if (new.device, new.site_name) != (old.device, old.site_name):
        return ""
    if new.number == old.number and later.sha256 != earlier.sha256:
        return f"receipt {new.number} was given for {old.container} and for {new.container}"
    if new.number == old.number + 1 and new.previous_sha256 != earlier.sha256:
        return f"receipt {new.number} follows another receipt {old.number} than the one given here"
    return ""
