"""The table of checks, and the whole verification of one clip in two lines.

Who uses it: `bwv verify`, `bwv export`. A check sees the evidence and nothing that another check
has found; what is said of the clip is the judge's.
"""

from collections.abc import Callable, Iterable

from bwv_device.evidence.verification.evidence import Evidence
from bwv_device.evidence.verification.file_check import check_file, check_seal
from bwv_device.evidence.verification.ledger_check import check_ledger
from bwv_device.evidence.verification.manifest_check import check_manifest
from bwv_device.evidence.verification.receipt_check import check_receipt
from bwv_device.evidence.verification.stream_check import check_stream
from bwv_device.evidence.verification.verdict import Finding, Verdict, judge

Check = Callable[[Evidence], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    check_file,
    check_seal,
    check_stream,
    check_manifest,
    check_receipt,
    check_ledger,
)


def verify(evidence: Evidence) -> Verdict:
    """What the evidence proves."""
    return judge(finding for check in CHECKS for finding in check(evidence))
