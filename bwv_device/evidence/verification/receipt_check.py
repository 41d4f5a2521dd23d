"""Holds a clip against the receipt that a destination signed for its recording.

Who uses it: the table of checks. A receipt says that somebody else held these very bytes at that
time. It makes no unsigned clip a signed one, so one that nobody vouches for counts for nothing.
"""

from collections.abc import Iterator

from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.trust import role_of
from bwv_device.evidence.jws import SignedDocumentError
from bwv_device.evidence.receipt.schema import HeldObject, Receipt
from bwv_device.evidence.receipt.signed import SignedReceipt, read_receipt
from bwv_device.evidence.verification.digests import digests_of
from bwv_device.evidence.verification.evidence import Evidence
from bwv_device.evidence.verification.facts import Effect, Fact, Source
from bwv_device.evidence.verification.signer_check import signer_findings
from bwv_device.evidence.verification.verdict import Finding
from bwv_device.protocol.roles import DestinationRole, Role
from bwv_device.protocol.times import rfc3339

_SOURCE = Source.RECEIPT


def check_receipt(evidence: Evidence) -> Iterator[Finding]:
    """Findings about signature, signer, and the clip against what the destination holds."""
    if evidence.papers.receipt is None:
        yield Finding(_SOURCE, Fact.RECEIPT_ABSENT)
        return
    try:
        signed = read_receipt(evidence.papers.receipt)
    except SignedDocumentError as error:
        yield Finding(_SOURCE, Fact.RECEIPT_BROKEN, detail=str(error))
        return
    about_signer = list(_signer(evidence, signed))
    against = [one for one in about_signer if one.effect > Effect.PROVES]
    if against:
        yield Finding(_SOURCE, Fact.RECEIPT_UNVOUCHED, detail=against[0].detail)
        return
    yield from about_signer
    yield _content(evidence, signed.receipt)


def _signer(evidence: Evidence, signed: SignedReceipt) -> Iterator[Finding]:
    receipt = signed.receipt
    role = _destination(signed) or DestinationRole(receipt.site_name)
    yield from signer_findings(_SOURCE, signed.chain, evidence.trust, receipt.issued_utc_ns, role)


def _destination(signed: SignedReceipt) -> Role | None:
    """Who the signer is, if it is a destination: no camera can sign for what it sent."""
    try:
        role = role_of(signed.chain[0])
    except IdentityError:
        return None
    return role if isinstance(role, DestinationRole) else None


def _content(evidence: Evidence, receipt: Receipt) -> Finding:
    known = digests_of(evidence)
    where = f"{receipt.site_name}, {rfc3339(receipt.issued_utc_ns)}, number {receipt.number}"
    if any(held.sha256 in known for held in receipt.objects):
        return Finding(_SOURCE, Fact.RECEIPT_GOOD, detail=where)
    named = _named(evidence, receipt)
    if named is None:
        detail = f"it is about {receipt.container}, {where}"
        return Finding(_SOURCE, Fact.RECEIPT_SILENT, detail=detail)
    detail = f"{where}: {named.bytes} bytes with SHA-256 {named.sha256}"
    return Finding(_SOURCE, Fact.RECEIPT_DIFFERS, detail=detail)


def _named(evidence: Evidence, receipt: Receipt) -> HeldObject | None:
    if evidence.container is not None and evidence.container != receipt.container:
        return None
    return receipt.object(evidence.name)
