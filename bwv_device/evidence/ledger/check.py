"""Proves that a ledger is whole, or names each place where it is not: procedure L9.

Who uses it: `bwv ledger check`, `bwv verify`, the server for each segment that arrives. Pure: bytes
in, findings out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bwv_device.evidence.ledger.entry import BEFORE_ALL, Entry, fits
from bwv_device.evidence.ledger.head import Head, fingerprint, is_signed
from bwv_device.evidence.ledger.kinds import SIGN_EVERY, Own
from bwv_device.evidence.ledger.segment import Line, lines_of, opening_of
from bwv_device.protocol.errors import shown


class Fault(StrEnum):
    """What is wrong."""

    NOT_AN_ENTRY = "not_an_entry"
    """A line that nobody's ledger writes."""
    TORN = "torn"
    """The very last line is cut off: a power cut does that, and the next start repairs it."""
    ALTERED = "altered"
    """An entry does not follow from the one before: one of the two was changed."""
    MISSING = "missing"
    """Entries that were taken out."""
    OUT_OF_ORDER = "out_of_order"
    """An entry that was doubled, or moved."""
    SEGMENT_MISSING = "segment_missing"
    SEGMENT_STRANGE = "segment_strange"
    """It does not begin as a segment of this ledger."""
    FORGED = "forged"
    """A head's signature is not that of the stated key."""
    UNSIGNED = "unsigned"
    """More entries than a ledger with a signer ever leaves without a signed head."""
    UNTRUSTED = "untrusted"
    """The key's certificate is nobody's whom we trust."""
    CUT = "cut"
    """The ledger ends before a head that it once had."""
    REWRITTEN = "rewritten"
    """At the number of a head that it once had, it has another hash."""
    REPLACED = "replaced"
    """It is another ledger than the one that was known."""


UNSIGNED_MAX = 2 * SIGN_EVERY
"""A start enters some entries of its own before it signs."""

HARMLESS = frozenset({Fault.TORN})
"""What no hand is needed for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a ledger is not what it should be."""

    fault: Fault
    segment: int
    line: int
    """From 1; 0 for the segment as a whole."""
    number: int
    """Of the entry that is meant, or would be there; 0 where none is."""
    text: str
    """For a person."""


@dataclass
class Checked:
    """What a check came to. Entries that do not fit are not among `entries`."""

    findings: list[Finding] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    ledger: str = ""
    device: str = ""
    begins: int = 0
    """Number of the first entry that there is: above 1 where older segments were freed."""
    head: Head = field(default_factory=lambda: Head("", 0, BEFORE_ALL.hex()))
    """As the last entry states it."""
    signed: int = 0
    """Number of the newest entry that is covered by a signature which is right."""
    signers: list[str] = field(default_factory=list)
    """PEM chains whose keys signed, in order."""

    @property
    def ok(self) -> bool:
        return all(finding.fault in HARMLESS for finding in self.findings)


Trusts = Callable[[str], str]
"""Given a PEM chain, says why it is not to be trusted; empty where it is."""


def trust_any(_certificates_pem: str) -> str:
    """For a check that has no anchor: it proves that one key signed, not whose it is."""
    return ""


def check_segments(
    segments: Iterable[tuple[int, bytes]],
    known: Sequence[Head] = (),
    trusts: Trusts = trust_any,
    before: Head | None = None,
    *,
    are_closed: bool = False,
) -> Checked:
    """Check segments, in order. `known` are heads that the ledger is known to have had; `before`
    is the head that the first segment has to go on from, where one is known; `are_closed`: the
    newest is not being written any more, so that nothing excuses a torn line."""
    checker = _Checker(trusts, known)
    if before is not None:
        checker.go_on_from(before)
    for number, data in segments:
        checker.segment(number, data)
    if are_closed:
        checker.close()
    return checker.end()


