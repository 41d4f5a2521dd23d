"""CPU of the whole recorder against the ffmpeg command line, in pairs, on the same frames.

Used by the benchmark of the recorder. Both read the same raw pictures and sound from memory and
encode with the same x264 and AAC settings into the same kind of MP4 on the same disk; the
recorder also draws its overlay, keeps its ring, hashes, and syncs each fragment.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.recorder_footage import RATE_HZ, Size, write_pictures
from tests.bench.recorder_record import Recorded
from tests.bench.report import Row, at_most

_CHILD = "from tests.bench.recorder_record import main; main()"


@dataclass(frozen=True)
class Pair:
    """One run of each, one right behind the other. CPU seconds."""

    ours: Recorded
    ours_start_s: float
    """Of `ours.cpu_s`, what a run over a single frame costs."""
    theirs_s: float
    theirs_start_s: float
    """Likewise of `theirs_s`."""

    @property
    def ratio(self) -> float:
        """Without the start of either program."""
        return self.ours_s / (self.theirs_s - self.theirs_start_s)

    @property
    def ours_s(self) -> float:
        """The recorder without its start."""
        return self.ours.cpu_s - self.ours_start_s


@dataclass(frozen=True)
class Job:
    """What both are given."""

    size: Size
    pictures: Path
    sound: Path
    frames: int


def run_pairs(size: Size, memory: Path, sound: Path, seconds_s: float, pairs: int) -> list[Pair]:
    """`pairs` pairs on `seconds_s` of footage; who goes first alternates."""
    job = Job(size, write_pictures(size, memory), sound, round(seconds_s * RATE_HZ))
    try:
        return [_pair(job, ours_first=number % 2 == 0) for number in range(pairs)]
    finally:
        job.pictures.unlink()


def cpu_rows(size: Size, pairs: list[Pair]) -> list[Row]:
    """The ratio, which has a limit, and what it is made of."""
    ratios = sorted(pair.ratio for pair in pairs)
    whole = statistics.median(pair.ours.cpu_s / pair.theirs_s for pair in pairs)
    ours_s = statistics.median(pair.ours_s for pair in pairs)
    theirs_s = statistics.median(pair.theirs_s - pair.theirs_start_s for pair in pairs)
    frames = pairs[0].ours.frames
    lost = sum(pair.ours.dropped for pair in pairs)
    what = f"{size.name}: CPU"
    return [
        at_most(f"{what}, recorder / ffmpeg, median", statistics.median(ratios), "", 1.0, 1.0),
        Row(f"{what}, recorder / ffmpeg, least", ratios[0]),
        Row(f"{what}, recorder / ffmpeg, most", ratios[-1]),
        Row(f"{what}, the same with both programs' start", whole),
        Row(f"{what} of the recorder a frame", ours_s / frames * 1e3, "ms", None,
            theirs_s / frames * 1e3),
        Row(f"{what} of its picture thread", _share(pairs, "picture_cpu_s"), "%"),
        Row(f"{what} of its keeper", _share(pairs, "keeper_cpu_s"), "%"),
        Row(f"{size.name}: frames lost", lost, limit=0, ok=lost == 0),
    ]  # fmt: skip


def _share(pairs: list[Pair], thread: str) -> float:
    """Of the recorder's CPU without its start, in percent."""
    shares = [float(getattr(pair.ours, thread)) / pair.ours_s for pair in pairs]
    return 100 * statistics.median(shares)


def _pair(job: Job, *, ours_first: bool) -> Pair:
    ours_start_s = _record(replace(job, frames=1)).cpu_s
    if ours_first:
        ours = _record(job)
        return Pair(ours, ours_start_s, _ffmpeg(job, job.frames), _ffmpeg(job, 1))
    theirs_s = _ffmpeg(job, job.frames)
    return Pair(_record(job), ours_start_s, theirs_s, _ffmpeg(job, 1))


def _record(job: Job) -> Recorded:
    """One run of the recorder; SystemExit when a frame is missing without having been counted."""
    with tempfile.TemporaryDirectory(prefix="bwv-bench-") as folder:
        command = [sys.executable, "-c", _CHILD, job.size.name, str(job.pictures)]
        command += [str(job.sound), folder, str(job.frames)]
        told, cpu_s = run_measured(command)
    recorded = Recorded(**{**json.loads(told), "cpu_s": cpu_s})
    if recorded.frames + recorded.dropped != job.frames:
        raise SystemExit(f"of {job.frames} frames the clip has {recorded}")
    return recorded


def _ffmpeg(job: Job, frames: int) -> float:
    """CPU seconds of ffmpeg over the first `frames` frames."""
    size = job.size
    with tempfile.TemporaryDirectory(prefix="bwv-bench-") as folder:
        command = ["ffmpeg", "-v", "error", "-nostdin", "-stream_loop", "-1", "-f", "rawvideo"]
        command += ["-pix_fmt", "yuv420p", "-s", f"{size.width_px}x{size.height_px}"]
        command += ["-framerate", str(RATE_HZ), "-i", str(job.pictures), "-i", str(job.sound)]
        command += ["-map", "0:v", "-map", "1:a", "-frames:v", str(frames), "-shortest"]
        command += ["-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency"]
        command += ["-b:v", str(size.bitrate_bps), "-g", str(RATE_HZ), "-bf", "0"]
        command += ["-sc_threshold", "0", "-threads:v", "1"]
        command += ["-c:a", "aac", "-b:a", "96k", "-ac", "1", "-flush_packets", "1"]
        command += ["-movflags", "cmaf+frag_keyframe+empty_moov+frag_discont+skip_trailer"]
        command += ["-frag_duration", "500000", str(Path(folder) / "clip.mp4")]
        return run_measured(command)[1]


def run_measured(command: list[str]) -> tuple[str, float]:
    """Standard output, and user and system time in seconds."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        told, complaints = _read_both(process)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed: {complaints}")
    return told, usage.ru_utime + usage.ru_stime


def _read_both(process: subprocess.Popen[bytes]) -> tuple[str, str]:
    """Both streams to their end. Neither program says so much that one could block on it."""
    assert process.stdout is not None and process.stderr is not None
    return process.stdout.read().decode(), process.stderr.read().decode()
