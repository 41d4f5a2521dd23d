"""What a clip proves, on one screen for a person.

Used by `bwv verify`. Everything that came out of a file is stripped of what steers terminals.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from bwv_device.cli.printing import counted, harmless, table
from bwv_device.cli.verify.outcome import Outcome
from bwv_device.evidence.verification.facts import Effect
from bwv_device.evidence.verification.missing import MissingClip
from bwv_device.evidence.verification.presentation import Row, rows
from bwv_device.evidence.verification.verdict import Grade, Verdict
from bwv_device.evidence.verification.words import ADVICE, MEANINGS, headline

_MOST_OF_A_SOURCE = 6
"""Findings of one source that are shown; the rest are counted. All are in `--json`."""

_STYLES = {0: "bold green", 3: "bold yellow", 4: "bold yellow", 5: "bold yellow"}
_BAD = "bold red"


def show(outcomes: Sequence[Outcome], out: Console) -> None:
    """One clip in full; of several a line each, and in full those that are not authentic."""
    if len(outcomes) > 1:
        _list(outcomes, out)
    for outcome in outcomes:
        if len(outcomes) == 1 or outcome.verdict.grade is not Grade.AUTHENTIC:
            _show(outcome, out)


def show_missing(missing: Sequence[MissingClip], out: Console) -> None:
    """Clips that are named and are not there; nothing where there is none."""
    if not missing:
        return
    out.print()
    out.print(Text(f"{counted(len(missing), 'clip')} missing: named, and not there", style=_BAD))
    listed = table("clip", "named by")
    for one in missing:
        listed.add_row(harmless(one.path.name), harmless(one.named_by))
    out.print(listed)
    out.print("what to do: Ask where they are: whoever has them, or who took them away.")


def _list(outcomes: Sequence[Outcome], out: Console) -> None:
    listed = table("clip", "verdict", "signed by")
    for outcome in outcomes:
        name = harmless(outcome.path.name)
        signers = harmless("; ".join(outcome.signers))
        listed.add_row(name, _headline(outcome.verdict), signers)
    out.print(listed)
    good = sum(outcome.verdict.grade is Grade.AUTHENTIC for outcome in outcomes)
    out.print(f"{good} of {counted(len(outcomes), 'clip')} authentic", style="bold")


def _show(outcome: Outcome, out: Console) -> None:
    verdict = outcome.verdict
    out.print()
    out.print(_headline(verdict), Text("  "), harmless(outcome.path.name), sep="")
    out.print(MEANINGS[verdict.grade])
    listed = table("", "", "")
    listed.show_header = False
    for row in _rows(verdict):
        listed.add_row(*row)
    out.print(listed)
    out.print("what to do: ", ADVICE[verdict.grade], sep="")


def _rows(verdict: Verdict) -> Iterator[tuple[Text, Text, Text]]:
    for name, group in groupby(rows(verdict), key=lambda row: row.source):
        told = list(group)
        for number, row in enumerate(told[:_MOST_OF_A_SOURCE]):
            label = Text(name if number == 0 else "", style="bold")
            yield Text(row.mark, style=_mark_style(row)), label, harmless(row.text)
        if len(told) > _MOST_OF_A_SOURCE:
            more = f"and {len(told) - _MOST_OF_A_SOURCE} more (--json lists them)"
            yield Text(), Text(), Text(more, style="dim")


def _mark_style(row: Row) -> str:
    return {Effect.NONE: "", Effect.PROVES: "green"}.get(row.effect, "red")


def _headline(verdict: Verdict) -> Text:
    return Text(headline(verdict), style=_STYLES.get(verdict.exit_code, _BAD))
