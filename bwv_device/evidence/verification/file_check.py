"""What can be said of the file itself, before any signature: readable, whole, opened.

Who uses it: the table of checks.
"""

from collections.abc import Iterator

from bwv_device.evidence.verification.evidence import Evidence
from bwv_device.evidence.verification.facts import Fact, Source
from bwv_device.evidence.verification.verdict import Finding


def check_file(evidence: Evidence) -> Iterator[Finding]:
    """Findings about what was read of the clip."""
    body = evidence.body
    if body.sealed and not body.opened:
        return
    footage = body.footage
    if footage is None:
        yield Finding(Source.FILE, Fact.UNREADABLE, detail=body.problem)
        return
    end_ns = footage.end_ns
    if footage.repacked:
        yield Finding(Source.FILE, Fact.REPACKED, detail=footage.codec)
    if footage.damaged_bytes:
        yield Finding(Source.FILE, Fact.DAMAGED, detail=f"{footage.damaged_bytes} bytes")
    if footage.torn_bytes:
        detail = f"{footage.torn_bytes} bytes"
        yield Finding(Source.FILE, Fact.TORN_TAIL, end_ns, end_ns, detail)
    yield Finding(Source.FILE, Fact.SOUND_UNCOVERED)


def check_seal(evidence: Evidence) -> Iterator[Finding]:
    """Findings about the seal, where there is one."""
    body = evidence.body
    if not body.sealed:
        return
    if not body.opened:
        yield Finding(Source.SEAL, Fact.NOT_OPENED, detail=body.problem)
        return
    yield Finding(Source.SEAL, Fact.OPENED)
    if body.ends_early:
        end_ns = body.footage.end_ns if body.footage is not None else None
        yield Finding(Source.SEAL, Fact.SEAL_ENDS_EARLY, end_ns, end_ns)
