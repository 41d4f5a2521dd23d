"""A clip that is being recorded: one file, one row in the journal, one stretch of time.

Who uses it: the take. Packets wait here for a tenth of a second before they go to the muxer,
from which nothing can be taken back; so a stop that is understood some milliseconds after its
instant still ends the clip at that instant.
"""

from collections import deque
from dataclasses import dataclass

from bwv_device.evidence.records import Clip, ClipResult, EndReason
from bwv_device.evidence.store import Store
from bwv_device.media.clip_writer import ClipWriter
from bwv_device.media.packets import EncodedPacket, Track
from hal.interfaces.clock import NS_PER_S

HOLD_NS = NS_PER_S // 10
"""Longer than a stop takes from its instant to the keeper (10 ms at the 99th percentile is
the aim), shorter than what a crash may cost."""


@dataclass(slots=True)
class _Tally:
    """What has gone into the file."""

    frames: int = 0
    dropped: int = 0
    end_ns: int = 0

    def count(self, packet: EncodedPacket) -> None:
        if packet.track is not Track.VIDEO:
            return
        # What was lost before the clip's first frame was not lost from this clip.
        self.dropped += packet.lost_before if self.frames else 0
        self.frames += 1
        self.end_ns = packet.end_ns


class OpenClip:
    """From its first key frame to its end; then `close` it."""

    def __init__(self, store: Store, clip: Clip, writer: ClipWriter, start_ns: int) -> None:
        self.clip = clip
        self.start_ns = start_ns
        self.end_ns: int | None = None
        self.end_reason = EndReason.STOP
        self._store, self._writer = store, writer
        self._pending: deque[EncodedPacket] = deque()
        self._pending_bytes = 0
        self._tally = _Tally(end_ns=start_ns)

    @property
    def bytes(self) -> int:
        """Bytes on the disk and on their way to it."""
        return self._writer.committed_bytes + self._pending_bytes

    @property
    def duration_ns(self) -> int:
        """What is in the file so far, from the first frame's start to the last one's end."""
        return self._tally.end_ns - self.start_ns

    @property
    def frames(self) -> int:
        return self._tally.frames

    def covers(self, packet: EncodedPacket) -> bool:
        """Whether the packet belongs into this clip."""
        before_end = self.end_ns is None or packet.time_ns < self.end_ns
        return packet.time_ns >= self.start_ns and before_end

    def write(self, packet: EncodedPacket) -> None:
        """Take a packet; those that have waited long enough go on, and reach the disk, synced,
        with the fragment that they complete. Raises `StoreError`, `MuxError`.
        """
        self._pending.append(packet)
        self._pending_bytes += len(packet.data)
        while self._pending[0].time_ns <= packet.time_ns - HOLD_NS:
            self._mux_first()

    def end(self, end_ns: int, reason: EndReason) -> None:
        """Let the clip end at `end_ns`; what lies behind it is not written."""
        self.end_ns, self.end_reason = end_ns, reason

    def close(self) -> ClipResult:
        """End the file and enter the result into the journal.

        Raises `StoreError`, `MuxError`.
        """
        while self._pending:
            if self.covers(self._pending[0]):
                self._mux_first()
            else:
                self._drop_first()
        digests = self._writer.close()
        result = ClipResult(
            end_reason=self.end_reason,
            duration_ns=self.duration_ns,
            frames=self._tally.frames,
            frames_dropped=self._tally.dropped,
            bytes=digests.bytes,
            sha256=digests.sha256,
            md5=digests.md5,
        )
        self._store.journal.finalise_clip(self.clip.id, result)
        return result

    def abandon(self) -> None:
        """Close the file as it stands on the disk; the journal is left to the repair."""
        self._writer.abandon()

    def _mux_first(self) -> None:
        packet = self._drop_first()
        self._writer.write(packet)
        self._tally.count(packet)

    def _drop_first(self) -> EncodedPacket:
        packet = self._pending.popleft()
        self._pending_bytes -= len(packet.data)
        return packet