class _Checker:
    """Walks over lines; what the line before *states* is what the next is held against, so that a
    changed line is found as that one and not as all that follow. An entry that can't be held
    against the one before, because that is missing, is not believed."""

    def __init__(self, trusts: Trusts, known: Sequence[Head]) -> None:
        self._trusts = trusts
        self._known = {head.number: head for head in known}
        self._reached: set[int] = set()
        self.made = Checked()
        self._segment = self._line = 0
        self._last_segment: int | None = None
        self._number: int | None = None
        self._hash: bytes | None = None
        """Of the line before; None where that can't be known."""
        self._certificates = ""
        self._unsigned = 0
        """Entries behind the last head, from the first signer on."""

    def go_on_from(self, head: Head) -> None:
        self.made.ledger, self._number = head.ledger, head.number
        self._hash = bytes.fromhex(head.hash)

    def segment(self, number: int, data: bytes) -> None:
        self._line = 0
        self.close()
        missing = range((self._last_segment or number - 1) + 1, number)
        for self._segment in missing:
            self._find(Fault.SEGMENT_MISSING, f"segment {self._segment} is missing")
        self._segment, self._last_segment = number, number
        lines = list(lines_of(data))
        self._begin(number, lines, behind_gap=self._number is None or bool(missing))
        for line in lines:
            self._line = line.place
            self._take(line, is_last=line is lines[-1])

    def close(self) -> None:
        """Only a segment that is still being written may end in a torn line."""
        findings = self.made.findings
        for place, finding in enumerate(findings):
            if finding.fault is Fault.TORN:
                findings[place] = replace(finding, fault=Fault.NOT_AN_ENTRY)

    def end(self) -> Checked:
        made = self.made
        self._line = 0
        made.begins = made.entries[0].number if made.entries else 0
        for number, head in sorted(self._known.items()):
            if made.ledger and head.ledger != made.ledger:
                text = f"it is another ledger than {shown(head.ledger)}, which was known"
                self._find(Fault.REPLACED, text)
            elif number not in self._reached and number >= made.begins:
                self._find(
                    Fault.CUT,
                    f"entry {number} is not there, though the ledger once went up to it: what "
                    "was behind was cut off",
                    head.number,
                )
        return made

    def _begin(self, number: int, lines: list[Line], *, behind_gap: bool) -> None:
        if not lines or not (len(lines) > 1 or lines[0].raw.endswith(b"\n")):
            self._find(Fault.TORN, "it was cut off before its first entry")
            return
        opening = opening_of(lines[0].entry)
        if behind_gap:
            # What it says of the hash before it has to do.
            self._hash = bytes.fromhex(opening.before) if opening else None
        if opening is None or opening.segment != number:
            self._find(Fault.SEGMENT_STRANGE, "it does not begin with what segment it is")
            return
        self.made.ledger = self.made.ledger or opening.ledger
        self.made.device = self.made.device or opening.device
        if opening.ledger != self.made.ledger:
            self._find(Fault.SEGMENT_STRANGE, f"it is of another ledger, {shown(opening.ledger)}")

    def _take(self, line: Line, *, is_last: bool) -> None:
        expected = None if self._number is None else self._number + 1
        if line.entry is None:
            self._unreadable(line, expected, is_last=is_last)
            return
        whole = self._is_whole(line, line.entry, expected)
        self._hold_against_known(line.entry)
        if whole:
            self._read(line.entry)
            self.made.entries.append(line.entry)
        self._count(line.entry)
        self._number, self._hash = line.entry.number, bytes.fromhex(line.entry.hash)
        self.made.head = Head(self.made.ledger, line.entry.number, line.entry.hash)

    def _unreadable(self, line: Line, expected: int | None, *, is_last: bool) -> None:
        if is_last and not line.raw.endswith(b"\n"):
            if line.place == 1:
                return
            self._find(Fault.TORN, f"the last line is cut off ({len(line.raw)} bytes)", expected)
            return
        self._find(Fault.NOT_AN_ENTRY, f"a line that is no entry: {line.problem}", expected)
        # What stood here had a number, and the next line's hash can't be held against it.
        self._number, self._hash = expected, None

    def _is_whole(self, line: Line, entry: Entry, expected: int | None) -> bool:
        number, at_start = entry.number, line.place == 1
        if expected is not None and number > expected:
            self._find(Fault.MISSING, f"{_numbers(expected, number - 1)} missing", expected)
            return at_start and self._hash is not None and fits(line.raw, entry, self._hash)
        if expected is not None and number < expected:
            text = f"entry {number} stands behind entry {expected - 1}: doubled or moved"
            self._find(Fault.OUT_OF_ORDER, text, number)
            return False
        if self._hash is None:
            # Behind a line that is no entry, which was named.
            return False
        if not fits(line.raw, entry, self._hash):
            text = f"entry {number} does not follow from the one before: one of them was changed"
            self._find(Fault.ALTERED, text, number)
            return False
        return True

    def _hold_against_known(self, entry: Entry) -> None:
        head = self._known.get(entry.number)
        if head is None or head.ledger != self.made.ledger:
            return
        self._reached.add(entry.number)
        if head.hash != entry.hash:
            text = f"entry {entry.number} is not the one that was there before: rewritten"
            self._find(Fault.REWRITTEN, text, entry.number)

    def _read(self, entry: Entry) -> None:
        if entry.kind == Own.SIGNER:
            self._meet_signer(str(entry.data.get("certificates", "")))
        elif entry.kind == Own.HEAD:
            self._verify_head(str(entry.data.get("signature", "")), entry.number)

    def _count(self, entry: Entry) -> None:
        """Of entries that no head covers yet."""
        self._unsigned = 0 if entry.kind == Own.HEAD else self._unsigned + bool(self._certificates)
        if self._unsigned == UNSIGNED_MAX + 1:
            first = entry.number - UNSIGNED_MAX
            text = f"from entry {first} on no head is signed, though there is a signer"
            self._find(Fault.UNSIGNED, text, first)

    def _meet_signer(self, certificates: str) -> None:
        self._certificates = certificates
        if certificates not in self.made.signers:
            self.made.signers.append(certificates)
            if problem := self._trusts(certificates):
                print_ = fingerprint(certificates)[:16]
                self._find(Fault.UNTRUSTED, f"the signing key {print_} is not trusted: {problem}")

    def _verify_head(self, signature: str, number: int) -> None:
        if self._hash is None or not self._certificates:
            return
        head = Head(self.made.ledger, number - 1, self._hash.hex())
        if is_signed(head, signature, self._certificates):
            self.made.signed = number - 1
        else:
            text = f"the signature in entry {number} is not that of the stated key for this head"
            self._find(Fault.FORGED, text, number)

    def _find(self, fault: Fault, text: str, number: int | None = 0) -> None:
        self.made.findings.append(Finding(fault, self._segment, self._line, number or 0, text))


def described(findings: Iterable[Finding]) -> Iterator[str]:
    """The findings, each in a line for a person."""
    for finding in findings:
        where = f"line {finding.line}" if finding.line else "as a whole"
        yield f"segment {finding.segment}, {where}: {finding.text}"


def _numbers(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"
