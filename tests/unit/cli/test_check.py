"""`bwv check`: exit code, words and JSON for right, pending and wrong stores."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bwv_device.cli.check import COMMAND
from bwv_device.cli.main import main
from bwv_device.cli.table import find, load
from bwv_device.evidence.journal import FILE_NAME
from bwv_device.evidence.store import Store
from tests.support.clips import clip_bytes
from tests.support.hasty import hasty_disk
from tests.support.stores import cut_off, damage_clip_rows, record

Output = pytest.CaptureFixture[str]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An open store, as a running agent has it."""
    with hasty_disk():
        opened = Store.open(tmp_path / "store")
        yield opened
        opened.close()


def test_the_command_is_the_one_of_the_table() -> None:
    assert load(find("check")) is COMMAND


def test_a_right_store_passes(store: Store, capsys: Output) -> None:
    record(store)
    assert main(["check", "--store", str(store.folder)]) == 0
    assert capsys.readouterr().out == "journal and files agree; 1 clip, 0 pending\n"


def test_a_right_store_passes_for_machines(store: Store, capsys: Output) -> None:
    record(store)
    assert main(["check", "--store", str(store.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "ok": True,
        "store": str(store.folder),
        "clips": 1,
        "findings": [],
    }


def test_what_is_pending_is_shown_and_passes(store: Store, capsys: Output) -> None:
    clip = cut_off(store, clip_bytes(1.0))
    assert main(["check", "--store", str(store.folder)]) == 0
    out = capsys.readouterr().out
    assert Path(clip.file).name in out.replace("\n", "")
    assert "is being recorded" in out and "1 pending" in out


def test_an_altered_byte_fails_and_says_what_to_do(store: Store, capsys: Output) -> None:
    clip = record(store)
    data = bytearray(store.path(clip).read_bytes())
    data[4000] ^= 1
    store.path(clip).write_bytes(data)
    assert main(["check", "--store", str(store.folder), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    (finding,) = found["findings"]
    assert finding["severity"] == "wrong" and finding["where"] == clip.file
    assert "report it" in finding["to_do"]
    assert main(["check", "--store", str(store.folder)]) == 1
    assert "1 wrong" in capsys.readouterr().out


def test_a_file_with_a_hostile_name_is_shown_harmlessly(store: Store, capsys: Output) -> None:
    (store.folder / "clips" / "\x1b[31m[bold]\udcff.mp4").touch()
    assert main(["check", "--store", str(store.folder)]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out and "[bold]" in out
    assert main(["check", "--store", str(store.folder), "--json"]) == 1
    assert "[bold]" in json.loads(capsys.readouterr().out)["findings"][0]["where"]


def test_a_damaged_journal_fails_without_a_traceback(store: Store, capsys: Output) -> None:
    for number in range(30):
        record(store, clip_bytes(1.0), trigger_s=number)
    store.close()
    damage_clip_rows(store.folder)
    assert main(["check", "--store", str(store.folder), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False and found["findings"][0]["where"] == FILE_NAME


def test_a_journal_that_is_no_database_fails_with_what_to_do(
    tmp_path: Path, capsys: Output
) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"x" * 5000)
    assert main(["check", "--store", str(tmp_path)]) == 1
    assert "damaged" in capsys.readouterr().err


def test_no_bar_is_drawn_where_there_is_no_terminal(store: Store, capsys: Output) -> None:
    record(store)
    main(["check", "--store", str(store.folder), "--json"])
    assert capsys.readouterr().err == ""


def test_a_check_changes_nothing(store: Store) -> None:
    record(store)
    cut_off(store, clip_bytes(1.0)[:-9], trigger_s=9)
    before = {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()}
    main(["check", "--store", str(store.folder)])
    after = {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()}
    assert {path.name for path in after} == {path.name for path in before}
    changed = {path.name for path in before if before[path] != after[path]}
    # The shared memory of SQLite's readers is all that may differ.
    assert changed <= {f"{FILE_NAME}-shm"}
