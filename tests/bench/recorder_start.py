"""How long `bwv run` takes until it is ready, and what standby costs.

Used by the benchmark of the recorder. The command runs as a user would start it, with the
generated scene and mocks instead of hardware.
"""

import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.bench.report import Row, at_most

STARTS, STANDBY_S = 7, 20.0
_SETTLE_S = 3.0
_MOCKS = ("recording_light", "status_light", "haptic", "display", "button", "dock_contact")


def start_rows() -> list[Row]:
    """Several starts, then one long standby."""
    taken_s = [_start("PRE_RECORD") for _ in range(STARTS)]
    filling_s = [_start("Capturing(") for _ in range(STARTS)]
    baseline_s = _bare_interpreter()
    return [
        Row("start of bwv run to pre_record, median", statistics.median(taken_s), "s", None,
            baseline_s),
        at_most("start of bwv run to pre_record, worst", max(taken_s), "s", 2.0, baseline_s),
        Row("start of bwv run to the first picture in the ring, median",
            statistics.median(filling_s), "s", None, baseline_s),
        Row("start of bwv run to the first picture in the ring, worst", max(filling_s), "s"),
        at_most(f"standby over {STANDBY_S:.0f} s, of one core", 100 * _standby(), "%", 1.0),
    ]  # fmt: skip


def _start(word: str) -> float:
    """Seconds from the process's start to the line with `word`: `PRE_RECORD`, when the store has
    been looked at and the media process takes commands, `Capturing`, when the first picture is
    encoded."""
    begin_s = time.monotonic()
    with _running("pre_record") as process:
        _wait_for(process, word)
        return time.monotonic() - begin_s


def _standby() -> float:
    """CPU seconds a second, once the start has settled."""
    with _running("standby") as process:
        _wait_for(process, "STANDBY")
        time.sleep(_SETTLE_S)
        camera = psutil.Process(process.pid)
        before_s, begin_s = _cpu_s(camera), time.monotonic()
        time.sleep(STANDBY_S)
        return (_cpu_s(camera) - before_s) / (time.monotonic() - begin_s)


def _cpu_s(process: psutil.Process) -> float:
    """User and system time of the process and of those it has started."""
    family = [process, *process.children(recursive=True)]
    times = [each.cpu_times() for each in family]
    return float(sum(each.user + each.system for each in times))


def _bare_interpreter() -> float:
    """The same figure for a Python that imports the media libraries and does nothing."""
    taken_s = []
    for _ in range(STARTS):
        begin_s = time.monotonic()
        subprocess.run([sys.executable, "-c", "import av, cv2, numpy, pydantic"], check=True)
        taken_s.append(time.monotonic() - begin_s)
    return statistics.median(taken_s)


@contextmanager
def _running(ready_state: str) -> "Iterator[subprocess.Popen[str]]":
    """`bwv run`, switched off in order behind it."""
    with tempfile.TemporaryDirectory(prefix="bwv-bench-") as folder:
        config = Path(folder) / "config.toml"
        config.write_text(_config(Path(folder) / "store", ready_state))
        command = [sys.executable, "-m", "bwv_device.cli.main", "-v"]
        command += ["--config", str(config), "run"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)


def _wait_for(process: "subprocess.Popen[str]", state: str) -> None:
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if state in line:
            return
    raise SystemExit(f"bwv run ended before {state}: {''.join(said)}")


def _config(store: Path, ready_state: str) -> str:
    mocks = "".join(f'[parts.{part}]\ndriver = "mock"\n' for part in _MOCKS)
    return (
        f"{mocks}"
        '[parts.sounder]\ndriver = "recorder"\n[parts.battery]\ndriver = "fixed"\n'
        '[parts.camera]\ndriver = "scene"\n[parts.microphone]\ndriver = "scene"\n'
        f'[policy]\nready_state = "{ready_state}"\n[storage]\nfolder = "{store}"\n'
    )
