"""Under which digests a clip may be known: as it lies here, in the clear, and as it was stored.

Who uses it: the checks of receipt and ledger, which know a clip by the digest of its stored form. A
clip that was sealed, and lies here opened, is known by what its manifest says that it was.
"""

from bwv_device.evidence.jws import SignedDocumentError
from bwv_device.evidence.manifest.signed import read_manifest
from bwv_device.evidence.verification.evidence import Evidence


def digests_of(evidence: Evidence) -> frozenset[str]:
    """SHA-256 in lower-case hex."""
    body = evidence.body
    known = {body.stored_sha256}
    if body.clear_sha256 is not None:
        known.add(body.clear_sha256)
    return frozenset(known | _stored_before(evidence))


def _stored_before(evidence: Evidence) -> set[str]:
    """What the clip was before it was opened, if its manifest fits what lies here; whether the
    manifest is to be believed is its own check's question."""
    if evidence.papers.manifest is None:
        return set()
    try:
        manifest = read_manifest(evidence.papers.manifest).manifest
    except SignedDocumentError:
        return set()
    if manifest.clear is None or manifest.clear.sha256 != evidence.body.clear_sha256:
        return set()
    return {manifest.stored.sha256}
