"""Writes the tables and the diagram of the design page from the data that the firmware runs on.

Who uses it: `scripts/docs`, and the test that the page is up to date; nothing at run time.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path

from bwv_device.firmware.controls import CONTROLS
from bwv_device.firmware.indications_file import SHIPPED, load_indications
from bwv_device.firmware.policy import Policy
from bwv_device.firmware.reminders import LOW_BATTERY, REMINDERS
from bwv_device.firmware.states import State
from bwv_device.firmware.table import TABLE, Row
from hal.interfaces.haptic import Pulse
from hal.interfaces.light import LightPattern
from hal.interfaces.sounder import Beep

PAGE = Path("docs/design/firmware.md")
COPY = Path("config/indications.toml")
BEGIN, END = "<!-- begin {}: written by scripts/docs -->", "<!-- end {} -->"


def state_diagram() -> str:
    """The table as a Mermaid state diagram; rows that leave the state as it is are left out."""
    edges: dict[tuple[State, State], list[str]] = {}
    for row in TABLE:
        if row.dest is not None:
            edges.setdefault((row.source, row.dest), []).append(_label(row))
    lines = [f"    [*] --> {State.OFF}"]
    for (source, dest), labels in edges.items():
        lines.append(f"    {source} --> {dest} : {', '.join(labels)}")
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def _label(row: Row) -> str:
    return f"{row.trigger} [{' and '.join(row.guards)}]" if row.guards else row.trigger.value


def transitions() -> str:
    """Every row of the table, in the order of the states."""
    rows = sorted(TABLE, key=lambda row: list(State).index(row.source))
    return _table(
        ("state", "event", "if", "next state", "plays", "asks for", "follows"),
        (
            (
                row.source,
                row.trigger,
                " and ".join(row.guards),
                row.dest or "(stays)",
                ", ".join(row.plays),
                ", ".join(row.actions),
                row.follows,
            )
            for row in rows
        ),
    )


def controls() -> str:
    """What the wearer does with the button and what it asks for."""
    return _table(
        ("gesture", "event", "rule", "follows"),
        ((kind, row.trigger, row.rule, row.follows) for kind, row in CONTROLS.items()),
    )


def states() -> str:
    """What each state shows, from the table of indications that ships."""
    rows = load_indications().states
    return _table(
        ("state", "recording light", "status light", "screen", "follows"),
        (
            (
                state,
                _light(rows[state].recording_light),
                _light(rows[state].status_light),
                " / ".join((rows[state].screen.heading, *rows[state].screen.lines)) or "dark",
                rows[state].follows,
            )
            for state in State
        ),
    )


def moments() -> str:
    """What each moment plays, from the table of indications that ships."""
    return _table(
        ("moment", "sound", "vibration", "follows"),
        (
            (name, _beeps(row.sound), _pulses(row.haptic), row.follows)
            for name, row in load_indications().moments.items()
        ),
    )


def reminders() -> str:
    """What repeats."""
    rows = [*REMINDERS.items(), ("the battery is low", LOW_BATTERY)]
    return _table(
        ("while", "plays", "every", "follows"),
        ((when, row.moment, f"`{row.interval}`", row.follows) for when, row in rows),
    )


def figures() -> str:
    """What a force may set."""
    return _table(
        ("figure", "default", "range", "follows"),
        (
            (
                f"`{figure.name}`",
                figure.default,
                "{low} to {high}".format(**figure.metadata)
                if "low" in figure.metadata
                else "standby, pre_record",
                figure.metadata["source"],
            )
            for figure in fields(Policy)
        ),
    )


BLOCKS: Mapping[str, Callable[[], str]] = {
    "state diagram": state_diagram,
    "transitions": transitions,
    "controls": controls,
    "states": states,
    "moments": moments,
    "reminders": reminders,
    "figures": figures,
}
"""What the page takes from data, by the name that its markers give."""


def filled(page: str) -> str:
    """`page` with every block between its two markers written anew.

    Raises `ValueError` when a block has no markers.
    """
    for name, write_block in BLOCKS.items():
        begin, end = BEGIN.format(name), END.format(name)
        head, found, rest = page.partition(begin)
        _, closed, tail = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"{PAGE} has no place for {name!r}: add {begin} and {end}")
        page = f"{head}{begin}\n\n{write_block()}\n\n{end}{tail}"
    return page


def write(root: Path) -> None:
    """Write the page and the copy of the table of indications below `root`."""
    page = root / PAGE
    page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
    (root / COPY).write_text(SHIPPED.read_text(encoding="utf-8"), encoding="utf-8")


def _table(heads: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    lines = [list(heads), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _light(pattern: LightPattern) -> str:
    if not pattern.lit:
        return "dark"
    return f"{pattern.colour}, {_blink(pattern)}" if pattern.off_s else pattern.colour


def _blink(pattern: LightPattern) -> str:
    return f"{pattern.on_s:g} s on, {pattern.off_s:g} s off"


def _beeps(pattern: tuple[Beep, ...]) -> str:
    return f"{len(pattern)} x {pattern[0].on_s:g} s" if pattern else "none"


def _pulses(pattern: tuple[Pulse, ...]) -> str:
    return f"{len(pattern)} x {pattern[0].on_s:g} s" if pattern else "none"


if __name__ == "__main__":
    write(Path.cwd())
