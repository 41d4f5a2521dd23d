"""What the pages show of cameras' ledgers. Pure; the templates only lay it out.

Who uses it: `ledger_pages`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bwv_device.evidence.ledger.account import UNKNOWN, Account, Stretch, account, shifts
from bwv_device.evidence.ledger.check import Checked
from bwv_device.protocol.names import LedgerName, parse_ledger_container
from bwv_device.protocol.times import SECOND_NS
from dock_server import formats
from dock_server.badges import Badge
from dock_server.tables import LedgerRow

SHIFTS_SHOWN, STRETCHES_SHOWN = 30, 200

_WHOLE = Badge("Whole", "good")
_UNSIGNED = Badge("Whole, not signed", "plain")
_WRONG = Badge("Changed or damaged", "bad")
_EMPTY = Badge("Nothing yet", "busy")


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One ledger in the list."""

    href: str
    serial: str
    ledger: str
    segments: int
    entries: int
    badge: Badge
    note: str
    """What a person has to know of it in a few words; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class StretchView:
    """One stretch of a shift."""

    begin: str
    end: str
    length: str
    state: str
    why: str
    is_unknown: bool


@dataclass(frozen=True, slots=True)
class ShiftView:
    """From the dock back to the dock."""

    title: str
    length: str
    totals: str
    unknown: str
    """How much of it nobody knows; empty where all is known."""
    stretches: tuple[StretchView, ...]
    more: int


@dataclass(frozen=True, slots=True)
class LedgerView:
    """One camera's ledger."""

    serial: str
    badge: Badge
    facts: tuple[tuple[str, str], ...]
    head: str
    findings: tuple[str, ...]
    remarks: tuple[str, ...]
    shifts: tuple[ShiftView, ...]
    """The newest first."""


@dataclass(frozen=True, slots=True)
class Told:
    """A camera's ledger, as far as it was read."""

    name: LedgerName
    rows: Sequence[LedgerRow]
    checked: Checked
    """Of the newest segments."""


def ledger_lines(found: Mapping[str, Sequence[LedgerRow]]) -> list[LedgerLine]:
    """The ledgers by camera; a camera that has more than one says so."""
    names = {container: parse_ledger_container(container) for container in found}
    serials = [name.serial for name in names.values()]
    return [
        _line(container, names[container], rows, serials.count(names[container].serial))
        for container, rows in found.items()
    ]


def ledger_view(told: Told) -> LedgerView:
    """One ledger."""
    made = account(told.checked.entries)
    parts = [part for part in reversed(shifts(made)) if part.stretches][:SHIFTS_SHOWN]
    last = told.rows[-1] if told.rows else None
    head = f"{told.name.ledger_id}:{last.last}:{last.hash}" if last else formats.NOTHING
    return LedgerView(
        serial=told.name.serial,
        badge=_badge(told.rows),
        facts=_facts(told),
        head=head,
        findings=tuple(line for row in told.rows for line in row.findings.splitlines()),
        remarks=made.remarks,
        shifts=tuple(map(_shift, parts)),
    )


def _line(container: str, name: LedgerName, rows: Sequence[LedgerRow], count: int) -> LedgerLine:
    findings = sum(len(row.findings.splitlines()) for row in rows)
    return LedgerLine(
        href=f"/ledgers/{container}",
        serial=name.serial,
        ledger=name.ledger_id,
        segments=len(rows),
        entries=rows[-1].last if rows else 0,
        badge=_badge(rows),
        note="; ".join(
            text
            for text in (
                f"{findings} finding{'s' if findings > 1 else ''}" if findings else "",
                f"this camera has begun {count} ledgers" if count > 1 else "",
            )
            if text
        ),
    )


def _badge(rows: Sequence[LedgerRow]) -> Badge:
    if not rows:
        return _EMPTY
    if any(row.findings for row in rows):
        return _WRONG
    return _WHOLE if rows[-1].signed else _UNSIGNED


def _facts(told: Told) -> tuple[tuple[str, str], ...]:
    rows, entries = told.rows, told.checked.entries
    read = f"{len(entries)}, from number {told.checked.begins}" if entries else formats.NOTHING
    return (
        ("Ledger", told.name.ledger_id),
        ("Segments here", str(len(rows))),
        ("Entries shown", read),
        ("Signed up to entry", str(rows[-1].signed) if rows and rows[-1].signed else "nothing"),
    )


def _shift(part: Account) -> ShiftView:
    begin_ns, end_ns = part.stretches[0].from_ns, part.stretches[-1].to_ns
    sums = sorted(part.lengths_ns().items(), key=lambda item: -item[1])
    unknown_ns = sum(each.length_ns for each in part.unknown)
    return ShiftView(
        title=f"{formats.utc(begin_ns)} to {formats.utc(end_ns)}",
        length=_length(end_ns - begin_ns),
        totals=", ".join(f"{state} {_length(ns)}" for state, ns in sums),
        unknown=_length(unknown_ns) if unknown_ns else "",
        stretches=tuple(map(_stretch, part.stretches[:STRETCHES_SHOWN])),
        more=max(0, len(part.stretches) - STRETCHES_SHOWN),
    )


def _stretch(stretch: Stretch) -> StretchView:
    return StretchView(
        begin=formats.utc(stretch.from_ns),
        end=formats.utc(stretch.to_ns),
        length=_length(stretch.length_ns),
        state=stretch.state,
        why=stretch.why,
        is_unknown=stretch.state == UNKNOWN,
    )


def _length(length_ns: int) -> str:
    return formats.duration(length_ns / SECOND_NS)
