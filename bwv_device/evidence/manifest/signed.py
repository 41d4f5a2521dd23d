"""A manifest as the signed document that lies beside the clip: written, read, checked.

Who uses it: `keeping` on the camera, the server's page, `bwv verify` (which needs no store).
Everything here is pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from pydantic import ValidationError

from bwv_device.evidence import jws, trust
from bwv_device.evidence.jws import SignedDocumentError
from bwv_device.evidence.manifest.schema import VERSION, Manifest
from bwv_device.evidence.signer import Signer
from bwv_device.evidence.trust import Distrust, UntrustedError
from bwv_device.protocol.documents import first_problem, parse_json
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.roles import DeviceRole

KIND = "bwv-manifest+json"
"""Its `typ`."""
DOCUMENT_MAX_BYTES = 32_000_000
"""`UNITS_MAX` units of at most 200 bytes each, in base64, and some."""


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """A manifest whose signature is right. Who signed is judged by `require_trusted`."""

    manifest: Manifest
    chain: tuple[x509.Certificate, ...]
    """The signer's certificates, leaf first."""

    def require_trusted(self, anchors: Sequence[x509.Certificate], at_utc_ns: int) -> None:
        """Raise `UntrustedError` unless an anchor stands behind the signer at that time, and the
        signer is the camera that the manifest names; ask for `manifest.made_utc_ns` and for today,
        and report both."""
        trust.require_trusted(self.chain, anchors, at_utc_ns)
        role = trust.signer_role(self.chain)
        if role != DeviceRole(self.manifest.device.serial):
            raise UntrustedError(
                f"signed by {role}, and it is about device {self.manifest.device.serial}",
                Distrust.WRONG_ROLE,
            )


def sign_manifest(manifest: Manifest, signer: Signer) -> bytes:
    """The document's text. Raises `SigningError`."""
    return jws.sign(manifest.to_json().encode(), KIND, signer)


def read_manifest(text: bytes) -> SignedManifest:
    """The manifest in `text`, its signature checked.

    Raises `SignedDocumentError` for anything else: no JSON, no signature, a wrong one, a receipt,
    valid JSON that is no manifest, a newer version.
    """
    found = jws.read(text, KIND, DOCUMENT_MAX_BYTES)
    try:
        document = parse_json(found.payload, "manifest", DOCUMENT_MAX_BYTES)
        manifest = Manifest.model_validate(document)
    except ValidationError as error:
        raise SignedDocumentError(str(first_problem(error, "manifest"))) from error
    except ProtocolError as error:
        raise SignedDocumentError(str(error)) from error
    if manifest.version > VERSION:
        raise SignedDocumentError(
            f"the manifest has version {manifest.version}, this software reads {VERSION}: update it"
        )
    return SignedManifest(manifest, found.chain)
