"""`bwv ledger`: list, account and check, of a store and of single segments."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bwv_device.cli.ledger import COMMAND
from bwv_device.cli.main import main
from bwv_device.cli.table import find, load
from bwv_device.evidence.ledger.account import CUT, UNKNOWN
from bwv_device.evidence.ledger.kinds import HEARTBEAT_S, Kind
from bwv_device.evidence.ledger.ledger import Ledger
from bwv_device.evidence.ledger.segment import segment_file
from tests.support.ledgers import Hand, TestSigner, open_ledger

Output = pytest.CaptureFixture[str]
SIGNER = TestSigner()


def live(ledger: Ledger, hand: Hand, state: str, beats: int) -> None:
    ledger.append(Kind.STATE, {"state": state, "text": ""}, hand.go_on_s(1))
    for _ in range(beats):
        ledger.append(Kind.ALIVE, {"state": state}, hand.go_on_s(HEARTBEAT_S))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A shift with a power cut in it."""
    hand = Hand()
    ledger = open_ledger(tmp_path / "ledger", hand, SIGNER)
    ledger.append(Kind.BOOT, {}, hand.now())
    live(ledger, hand, "docked", 2)
    live(ledger, hand, "pre_record", 4)
    ledger.abandon()
    hand.reboot(off_s=90)
    ledger = open_ledger(tmp_path / "ledger", hand, SIGNER)
    ledger.append(Kind.BOOT, {}, hand.now())
    live(ledger, hand, "recording", 2)
    live(ledger, hand, "docked", 1)
    ledger.close()
    return tmp_path


@pytest.fixture
def said(store: Path, capsys: Output) -> Callable[..., dict[str, Any]]:
    def run(*options: str, code: int = 0) -> dict[str, Any]:
        assert main(["ledger", *options, "--store", str(store), "--json"]) == code
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return run


def test_the_command_is_the_one_of_the_table() -> None:
    assert load(find("ledger")) is COMMAND


def test_the_account_goes_from_the_dock_to_the_dock_and_names_what_is_unknown(
    said: Callable[..., dict[str, Any]],
) -> None:
    told = said("account")
    first, second = told["shifts"]
    assert [each["state"] for each in first["stretches"]] == ["booting"]
    states = [(each["state"], each["seconds"], each["why"]) for each in second["stretches"]]
    assert states == [
        ("pre_record", 20.0, ""),
        (UNKNOWN, 90.0, CUT),
        ("booting", 1.0, ""),
        ("recording", 11.0, ""),
    ]
    assert second["seconds"][UNKNOWN] == 90.0 and told["ok"] is True


def test_a_stretch_of_time_can_be_asked_for(said: Callable[..., dict[str, Any]]) -> None:
    (part,) = said("account", "--from", "2026-11-23T20:20:00Z", "--to", "2026-11-23T20:40:00Z")[
        "shifts"
    ]
    assert (part["from"], part["to"]) == ("2026-11-23T20:20:00.000Z", "2026-11-23T20:40:00.000Z")
    assert sum(part["seconds"].values()) == 1200.0


def test_the_list_can_be_of_one_kind(said: Callable[..., dict[str, Any]]) -> None:
    entries = said("list", "--kind", "state")["entries"]
    assert [each["data"]["state"] for each in entries] == [
        *("docked", "pre_record", "recording", "docked")
    ]


def test_a_ledger_that_was_changed_fails_the_check_and_the_entry_is_named(
    store: Path, said: Callable[..., dict[str, Any]], capsys: Output
) -> None:
    assert said("check")["findings"] == []
    path = segment_file(store / "ledger", 1)
    path.write_bytes(path.read_bytes().replace(b'"state":"recording"', b'"state":"pre_record"', 1))
    (finding,) = said("check", code=1)["findings"]
    assert finding["fault"] == "altered" and finding["number"] > 0
    assert main(["ledger", "check", "--store", str(store)]) == 1
    assert f"entry {finding['number']} does not follow" in capsys.readouterr().out
    assert said("account")["ok"] is False


def test_a_head_that_is_known_from_elsewhere_shows_that_the_end_was_cut_off(
    store: Path, said: Callable[..., dict[str, Any]]
) -> None:
    head = said("check")["head"]
    known = f"{head['ledger']}:{head['number']}:{head['hash']}"
    assert said("check", "--head", known)["ok"] is True
    path = segment_file(store / "ledger", 1)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    assert said("check", "--head", known, code=1)["findings"][0]["fault"] == "cut"


def test_segments_as_a_server_keeps_them_are_read_like_a_stores(
    store: Path, tmp_path: Path, capsys: Output
) -> None:
    held = tmp_path / "held" / "ledger_00000001.jsonl"
    held.parent.mkdir()
    held.write_bytes(segment_file(store / "ledger", 1).read_bytes())
    assert main(["ledger", "check", str(held.parent), "--json"]) == 0
    by_folder = json.loads(capsys.readouterr().out)
    assert main(["ledger", "check", str(held), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == by_folder
    assert by_folder["head"]["number"] > 10


def test_for_a_person_it_says_lengths_and_totals(store: Path, capsys: Output) -> None:
    assert main(["ledger", "--store", str(store)]) == 0
    shown = capsys.readouterr().out
    assert "1 min 30.000 s" in shown and "power cut" in shown and "unknown" in shown


def test_no_ledger_and_options_that_can_not_be_meant_are_told(
    tmp_path: Path, capsys: Output
) -> None:
    assert main(["ledger", "--store", str(tmp_path / "nothing")]) == 1
    assert "no ledger in" in capsys.readouterr().err
    assert main(["ledger", "check", "--store", str(tmp_path), "--head", "x:y"]) == 1
    assert "LEDGER:NUMBER:HASH" in capsys.readouterr().err
    assert main(["ledger", "--store", str(tmp_path), "--from", "yesterday"]) == 1
