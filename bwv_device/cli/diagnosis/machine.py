"""The machine itself: Python, room on the card, programs of the system."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bwv_device.cli.diagnosis.finding import Finding, Health
from bwv_device.configuration import Configuration

OLDEST_PYTHON = (3, 11)
COMFORTABLE_CLIPS = 2
"""A warning below the reserve plus room for this many clips of the largest size."""
VERSION_TIMEOUT_S = 10.0


def python(_: Configuration) -> Iterator[Finding]:
    """The interpreter: 3.11 or newer."""
    seen = f"{platform.python_version()} on {platform.machine()}"
    if sys.version_info >= OLDEST_PYTHON:
        yield Finding("Python", Health.OK, seen)
    else:
        yield Finding("Python", Health.MISSING, seen, "install Python 3.11 or newer")


def store(configuration: Configuration) -> Iterator[Finding]:
    """The store's folder can be written, and its file system has room."""
    folder = configuration.storage.folder
    place = _nearest(folder)
    if not os.access(place, os.W_OK | os.X_OK) or not place.is_dir():
        cure = f"give this user the right to write {place}, or set storage.folder"
        yield Finding("store", Health.MISSING, f"{folder} can't be written", cure)
        return
    yield Finding("store", Health.OK, f"{folder} can be written")
    yield _room(place, configuration)


def _nearest(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def _room(place: Path, configuration: Configuration) -> Finding:
    reserve = configuration.storage.reserve_bytes
    largest = configuration.recording.split_bytes
    free = shutil.disk_usage(place).free
    usable_s = max(0, free - reserve) * 8 / configuration.video.bitrate_bps
    seen = f"{free / 1e9:.1f} GB free, about {usable_s / 3600:.1f} h of recording"
    cure = f"free space on the file system of {place}, or dock the camera"
    if free <= reserve:
        return Finding("room", Health.MISSING, f"{seen}; below storage.reserve_bytes", cure)
    if free < reserve + COMFORTABLE_CLIPS * largest:
        return Finding("room", Health.WARN, seen, cure)
    return Finding("room", Health.OK, seen)


def ffmpeg(_: Configuration) -> Iterator[Finding]:
    """The `ffmpeg` program, which comparisons need, and the encoder of the last resort."""
    found = shutil.which("ffmpeg")
    if found is None:
        cure = "sudo apt install ffmpeg"
        yield Finding("ffmpeg", Health.WARN, "not found; comparisons need it", cure)
        return
    yield Finding("ffmpeg", Health.OK, _first_line([found, "-version"]))


def _first_line(command: list[str]) -> str:
    """What a program says of itself, or why it did not."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=VERSION_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command[0]} does not answer: {error}"
    lines = done.stdout.splitlines()
    return lines[0][:80] if lines else f"{command[0]} says nothing"
