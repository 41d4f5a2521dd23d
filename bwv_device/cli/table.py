"""Which sub-commands there are, as data: nothing is imported until a command is asked for.

Used by `main`. Other packages add rows by the entry point group `bwv.commands`.
"""

import difflib
import importlib
from dataclasses import dataclass, fields
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from bwv_device.cli.command import Command
from bwv_device.errors import BwvError, Kind

GROUP = "bwv.commands"
OURS = ("bwv_device", "dock_server", "firmware_sim", "hal")
MUST_HAVE = tuple(field.name for field in fields(Command))
"""Another package's command need not be a `Command`, only look like one, so that the package
need not import ours."""


class CommandError(BwvError):
    """A command that does not exist, or can't be used with what is installed."""

    kind = Kind.REFUSE


@dataclass(frozen=True, slots=True)
class Row:
    """A command's place: `target` is "module:attribute"; `extra` brings what it needs; a
    plug-in's `help` is known only once it is loaded."""

    name: str
    target: str
    help: str | None
    extra: str | None = None


BUILT_IN = (
    Row("run", "bwv_device.cli.run:COMMAND", "run the camera on this machine's hardware", "pi"),
    Row("demo", "bwv_device.cli.demo:COMMAND", "watch the main job from start to dock", "pi,dock"),
    Row("clips", "bwv_device.cli.clips:COMMAND", "list the clips of the store"),
    Row("check", "bwv_device.cli.check:COMMAND", "prove that journal and files agree"),
    Row("verify", "bwv_device.cli.verify:COMMAND", "say what a clip proves"),
    Row("export", "bwv_device.cli.export:COMMAND", "write a court pack of clips", "verify"),
    Row("ledger", "bwv_device.cli.ledger:COMMAND", "say what the camera did, second by second"),
    Row("dock enrol", "bwv_device.cli.enrol:COMMAND", "get this camera its certificates", "pi"),
    Row("doctor", "bwv_device.cli.doctor:COMMAND", "say what is missing here, and the cure", "pi"),
    Row("devices", "bwv_device.cli.devices:COMMAND", "list the cameras and microphones", "pi"),
)


def rows() -> tuple[Row, ...]:
    """Every command, the built-in ones first; a plug-in can't replace one of them."""
    known = {row.name for row in BUILT_IN}
    plugged = [_plugged(entry) for entry in entry_points(group=GROUP) if entry.name not in known]
    return (*BUILT_IN, *sorted(plugged, key=lambda row: row.name))


def find(name: str) -> Row:
    """The row called `name`. Raises `CommandError` naming what there is."""
    known = {row.name: row for row in rows()}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
    raise CommandError(f"{name[:60]!r} is not a command: {hint}")


def describe(row: Row) -> str:
    """One line for help; loads a plug-in."""
    if row.help is not None:
        return row.help
    try:
        return load(row).help
    except CommandError as error:
        return str(error)


def load(row: Row) -> Command:
    """Import the command. Raises `CommandError` that says which extra brings a library that
    is missing, or that the command's own module is not there."""
    module, _, attribute = row.target.partition(":")
    try:
        command = getattr(importlib.import_module(module), attribute)
    except ImportError as error:
        raise CommandError(_missing(row, error)) from error
    lacking = [name for name in MUST_HAVE if not hasattr(command, name)]
    if lacking:
        raise TypeError(f"{row.target} is no command: it lacks {', '.join(lacking)}")
    return cast(Command, command)


def _missing(row: Row, error: ImportError) -> str:
    missing = error.name or str(error)
    if missing.partition(".")[0] in OURS:
        return f"bwv {row.name} is not part of this installation: {missing} is missing"
    cure = f"pip install 'bwv-device[{row.extra}]'" if row.extra else "pip install bwv-device"
    return f"bwv {row.name} needs {missing}, which is not installed: {cure}"


def _plugged(entry: EntryPoint) -> Row:
    extra = ",".join(entry.extras) or None
    return Row(entry.name, entry.value.partition(" ")[0], None, extra)
