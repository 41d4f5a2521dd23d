"""A clip that is being recorded: one file, one row in the journal, one stretch of time.

Who uses it: the take, which gives it what belongs into it and nothing else: the muxer gives
nothing back.
"""

import logging

from bwv_device.errors import BwvError
from bwv_device.evidence.records import Clip, ClipResult, EndReason
from bwv_device.evidence.store import Store
from bwv_device.media.clip_writer import ClipWriter
from bwv_device.media.packets import EncodedPacket, Track
from bwv_device.media.picture_tally import PictureTally
from bwv_device.media.sound_tally import SoundTally
from bwv_device.media.stretches import Stretches
from bwv_device.protocol.buffer_certificate import BufferCertificate
from bwv_device.protocol.clip_account import ClipAccount

log = logging.getLogger(__name__)

_PACKET_BYTES, _FRAGMENT_BYTES = 12, 512
"""What the file has beside the packets: its lists of samples. Measured: 4 to 12 bytes a
packet, 250 a fragment; taken too large, so that a limit on bytes holds."""


class OpenClip:
    """From its first key frame to its end; then `close` it."""

    def __init__(
        self,
        store: Store,
        clip: Clip,
        writer: ClipWriter,
        pictures: PictureTally,
        sound: SoundTally | None = None,
    ) -> None:
        """`pictures` counts from the clip's start; `sound` counts what is missing of it, None
        where none is due."""
        self.clip = clip
        self.start_ns = start_ns = pictures.origin_ns
        self.end_ns: int | None = None
        self.end_reason = EndReason.STOP
        self._store, self._writer = store, writer
        self._pictures, self._sound = pictures, sound
        self._stretches = Stretches(start_ns)
        self._lost_behind = self._skipped_behind = 0
        self._bytes = writer.committed_bytes + 2 * _FRAGMENT_BYTES
        self._bytes_before_group = self.bytes

    @property
    def bytes(self) -> int:
        """What the file comes to with all packets so far; a little too much, never too little."""
        return self._bytes + self._writer.signed_bytes

    @property
    def group_bytes(self) -> int:
        """The part of `bytes` that began with the newest key frame."""
        return self.bytes - self._bytes_before_group

    @property
    def duration_ns(self) -> int:
        """What is in the file so far, from the first frame's start to the last one's end."""
        return self._pictures.end_ns - self.start_ns

    @property
    def frames(self) -> int:
        return self._pictures.frames

    @property
    def sound_behind_ns(self) -> int:
        """How much of the sound that is due before the clip's end has not come; as the account
        counts it."""
        return 0 if self._sound is None else self._sound.hole_up_to(self._sound_due_up_to_ns)

    @property
    def _sound_due_up_to_ns(self) -> int:
        media_end_ns = self._pictures.end_ns
        return media_end_ns if self.end_ns is None else min(self.end_ns, media_end_ns)

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
            self._bytes_before_group = self.bytes
        self._bytes += len(packet.data) + _PACKET_BYTES
        if self._writer.write(packet):
            self._bytes += _FRAGMENT_BYTES
        if packet.track is Track.VIDEO:
            self._pictures.add(packet)
        elif self._sound is not None:
            self._sound.add(packet)
        if self._stretches.see(packet):
            self._note_overload()

    def follow(self) -> None:
        """Make the chain as durable as the clip. Never raises."""
        self._writer.follow()

    def end(
        self, end_ns: int, reason: EndReason, lost_behind: int = 0, skipped_behind: int = 0
    ) -> None:
        """Let the clip end at `end_ns`; only sound may still come. `lost_behind` are the frames
        that were lost between the last one written and the first one behind the end,
        `skipped_behind` those left out there."""
        self.end_ns, self.end_reason = end_ns, reason
        self._lost_behind, self._skipped_behind = lost_behind, skipped_behind

    def close(
        self, drift_ppm: float | None = None, certificate: BufferCertificate | None = None
    ) -> ClipResult:
        """End the file and enter the result into the journal; `drift_ppm` is that of the
        microphone's clock, None where it is not known; the recording's `certificate` is given
        to the clip to which it belongs.

        Raises `StoreError`, `MuxError`.
        """
        digests = self._writer.close()
        account = self._account()
        result = ClipResult(
            end_reason=self.end_reason,
            duration_ns=self.duration_ns,
            frames=self._pictures.frames,
            frames_dropped=account.pictures.frames_dropped,
            bytes=digests.bytes,
            sha256=digests.sha256,
            md5=digests.md5,
            frames_skipped=account.pictures.frames_skipped,
            overload=self._stretches.text(self._pictures.end_ns),
            account=account,
            certificate=certificate,
            drift_ppm=drift_ppm,
            chain=self._writer.chain,
            clear_sha256=self._writer.clear_sha256,
        )
        self._store.journal.finalise_clip(self.clip.id, result)
        return result

    @property
    def unsigned(self) -> str | None:
        """What of the clip should be signed and is not, in words."""
        return self._writer.unsigned

    def abandon(self) -> None:
        """Close the file as it stands on the disk; the journal is left to the repair. Raises
        `StoreError`."""
        self._writer.abandon()

    def _account(self) -> ClipAccount:
        media_end_ns = self._pictures.end_ns
        end_ns = media_end_ns if self.end_ns is None else self.end_ns
        # What is in the file reaches to the nominal end of its last picture.
        pictures_end_ns = max(end_ns, media_end_ns)
        lost = self._due(self._lost_behind)
        skipped = self._due(self._lost_behind + self._skipped_behind) - lost
        silent = None if self._sound is None else self._sound.lost_ns(self._sound_due_up_to_ns)
        return ClipAccount(
            pictures=self._pictures.account(pictures_end_ns, lost, skipped), sound_lost_ns=silent
        )

    def _due(self, behind: int) -> int:
        """Of `behind` frames that are missing across the end, those that were due before it."""
        if self.end_reason is EndReason.SPLIT or self.end_ns is None:
            return behind
        return self._pictures.due_up_to(self.end_ns, behind)

    def _note_overload(self) -> None:
        """So that a cut makes no losses of frames that were left out; footage must not end for
        a note."""
        try:
            self._store.journal.note_overload(self.clip.id, self._stretches.text())
        except BwvError as error:
            log.error("the overload of %s could not be noted: %s", self.clip.file, error)
