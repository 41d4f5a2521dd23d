"""A clip that is being recorded: one file, one row in the journal, one stretch of time.

Who uses it: the take, which gives it what belongs into it and nothing else: the muxer gives
nothing back.
"""

import logging
from dataclasses import dataclass

from bwv_device.errors import BwvError
from bwv_device.evidence.records import Clip, ClipResult, EndReason
from bwv_device.evidence.store import Store
from bwv_device.media.clip_writer import ClipWriter
from bwv_device.media.packets import EncodedPacket, Track
from bwv_device.media.stretches import Stretches

log = logging.getLogger(__name__)

_PACKET_BYTES, _FRAGMENT_BYTES = 12, 512
"""What the file has beside the packets: its lists of samples. Measured: 4 to 12 bytes a
packet, 250 a fragment; taken too large, so that a limit on bytes holds."""


@dataclass(slots=True)
class _Tally:
    """What has gone into the file."""

    frames: int = 0
    dropped: int = 0
    skipped: int = 0
    end_ns: int = 0

    def count(self, packet: EncodedPacket) -> None:
        if packet.track is not Track.VIDEO:
            return
        # What was lost before the clip's first frame was not lost from this clip.
        self.dropped += packet.lost_before if self.frames else 0
        self.skipped += packet.skipped_before if self.frames else 0
        self.frames += 1
        self.end_ns = packet.end_ns


class OpenClip:
    """From its first key frame to its end; then `close` it."""

    def __init__(
        self, store: Store, clip: Clip, writer: ClipWriter, start_ns: int, lost_before: int = 0
    ) -> None:
        """`lost_before` are frames that are missing in front of the first one and in no other
        clip: a recorder that has died had not kept them."""
        self.clip = clip
        self.start_ns = start_ns
        self.end_ns: int | None = None
        self.end_reason = EndReason.STOP
        self._store, self._writer = store, writer
        self._tally = _Tally(dropped=lost_before, end_ns=start_ns)
        self._stretches = Stretches(start_ns)
        self._lost_behind = self._skipped_behind = 0
        self._bytes = writer.committed_bytes + 2 * _FRAGMENT_BYTES
        self._bytes_before_group = self._bytes

    @property
    def bytes(self) -> int:
        """What the file comes to with all packets so far; a little too much, never too little."""
        return self._bytes

    @property
    def group_bytes(self) -> int:
        """The part of `bytes` that began with the newest key frame."""
        return self._bytes - self._bytes_before_group

    @property
    def duration_ns(self) -> int:
        """What is in the file so far, from the first frame's start to the last one's end."""
        return self._tally.end_ns - self.start_ns

    @property
    def frames(self) -> int:
        return self._tally.frames

    def covers(self, packet: EncodedPacket) -> bool:
        """Whether the packet belongs into this clip. Sound that lies across a split belongs
        into the first of the two clips; sound that lies across a stop into none."""
        if packet.time_ns < self.start_ns:
            return False
        if self.end_ns is None:
            return True
        if packet.track is Track.SOUND and self.end_reason is not EndReason.SPLIT:
            return packet.end_ns <= self.end_ns
        return packet.time_ns < self.end_ns

    def write(self, packet: EncodedPacket) -> None:
        """Give a packet to the muxer. The fragment that it completes is on the disk, synced,
        when this returns. Raises `StoreError`, `MuxError`.
        """
        if packet.starts_clip:
            self._bytes_before_group = self._bytes
        self._bytes += len(packet.data) + _PACKET_BYTES
        if self._writer.write(packet):
            self._bytes += _FRAGMENT_BYTES
        self._tally.count(packet)
        if self._stretches.see(packet):
            self._note_overload()

    def end(
        self, end_ns: int, reason: EndReason, lost_behind: int = 0, skipped_behind: int = 0
    ) -> None:
        """Let the clip end at `end_ns`; only sound may still come. `lost_behind` are the frames
        that were lost between the last one written and the first one behind the end,
        `skipped_behind` those left out there."""
        self.end_ns, self.end_reason = end_ns, reason
        self._lost_behind, self._skipped_behind = lost_behind, skipped_behind

    def close(self, drift_ppm: float | None = None) -> ClipResult:
        """End the file and enter the result into the journal; `drift_ppm` is that of the
        microphone's clock, None where it is not known.

        Raises `StoreError`, `MuxError`.
        """
        digests = self._writer.close()
        lost = self._due(self._lost_behind)
        skipped = self._due(self._lost_behind + self._skipped_behind) - lost
        result = ClipResult(
            end_reason=self.end_reason,
            duration_ns=self.duration_ns,
            frames=self._tally.frames,
            frames_dropped=self._tally.dropped + lost,
            bytes=digests.bytes,
            sha256=digests.sha256,
            md5=digests.md5,
            frames_skipped=self._tally.skipped + skipped,
            overload=self._stretches.text(self._tally.end_ns),
            drift_ppm=drift_ppm,
        )
        self._store.journal.finalise_clip(self.clip.id, result)
        return result

    def abandon(self) -> None:
        """Close the file as it stands on the disk; the journal is left to the repair. Raises
        `StoreError`."""
        self._writer.abandon()

    def _due(self, behind: int) -> int:
        """Of `behind` frames that are missing across the end, those that were due before it."""
        if self.end_reason is EndReason.SPLIT or self.end_ns is None:
            return behind
        due = -(-(self.end_ns - self._tally.end_ns) // max(1, self.clip.frame_ns))
        return max(0, min(behind, due))

    def _note_overload(self) -> None:
        """So that a cut makes no losses of frames that were left out; footage must not end for
        a note."""
        try:
            self._store.journal.note_overload(self.clip.id, self._stretches.text())
        except BwvError as error:
            log.error("the overload of %s could not be noted: %s", self.clip.file, error)
