"""What came of it: asks the server what it holds, and holds it against the device's journal.

Who uses it: `bwv demo`. The SHA-256 of the server's side is taken anew from the file on the
server's disk, not from what either side said.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bwv_device.cli.account_json import account_json
from bwv_device.dock.session import Session
from bwv_device.evidence.digests import digest_file
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import Clip, ClipState, Recording
from bwv_device.protocol import times
from bwv_device.protocol.keys import ContainerKey
from bwv_device.protocol.metadata import decode
from hal.interfaces.clock import NS_PER_S


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that the demonstration prints about footage."""

    recordings: list[dict[str, Any]]
    device_clips_left: int

    @property
    def is_good(self) -> bool:
        """Every clip is on the server with the device's own SHA-256, and none is left over."""
        clips = [clip for recording in self.recordings for clip in recording["clips"]]
        return (
            bool(clips)
            and self.device_clips_left == 0
            and all(recording["status"] == "Complete" for recording in self.recordings)
            and all(clip["sha256_device"] == clip["sha256_server"] for clip in clips)
        )


def look(journal: Journal, server: Session, content: Path) -> Outcome:
    """Compare device and server. Raises `DockError`, `StoreError`, `OSError`."""
    recordings = [
        _recording(journal, recording, server, content) for recording in journal.recordings()
    ]
    left = [clip for clip in journal.clips() if clip.state is not ClipState.PURGED]
    return Outcome(recordings, len(left))


def _recording(
    journal: Journal, recording: Recording, server: Session, content: Path
) -> dict[str, Any]:
    answer = server.request("HEAD", (recording.container,))
    meta = decode(answer.headers.items())
    clips = journal.clips(recording.id)
    triggered_ns = recording.trigger_on_utc_ns
    return {
        "container": recording.container,
        "status": meta.get(ContainerKey.STATUS, ""),
        "trigger_time": times.rfc3339_ms(recording.trigger_on_utc_ns),
        "start_time": times.rfc3339_ms(
            min((clip.start_utc_ns for clip in clips), default=triggered_ns)
        ),
        "stop_time": times.rfc3339_ms(max(map(_end_utc_ns, clips), default=triggered_ns)),
        "clips": [_clip(clip, recording, content) for clip in clips],
    }


def _clip(clip: Clip, recording: Recording, content: Path) -> dict[str, Any]:
    path = content / recording.container / Path(clip.file).name
    return {
        "file": str(path),
        "duration_s": round((clip.duration_ns or 0) / NS_PER_S, 6),
        "pre_record_asked_s": recording.pre_record_asked_ns / NS_PER_S,
        "pre_record_delivered_s": round(clip.pre_record_delivered_ns / NS_PER_S, 6),
        "frames": clip.frames,
        "frames_dropped": clip.frames_dropped,
        **account_json(clip),
        "sha256_device": clip.sha256,
        "sha256_server": digest_file(path).sha256 if path.is_file() else None,
    }


def _end_utc_ns(clip: Clip) -> int:
    return clip.start_utc_ns + (clip.duration_ns or 0)
