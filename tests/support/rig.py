"""The rig: a small guest with the kernel's own drivers, and disks whose power is cut, by scripts
that stand outside this repository.

Used by long tests and by the test on real drivers. The folder of the scripts is named by
BWV_RIG_DIR; its README says what they need, and `setup` there has to be run once.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEFAULT_FOLDER = ROOT.parent / "shared" / "rig"
DEFAULT_CACHE = Path("~/.cache/bwv-rig")
_BOOT_S, _STATE_IN_GUEST_S = 60, 60
"""Limits, not figures: the guest is about twenty times slower than the machine that it is on."""
_SUMMARY = re.compile(r"^states=(\d+) violations=(\d+) seed=", re.MULTILINE)


class RigError(RuntimeError):
    """The rig is not there, or what it ran has failed; the text says what to do."""


@dataclass(frozen=True)
class Checked:
    """What a check of crash states said."""

    states: int
    violations: int
    """States in which the checker, or the check of the file system, found something."""
    text: str
    """The violations, in words."""


def rig_folder() -> Path:
    """Where the rig is. Raises `RigError` without one, or before its set-up."""
    folder = Path(os.environ.get("BWV_RIG_DIR", DEFAULT_FOLDER)).resolve()
    if not (folder / "powercut").is_file():
        raise RigError(f"no rig in {folder}: set BWV_RIG_DIR to its folder")
    cache = Path(os.environ.get("RIG_CACHE", DEFAULT_CACHE)).expanduser()
    if not (cache / "initramfs").is_file():
        raise RigError(f"the rig in {folder} is not set up: run {folder}/setup once")
    return folder


def run_in_guest(command: Sequence[str], job: Path, *, disk: str, limit_s: int) -> None:
    """Boot the guest with a disk ("FILE:SIZE", made when it is not there) as /dev/vda, and run a
    command in it, from the top of this repository. What the guest is to leave behind it writes
    to /job, which is `job`. Raises `RigError` with the end of its output.
    """
    _call(["run", "-t", str(limit_s), "-J", str(job), "-d", disk], shlex.join(command))


def record_writes(
    folder: Path,
    command: Sequence[str],
    *,
    limit_s: int,
    mount_options: str = "noatime",
    base: Path | None = None,
) -> Path:
    """Run a command in the guest, with a fresh disk (or a copy of `base`) at /data of which every
    write and flush is logged to `folder`; the host's folder that was /job. Raises `RigError`."""
    from_base = ["-b", str(base)] if base is not None else []
    _call(
        ["powercut", "record", str(folder), "-t", str(limit_s), "-o", mount_options, *from_base],
        shlex.join(command),
    )
    return folder / "job"


def crash_state(folder: Path, seed: str, image: Path) -> str:
    """Write the disk as one power cut leaves it; what had been acknowledged by then. Raises
    `RigError`."""
    told = _call(["powercut", "replay", str(folder), "random", seed, str(image)])
    return told.rstrip("\n").split("\t")[2].strip()


def check_cuts(
    folder: Path, checker: Sequence[str], results: Path, *, states: int, seed: int
) -> Checked:
    """Cut the power at `states` places of a recorded run, and let `checker` look at each disk: it
    finds the disk at $MNT and the acknowledgement at $ACKED, and may add to the file that its
    last argument names, which is `results` afterwards. That takes the right to mount; without
    it, set BWV_RIG_IN_GUEST=1, and all is done in one guest. Raises `RigError`.
    """
    check = ["powercut", "check", str(folder), "-n", str(states), "-r", str(seed), "--"]
    if not os.environ.get("BWV_RIG_IN_GUEST"):
        text = _call([*check, shlex.join([*checker, str(results)])], may_find=True)
    else:
        # As the rig's own `--vm`, with a folder for the results and time for every state.
        name, *rest = check
        inside = [str(rig_folder() / name), *rest, shlex.join([*checker, f"/job/{results.name}"])]
        limit_s = _BOOT_S + states * _STATE_IN_GUEST_S
        arguments = ["run", "-t", str(limit_s), "-J", str(results.parent)]
        text = _call(arguments, shlex.join(inside), may_find=True)
    summary = _SUMMARY.search(text)
    if summary is None:
        raise RigError(f"the rig checked nothing: {text[-2000:]}")
    return Checked(int(summary[1]), int(summary[2]), text)


def _call(arguments: list[str], command: str | None = None, *, may_find: bool = False) -> str:
    """Run a script of the rig; its output. Exit code 1 of a check says that it found something."""
    name, *rest = arguments
    behind = ["--", command] if command is not None else []
    ran = subprocess.run(
        [rig_folder() / name, *rest, *behind],
        cwd=ROOT,
        env={**os.environ, "RIG_PYTHON": sys.executable},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if ran.returncode not in ((0, 1) if may_find else (0,)):
        raise RigError(f"the rig's {name} ended with {ran.returncode}: {ran.stdout[-4000:]}")
    return ran.stdout
