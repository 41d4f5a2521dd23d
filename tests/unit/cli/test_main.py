"""The `bwv` command: which exit code and which words each kind of trouble gives."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bwv_device.cli import main as main_module
from bwv_device.cli.command import Command
from bwv_device.cli.main import main
from bwv_device.cli.table import CommandError
from bwv_device.errors import BwvError, Kind
from hal.errors import DeviceMissingError

Run = Callable[[argparse.Namespace], int]
Output = pytest.CaptureFixture[str]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], None]:
    """Puts a command called `clips` in the place of the real one."""

    def put(run: Run) -> None:
        made = Command("clips", "for a test", lambda _parser: None, run)
        monkeypatch.setattr(main_module, "load", lambda _row: made)

    return put


def seen(command: Callable[[Run], None], argv: list[str]) -> argparse.Namespace:
    found: list[argparse.Namespace] = []
    command(lambda args: found.append(args) or 0)
    assert main(argv) == 0
    return found[0]


def test_no_command_is_a_usage_error_that_lists_the_commands(capsys: Output) -> None:
    assert main([]) == 2
    assert "doctor" in capsys.readouterr().err


def test_a_misspelt_command_says_what_was_meant(capsys: Output) -> None:
    assert main(["doktor"]) == 2
    assert "did you mean doctor?" in capsys.readouterr().err


def test_a_command_of_ten_thousand_characters_gives_a_short_line(capsys: Output) -> None:
    assert main(["x" * 10_000]) == 2
    assert len(capsys.readouterr().err) < 300


@pytest.mark.parametrize(
    "argv", [["--json", "clips"], ["clips", "--json"], ["--json", "clips", "--json"]]
)
def test_json_may_stand_on_either_side(command: Callable[[Run], None], argv: list[str]) -> None:
    assert seen(command, argv).json is True


@pytest.mark.parametrize("argv", [["--config", "a.toml", "clips"], ["clips", "--config=a.toml"]])
def test_config_may_stand_on_either_side(command: Callable[[Run], None], argv: list[str]) -> None:
    assert seen(command, argv).config == Path("a.toml")


def test_keys_set_on_both_sides_are_all_kept(command: Callable[[Run], None]) -> None:
    args = seen(command, ["--set", "a.b=1", "--set", "c=x=y", "clips", "--set", "a.b=2"])
    assert args.overrides == {"a.b": "2", "c": "x=y"}


def test_set_without_a_value_is_a_usage_error(command: Callable[[Run], None]) -> None:
    command(lambda _args: 0)
    with pytest.raises(SystemExit) as stopped:
        main(["clips", "--set", "length_s"])
    assert stopped.value.code == 2


def test_an_unknown_option_is_a_usage_error(command: Callable[[Run], None]) -> None:
    command(lambda _args: 0)
    with pytest.raises(SystemExit) as stopped:
        main(["clips", "--nonsense"])
    assert stopped.value.code == 2


class BusyError(BwvError):
    kind = Kind.RETRY


def failing(error: BaseException) -> Run:
    def run(_args: argparse.Namespace) -> int:
        raise error

    return run


@pytest.mark.parametrize("error", [BusyError("try later"), DeviceMissingError("try later")])
def test_an_error_of_ours_is_one_line_and_exit_code_1(
    command: Callable[[Run], None], capsys: Output, error: Exception
) -> None:
    command(failing(error))
    assert main(["clips"]) == 1
    printed = capsys.readouterr()
    assert printed.err == "bwv: try later\n"
    assert printed.out == ""


def test_an_error_is_an_object_for_machines(command: Callable[[Run], None], capsys: Output) -> None:
    command(failing(BusyError("try later")))
    assert main(["clips", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "ok": False,
        "error": {"type": "BusyError", "kind": "retry", "message": "try later"},
    }


def test_an_error_that_is_not_ours_is_not_hidden(command: Callable[[Run], None]) -> None:
    command(failing(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        main(["clips"])


def test_ctrl_c_is_exit_code_130(command: Callable[[Run], None]) -> None:
    command(failing(KeyboardInterrupt()))
    assert main(["clips"]) == 130


def test_a_command_of_two_words_needs_no_server_on_the_camera(capsys: Output) -> None:
    """`bwv dock` itself is the server's, which a camera does not have installed."""
    with pytest.raises(SystemExit) as stopped:
        main(["dock", "enrol", "--help"])
    assert stopped.value.code == 0
    said = capsys.readouterr().out
    assert "usage: bwv dock enrol" in said and "--code" in said


def test_its_first_word_alone_is_still_the_other_packages_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def find(name: str) -> None:
        asked.append(name)
        raise CommandError("no such command here")

    monkeypatch.setattr(main_module, "find", find)
    assert [main(["dock", "serve"]), main(["dock"]), main(["dock", "enrol"])] == [2, 2, 2]
    assert asked == ["dock", "dock", "dock enrol"]
