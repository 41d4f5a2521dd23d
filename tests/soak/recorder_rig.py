"""The recorder on real drivers: V4L2, ALSA and ext4, with plugs pulled and a card that fails.

A part of `scripts/soak recorder`, and an area of its own; needs the rig (see tests/support/rig.py),
whose guest it boots once. It shows that files and errors are right, not that anything is fast: the
guest is emulated. What is done to which device stands in tests/support/rig_camera.py.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from bwv_device.evidence.check import check
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import Clip, ClipState, EndReason
from bwv_device.firmware.states import State
from hal.interfaces.clock import NS_PER_S
from tests.bench.report import Row, at_least, at_most, emit, options
from tests.bench.settings import Settings
from tests.support.clips import decode
from tests.support.measure import Measured, Sound, measure
from tests.support.rig import run_in_guest
from tests.support.rig_camera import (
    RATE_HZ,
    SCRIPTS,
    Played,
    break_the_card,
    pull_the_camera,
    pull_the_microphone,
    read_outcome,
    turn_read_only,
)
from tests.support.slates import is_slate, lumas

LIMIT_S = 1800
CARD = "128M"
SHARE = 0.05
"""The driver states 9.96 frames a second when it is asked for 10, and a gap is counted by that."""
STEP_S = 0.1
"""In which the tone is looked for; a whole number of its waves."""
UNTOLD_S = 0.3
"""Of sound: a few steps at the ends of what was lost, and what the resampler bridges without
silence, a tenth of a second at a time."""
AUDIBLE = 300
"""Of 32767: the tone in front of the microphone is far above it, silence is 0."""


@dataclass(frozen=True)
class Recorded:
    """One script: what was told while it was played, and the clips that came of it."""

    played: Played
    clips: list[Clip]
    folder: Path

    @property
    def clip(self) -> Clip:
        return self.clips[0]

    @property
    def path(self) -> Path:
        """The first clip's file."""
        return self.folder / self.clip.file


def rows(settings: Settings) -> list[Row]:  # noqa: ARG001 - nothing here is done more often
    """Boot, play, judge. Raises `RigError` without a rig, and when a script breaks off."""
    with tempfile.TemporaryDirectory(prefix="bwv-rig-") as name:
        job = Path(name) / "job"
        job.mkdir()
        command = [sys.executable, "-m", "tests.support.rig_camera", "/job"]
        run_in_guest(command, job, disk=f"{name}/card.img:{CARD}", limit_s=LIMIT_S)
        return judge(job)


def judge(job: Path) -> list[Row]:
    """The rows of what a guest has left in `job`."""
    folder, outcome = job / "store", read_outcome(job / "outcome")
    journal = Journal.open_for_reading(folder)
    try:
        # Scripts and recordings belong together by their order.
        pairs = zip(outcome, journal.recordings(), strict=True)
        made = [Recorded(played, journal.clips(one.id), folder) for played, one in pairs]
        findings = [f"{found.where}: {found.what}" for found in check(folder, journal)]
    finally:
        journal.close()
    print(*findings, sep="\n", file=sys.stderr)
    scripts = sum(map(len, SCRIPTS))
    return [
        Row("real drivers: recordings made", len(made), limit=scripts, ok=len(made) == scripts),
        _none("real drivers: clips that do not play to their last frame", _unreadable(made)),
        _none("real drivers: disagreements of journal and files", len(findings)),
        *(row for each in made for row in _ROWS.get(each.played.name, _nothing)(each)),
    ]


def _none(what: str, found: int) -> Row:
    return Row(what, found, limit=0, ok=found == 0)


def _unreadable(made: list[Recorded]) -> int:
    """Every clip of every recording, also of those that a fault broke off."""
    return sum(
        clip.state is not ClipState.FINALISED
        or decode(each.folder / clip.file).frames != clip.frames
        for each in made
        for clip in each.clips
    )


def _nothing(_made: Recorded) -> Iterator[Row]:
    yield from ()


def _camera_rows(made: Recorded) -> Iterator[Row]:
    """The picture goes, a slate stands in for it, and it comes back under another number."""
    pictures = [(at_s, is_slate(luma)) for at_s, luma in lumas(made.path)]
    slates_s = [at_s for at_s, slate in pictures if slate]
    first_s, last_s = (slates_s[0], slates_s[-1]) if slates_s else (0.0, 0.0)
    between = sum(first_s <= at_s <= last_s and not slate for at_s, slate in pictures)
    behind = sum(at_s > last_s for at_s, _ in pictures)
    node = ", ".join(made.played.nodes)
    yield Row("camera unplugged: the node that it came back as", node)
    yield Row("camera unplugged: clips of the recording", len(made.clips), limit=1,
              ok=len(made.clips) == 1)  # fmt: skip
    yield at_least("camera unplugged: slates while it was away", len(slates_s), "", 2)
    yield _none("camera unplugged: other pictures between the slates", between)
    yield at_least("camera unplugged: pictures after its return", behind, "", RATE_HZ)
    yield from _time_rows("camera unplugged", made, len(slates_s))
    measured = measure(made.path)
    yield from _sound_rows("camera unplugged", made, measured)
    # Nobody touched the microphone, and the tone was there before the recording.
    assert measured.sound is not None, "the clip has no sound track"
    quiet_s = _without_tone_s(measured, made.clip.pre_record_delivered_ns / NS_PER_S)
    yield Row("camera unplugged: seconds without the tone", quiet_s, "s")
    yield at_most("camera unplugged: of these not in the clip's account",
                  quiet_s - _told_lost_s(made), "s", UNTOLD_S)  # fmt: skip


