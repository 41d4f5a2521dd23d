"""Holds a clip against its device's ledger: was it opened and closed, and with which bytes.

Who uses it: the table of checks. That the ledger is whole is checked by the ledger's own room; what
is asked here is what it means for this clip. `bwv ledger` accounts for the time around it.
"""

from collections.abc import Iterator

from bwv_device.evidence.ledger.check import HARMLESS, Checked, Fault
from bwv_device.evidence.ledger.entry import Entry
from bwv_device.evidence.ledger.kinds import Kind
from bwv_device.evidence.verification.digests import digests_of
from bwv_device.evidence.verification.evidence import Evidence
from bwv_device.evidence.verification.facts import Fact, Source
from bwv_device.evidence.verification.verdict import Finding
from bwv_device.evidence.verification.words import counted

_SOURCE = Source.LEDGER


def check_ledger(evidence: Evidence) -> Iterator[Finding]:
    """Findings about the ledger as a whole, and about the clip in it."""
    checked = evidence.papers.ledger
    if checked is None:
        yield Finding(_SOURCE, Fact.LEDGER_ABSENT)
        return
    yield from _whole(checked)
    yield _clip(evidence, checked)


def _whole(checked: Checked) -> Iterator[Finding]:
    wrong = [one for one in checked.findings if one.fault not in HARMLESS]
    strangers = [one for one in wrong if one.fault is Fault.UNTRUSTED]
    broken = [one for one in wrong if one.fault is not Fault.UNTRUSTED]
    if strangers:
        yield Finding(_SOURCE, Fact.LEDGER_UNVOUCHED, detail=strangers[0].text)
    if broken:
        detail = f"{broken[0].text} ({counted(len(broken), 'finding')}; see bwv ledger check)"
        yield Finding(_SOURCE, Fact.LEDGER_BROKEN, detail=detail)


def _clip(evidence: Evidence, checked: Checked) -> Finding:
    known = digests_of(evidence)
    closed = [one for one in checked.entries if one.kind == Kind.CLIP_FINALISED]
    for entry in closed:
        if entry.data.get("sha256") in known:
            return Finding(_SOURCE, Fact.LEDGER_NAMES_CLIP, detail=f"entry {entry.number}")
    for entry in closed:
        if _is_named(entry, evidence):
            detail = f"entry {entry.number}, SHA-256 {entry.data.get('sha256')}"
            return Finding(_SOURCE, Fact.LEDGER_DIFFERS, detail=detail)
    detail = f"it has {counted(len(closed), 'clip')} of {checked.device}"
    return Finding(_SOURCE, Fact.LEDGER_SILENT, detail=detail)


def _is_named(entry: Entry, evidence: Evidence) -> bool:
    container, _, name = str(entry.data.get("file", "")).rpartition("/")
    if name != evidence.name:
        return False
    return evidence.container is None or container.rpartition("/")[2] == evidence.container
