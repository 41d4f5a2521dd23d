"""A clip that is being recorded: one file, one row in the journal, one stretch of time.

Who uses it: the take. Packets wait here until their group of pictures is whole, because no
fragment could reach the disk earlier anyway; so a stop that is understood some milliseconds
after its instant still ends the clip at that instant.
"""

from dataclasses import dataclass

from bwv_device.evidence.records import Clip, ClipResult, EndReason
from bwv_device.evidence.store import Store
from bwv_device.media.clip_writer import ClipWriter
from bwv_device.media.packets import EncodedPacket, Track


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
        self._pending: list[EncodedPacket] = []
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
        """Take a packet. A key frame sends the group before it to the disk, synced.

        Raises `StoreError`, `MuxError`.
        """
        if packet.starts_clip:
            self._flush(self._pending)
            self._pending = []
            self._pending_bytes = 0
            # Into the muxer at once: only the next key frame makes it write the fragment.
            self._mux(packet)
            return
        self._pending.append(packet)
        self._pending_bytes += len(packet.data)

    def end(self, end_ns: int, reason: EndReason) -> None:
        """Let the clip end at `end_ns`; what lies behind it is not written."""
        self.end_ns, self.end_reason = end_ns, reason

    def close(self) -> ClipResult:
        """End the file and enter the result into the journal.

        Raises `StoreError`, `MuxError`.
        """
        self._flush([packet for packet in self._pending if self.covers(packet)])
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

    def _flush(self, packets: list[EncodedPacket]) -> None:
        for packet in packets:
            self._mux(packet)

    def _mux(self, packet: EncodedPacket) -> None:
        self._writer.write(packet)
        self._tally.count(packet)