def _time_rows(name: str, made: Recorded, slates: int) -> Iterator[Row]:
    """Frames that are there and frames that are counted as lost, against the clip's length at
    the rate that the driver states."""
    clip = made.clip
    due = round((clip.duration_ns or 0) / clip.frame_ns)
    told = (clip.frames or 0) - slates + (clip.frames_dropped or 0)
    yield Row(f"{name}: frames due by the clip's length", due)
    yield Row(f"{name}: of these counted as lost", clip.frames_dropped or 0)
    yield at_most(f"{name}: frames neither there nor counted", abs(due - told) / due, "", SHARE)


def _without_tone_s(measured: Measured, from_s: float) -> float:
    """Of the clip from `from_s` to its end: what the file has no sound for, and what is quiet."""
    sound = measured.sound
    assert sound is not None
    steps = range(round(from_s / STEP_S), round(measured.duration_s / STEP_S))
    heard = sum(
        bool(np.abs(sound.between(step * STEP_S, (step + 1) * STEP_S)).max(initial=0) > AUDIBLE)
        for step in steps
    )
    return (len(steps) - heard) * STEP_S


def _told_lost_s(made: Recorded) -> float:
    """What the clip's own account says that it has no sound for."""
    account = made.clip.account
    assert account is not None and account.sound_lost_ns is not None, "no account of the sound"
    return account.sound_lost_ns / NS_PER_S


def _sound_rows(name: str, made: Recorded, measured: Measured) -> Iterator[Row]:
    packets = measured.sound_packets
    holes = [b.time_s - a.time_s - a.duration_s for a, b in pairwise(packets)]
    yield at_most(f"{name}: largest hole or overlap in the sound", max(map(abs, holes)), "s", 0.001)
    short_s = measured.duration_s - packets[-1].time_s - packets[-1].duration_s
    yield at_most(f"{name}: sound and picture end apart by", abs(short_s), "s", 1.0)
    yield at_most(f"{name}: of this not in the clip's account", short_s - _told_lost_s(made), "s",
                  UNTOLD_S)  # fmt: skip
    overflows = sum(told.kind == "SoundLost" for told in made.played.told)
    yield Row(f"{name}: times that sound was told as lost", overflows)


def _microphone_rows(made: Recorded) -> Iterator[Row]:
    """Sound, then silence, then sound again; the picture does not notice."""
    measured = measure(made.path)
    assert measured.sound is not None, "the clip has no sound track"
    loud = _loud_seconds(measured.sound)
    gap = "".join("1" if each else "0" for each in loud).strip("0")
    yield at_least("microphone unplugged: whole seconds of silence", gap.count("0"), "s", 2)
    yield Row("microphone unplugged: the tone is back", "yes" if loud[-2] else "no", limit="yes",
              ok=bool(loud[-2]))  # fmt: skip
    slates = sum(is_slate(luma) for _, luma in lumas(made.path))
    yield _none("microphone unplugged: slates", slates)
    yield from _time_rows("microphone unplugged", made, slates)
    yield from _sound_rows("microphone unplugged", made, measured)
    back = next(told for told in made.played.told if told.kind == "SoundBack")
    gap_s = float(back.text.partition("gap_s=")[2].rstrip(")"))
    yield at_most("microphone unplugged: of its absence not in the clip's account",
                  gap_s - _told_lost_s(made), "s", UNTOLD_S)  # fmt: skip


def _loud_seconds(sound: Sound) -> list[bool]:
    whole_s = range(int(sound.start_s), int(sound.end_s))
    return [bool(np.abs(sound.between(at_s, at_s + 1)).max() > AUDIBLE) for at_s in whole_s]


def _fault_rows(name: str, made: Recorded) -> Iterator[Row]:
    """What was synced is a clip that is closed, and the wearer saw the fault."""
    told_s = {each.kind: each.at_s for each in made.played.told}
    asked_s = told_s["WritingFailed"] - told_s["ClipOpened"]
    reason = made.clip.end_reason
    yield Row(f"{name}: the clip's end reason", str(reason), limit="Fault or Recovered",
              ok=reason in (EndReason.FAULT, EndReason.RECOVERED))  # fmt: skip
    yield at_least(f"{name}: frames kept", made.clip.frames or 0, "", RATE_HZ)
    kept_s = (made.clip.duration_ns or 0) / NS_PER_S
    yield Row(f"{name}: kept, with the pre-record (baseline: from opening to fault)", kept_s, "s",
              baseline=asked_s)  # fmt: skip
    seen = State.FAULT in made.played.states
    yield Row(f"{name}: the fault showed", "yes" if seen else "no", limit="yes", ok=seen)


def _read_only_rows(made: Recorded) -> Iterator[Row]:
    yield from _fault_rows("file system read-only", made)
    back = made.played.states[-1]
    yield Row("file system read-only: state once it is writable again", back,
              limit=str(State.PRE_RECORD), ok=back == State.PRE_RECORD)  # fmt: skip


def _card_rows(made: Recorded) -> Iterator[Row]:
    yield from _fault_rows("every write fails", made)


_ROWS: dict[str, Callable[[Recorded], Iterator[Row]]] = {
    pull_the_camera.__name__: _camera_rows,
    pull_the_microphone.__name__: _microphone_rows,
    turn_read_only.__name__: _read_only_rows,
    break_the_card.__name__: _card_rows,
}
"""What is looked at in the recording of each script, beside what holds for all of them."""


def main() -> int:
    """This part alone; the exit code is 0 when no row failed."""
    args = options(__doc__).parse_args()
    return emit("recorder_rig", rows(Settings()), as_json=args.json)


if __name__ == "__main__":
    sys.exit(main())
