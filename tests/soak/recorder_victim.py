"""A camera that is killed at a given moment: what is killed, when, and how one waits for the end.

Used by `tests/soak/recorder_kills.py`. The camera is an agent in a process group of its own,
small pictures, so that some of them record side by side.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PRE_RECORD_S = 3
WIDTH_PX, HEIGHT_PX = 320, 240
GOES_ON_S = 0.5
"""A camera whose recorder alone is killed goes on in a second clip, and stops in order so long
behind its beginning."""
_END_S = 60.0
"""What is left of a camera has ended by then, and let go of its store."""


@dataclass(frozen=True)
class Killed:
    """A kill that has happened."""

    victim: str
    at_utc_ns: int
    complaint: str
    """What the camera wrote to its log, for a person who looks for the reason of a failure."""


def kill_plain(folder: Path, after_s: float) -> int:
    """The same to a recorder of a plain MP4 in `folder`; the UTC of the kill, ns."""
    command = [sys.executable, "-m", "tests.soak.plain_recorder", str(folder)]
    return _run(command, after_s, _kill_group)[0]


def kill_camera(victim: str, store: Path, after_s: float) -> Killed:
    """Start a camera on `store`, kill `victim` of it `after_s` after its first clip is begun, and
    wait until nothing of the camera runs any more."""
    seconds, clips = (GOES_ON_S, 2) if victim == "media" else ("inf", 1)
    command = [sys.executable, "-m", "tests.support.camera_process", str(store)]
    command += map(str, (PRE_RECORD_S, seconds, clips, WIDTH_PX, HEIGHT_PX))
    return Killed(victim, *_run(command, after_s, VICTIMS[victim]))


def _run(
    command: list[str], after_s: float, kill: Callable[[subprocess.Popen[str]], None]
) -> tuple[int, str]:
    """The UTC of the kill in ns, and standard error."""
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "recording":
            _kill_group(process)
            raise RuntimeError(f"the camera did not start: {process.communicate()[1]}")
        time.sleep(after_s)
        at_utc_ns = time.time_ns()
        kill(process)
        # Both streams end when the last process of the group has ended.
        return at_utc_ns, process.communicate(timeout=_END_S)[1]


def _kill_group(process: subprocess.Popen[str]) -> None:
    """Everything at once, as when the power goes."""
    os.killpg(process.pid, signal.SIGKILL)


def _kill_agent(process: subprocess.Popen[str]) -> None:
    """The state machine alone; the recorder notices, closes its clips and ends."""
    process.kill()


def _kill_media(process: subprocess.Popen[str]) -> None:
    """The recorder alone; the agent starts another one, which goes on."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    recorder = next(int(child) for child in children if _is_recorder(int(child)))
    os.kill(recorder, signal.SIGKILL)


def _is_recorder(pid: int) -> bool:
    return b"bwv_device.media.process" in Path(f"/proc/{pid}/cmdline").read_bytes()


VICTIMS: dict[str, Callable[[subprocess.Popen[str]], None]] = {
    "group": _kill_group,
    "agent": _kill_agent,
    "media": _kill_media,
}
