"""Finding a command: what is said when it, or a library that it needs, is not installed."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from bwv_device.cli import table
from bwv_device.cli.table import GROUP, CommandError, Row, find, load, rows


def refusal(row: Row) -> str:
    with pytest.raises(CommandError) as raised:
        load(row)
    return str(raised.value)


def test_a_missing_library_names_the_extra_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needs_moonstone.py").write_text("import moonstone\n")
    monkeypatch.syspath_prepend(tmp_path)
    row = Row("shine", "needs_moonstone:COMMAND", "shines", "dock")
    assert refusal(row) == (
        "bwv shine needs moonstone, which is not installed: pip install 'bwv-device[dock]'"
    )


def test_a_room_that_is_not_installed_is_no_missing_library() -> None:
    message = refusal(Row("shine", "dock_server.moonstone:COMMAND", "shines", "dock"))
    assert message == (
        "bwv shine is not part of this installation: dock_server.moonstone is missing"
    )


def test_something_that_is_no_command_is_refused() -> None:
    with pytest.raises(TypeError, match="json:dumps is no command: it lacks"):
        load(Row("shine", "json:dumps", "shines"))


def test_the_names_are_all_different() -> None:
    names = [row.name for row in rows()]
    assert len(names) == len(set(names))


def test_a_plug_in_brings_its_extra_and_can_not_replace_a_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plugged = [
        EntryPoint("shine", "moonstone.cli:COMMAND [glow]", GROUP),
        EntryPoint("clips", "moonstone.cli:COMMAND", GROUP),
    ]
    monkeypatch.setattr(table, "entry_points", lambda group: plugged if group == GROUP else [])
    row = find("shine")
    assert (row.target, row.extra) == ("moonstone.cli:COMMAND", "glow")
    assert find("clips").target == "bwv_device.cli.clips:COMMAND"
