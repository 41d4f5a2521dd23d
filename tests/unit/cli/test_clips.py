"""`bwv clips` on stores in every state, beside an agent and without one."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bwv_device.cli.clips import COMMAND
from bwv_device.cli.main import main
from bwv_device.cli.table import find, load
from bwv_device.evidence.records import NewReceipt
from bwv_device.evidence.store import Store
from tests.support.accounts import account_clip
from tests.support.clips import clip_bytes
from tests.support.hasty import hasty_disk
from tests.support.sealing import record_sealed
from tests.support.stores import NEW_RECORDING, S, cut_off, deliver, new_clip, record

Output = pytest.CaptureFixture[str]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An open store, as a running agent has it."""
    with hasty_disk():
        opened = Store.open(tmp_path / "store")
        yield opened
        opened.close()


@pytest.fixture
def listed(store: Store, capsys: Output) -> Callable[..., list[dict[str, Any]]]:
    """Runs the command for machines and gives the clips."""

    def run(*options: str) -> list[dict[str, Any]]:
        assert main(["clips", "--store", str(store.folder), "--json", *options]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["ok"] is True
        clips: list[dict[str, Any]] = found["clips"]
        return clips

    return run


def test_the_command_is_the_one_of_the_table() -> None:
    assert load(find("clips")) is COMMAND


def test_a_clip_that_waits_for_its_receipt_says_so_and_one_that_has_it_which(
    store: Store, listed: Callable[..., list[dict[str, Any]]], capsys: Output
) -> None:
    clips = [record(store), record(store, trigger_s=100)]
    for clip in clips:
        store.journal.begin_sending(clip.id)
        store.journal.acknowledge(clip.id, "there", receipt_due=True)
    receipt = NewReceipt("ab" * 32, "there", "cd" * 32, "BWV-0001", 7, "text", 1)
    store.journal.add_receipt(receipt, [clips[1].id])
    said = [(one["waits_for_receipt"], one["receipt_number"]) for one in listed()]
    assert said == [(True, None), (False, 7)]
    assert main(["clips", "--store", str(store.folder)]) == 0
    assert capsys.readouterr().out.count("waits for its destination's receipt") == 1


def test_a_finished_clip_is_told_in_full(
    store: Store, listed: Callable[..., list[dict[str, Any]]]
) -> None:
    clip = record(store)
    recording = store.journal.recording(clip.recording_id)
    assert listed() == [
        {
            "recording": recording.id,
            "container": recording.container,
            "trigger_time": "2026-11-23T20:21:00.000Z",
            "clip": 1,
            "file": clip.file,
            "state": "finalised",
            "start_time": "2026-11-23T20:21:00.000Z",
            "duration_s": 3.0,
            "frames": 45,
            "frames_dropped": 0,
            "frames_skipped": 0,
            "overload": "",
            "picture_stream": "",
            "pre_record_asked_s": 5.0,
            "pre_record_delivered_s": 0.0,
            "pre_record_short_reason": "started from standby, where nothing is kept",
            "frames_expected": None,
            "frames_captured": None,
            "camera_lost_s": None,
            "gaps": None,
            "gaps_unlisted": None,
            "sound_lost_s": None,
            "buffer_certificate": None,
            "end_reason": "Stop",
            "bytes": clip.bytes,
            "sha256": clip.sha256,
            "sealed": False,
            "clear_sha256": None,
            "destination": None,
            "receipt_number": None,
            "waits_for_receipt": False,
            "problem": None,
            "start_time_basis": None,
            "start_time_error_s": None,
            "clock_correction_s": None,
            "clock_correction_error_s": None,
            "drift_ppm": None,
        }
    ]


def test_what_is_missing_in_a_clip_is_told_in_full(
    store: Store, listed: Callable[..., list[dict[str, Any]]]
) -> None:
    account_clip(store)
    (clip,) = listed()
    gap = {"offset_s": -2.0, "length_s": 0.08, "frames_missing": 2}
    pictures = {
        "frames_expected": 75,
        "frames_captured": 73,
        "camera_lost_s": 0.4,
        "gaps": [gap],
        "gaps_unlisted": 3,
    }
    assert clip == clip | pictures | {"sound_lost_s": 1.5}
    assert clip["buffer_certificate"] == {
        **pictures,
        "asked_s": 30.0,
        "delivered_s": 2.5,
        "sound_kept": False,
        "short_cause": "Booted",
        "short_reason": "booted, capture had begun 2.5 s before the trigger",
        "counted_up_to_s": -0.01,
        "frames_dropped": 2,
        "frames_skipped": 0,
    }


def test_a_person_reads_what_is_missing(store: Store, capsys: Output) -> None:
    account_clip(store)
    assert main(["clips", "--store", str(store.folder)]) == 0
    out = capsys.readouterr().out
    for text in (
        "the camera was lost for 0.4 s",
        "4 gaps in the picture",
        "1.50 s of sound are missing",
        "pre-record is short: booted",
    ):
        assert text in out


def test_what_is_being_recorded_has_no_figures_yet(
    store: Store, listed: Callable[..., list[dict[str, Any]]]
) -> None:
    cut_off(store, clip_bytes(1.0))
    (clip,) = listed()
    assert clip["state"] == "recording"
    assert {clip[key] for key in ("duration_s", "frames", "frames_dropped", "bytes", "sha256")} == {
        None
    }


def test_states_are_picked(store: Store, listed: Callable[..., list[dict[str, Any]]]) -> None:
    record(store)
    store.purge(deliver(store, record(store, trigger_s=10)))
    deliver(store, record(store, trigger_s=20))
    assert [clip["state"] for clip in listed()] == ["finalised", "purged", "acknowledged"]
    picked = listed("--state", "purged", "--state", "finalised")
    assert [clip["state"] for clip in picked] == ["finalised", "purged"]


def test_people_see_what_matters(store: Store, capsys: Output) -> None:
    clip = record(store)
    store.journal.note_problem(clip.id, "the server said \x1b[31mno\n[bold]really[/bold]")
    recording = store.begin_recording(replace(NEW_RECORDING, trigger_on_utc_ns=2**60))
    new = replace(
        new_clip(recording, 1), pre_record_delivered_ns=3 * S, pre_record_short_reason=None
    )
    store.open_clip(recording, new)
    assert main(["clips", "--store", str(store.folder)]) == 0
    out = capsys.readouterr().out
    assert "1/1: the server said ?[31mno?[bold]really[/bold]" in out
    assert "\x1b" not in out
    assert "3.0/5 s" in out
    assert "2 clips, 2 of them on this device (0.1 MB)" in out
    row = "1/1 2026-11-23 20:21:00Z finalised 20:21:00Z 3.00 s 45 0 0.0/5 s Stop 0.1 MB"
    assert row in [" ".join(line.split()) for line in out.splitlines()]


def test_an_empty_store_is_no_failure(store: Store, capsys: Output) -> None:
    assert main(["clips", "--store", str(store.folder)]) == 0
    assert capsys.readouterr().out == "0 clips, 0 of them on this device (0.0 MB)\n"


def test_the_configured_store_is_listed_without_the_option(store: Store, capsys: Output) -> None:
    record(store)
    assert main(["clips", "--json", "--set", f"storage.folder={store.folder}"]) == 0
    assert len(json.loads(capsys.readouterr().out)["clips"]) == 1


def test_no_store_is_a_failure_that_says_what_to_name(tmp_path: Path, capsys: Output) -> None:
    assert main(["clips", "--store", str(tmp_path), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False and "no store in" in found["error"]["message"]


def test_an_unknown_state_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["clips", "--store", str(tmp_path), "--state", "gone"])
    assert caught.value.code == 2


def test_a_sealed_clip_says_so(
    store: Store, listed: Callable[..., list[dict[str, Any]]], capsys: Output
) -> None:
    record_sealed(store, clip_bytes(1.0))
    assert [clip["sealed"] for clip in listed()] == [True]
    assert main(["clips", "--store", str(store.folder)]) == 0
    assert "only the destination's private key opens it" in capsys.readouterr().out
