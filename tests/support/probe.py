"""What ffprobe and ffmpeg say of a file: programs that we did not write."""

import json
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Probed:
    """The file as a whole."""

    codecs: set[str]
    duration_s: float


def probe(path: Path) -> Probed:
    """Codecs and length."""
    told = _ffprobe(path, "-show_entries", "stream=codec_name:format=duration")
    codecs = {stream["codec_name"] for stream in told["streams"]}
    return Probed(codecs, float(told["format"]["duration"]))


def packets(path: Path) -> list[tuple[float, bool]]:
    """(time in seconds, is it a key frame) of each packet of the picture, in file order."""
    told = _ffprobe(path, "-select_streams", "v", "-show_entries", "packet=pts_time,flags")
    return [(float(each["pts_time"]), "K" in each["flags"]) for each in told["packets"]]


def first_is_key(path: Path) -> bool:
    return packets(path)[0][1]


def constant_spacing(path: Path, period_s: float) -> bool:
    """Whether each frame follows the one before it by `period_s`, to a tick of 90 kHz."""
    times = [time_s for time_s, _ in packets(path)]
    gaps = [after - before for before, after in pairwise(times)]
    return bool(gaps) and all(abs(gap - period_s) < 2.5e-5 for gap in gaps)


def decode_errors(path: Path) -> str:
    """What ffmpeg complains of when it decodes everything; empty when all is well."""
    command = ["ffmpeg", "-v", "error", "-xerror", "-i", str(path), "-f", "null", "-"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return ran.stderr if ran.returncode == 0 else ran.stderr or "ffmpeg failed"


def _ffprobe(path: Path, *options: str) -> Any:
    command = ["ffprobe", "-v", "error", "-of", "json", *options, str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(ran.stdout)
