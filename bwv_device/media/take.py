"""One recording while it runs: it gives each packet to the clip whose time it is.

Who uses it: the keeper. A take begins with what the ring held, is split at key frames, and
ends at the stop. Packets wait here for a tenth of a second, because what a clip was given can't
be taken back: so a stop that is understood some milliseconds after its instant still ends the
clip at that instant. Sound comes some milliseconds after the picture of the same instant, so a
clip that has ended waits for its sound before it is closed.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bwv_device.configuration.keeping import Recording as SplitRule
from bwv_device.errors import BwvError
from bwv_device.evidence.errors import StoreFullError
from bwv_device.evidence.records import Clip, EndReason, NewClip, Recording
from bwv_device.evidence.repair import repair_clip
from bwv_device.evidence.sealing.seal import begin_seal
from bwv_device.evidence.store import Store
from bwv_device.media.clip_writer import ClipWriter
from bwv_device.media.clock_watch import ClockWatch
from bwv_device.media.lead_up import LeadUp
from bwv_device.media.leftovers import LeftClip
from bwv_device.media.messages import (
    ClipClosed,
    ClipOpened,
    Report,
    SigningFailed,
    SoundLost,
    SourceOpened,
)
from bwv_device.media.open_clip import OpenClip
from bwv_device.media.packets import EncodedPacket, Track
from bwv_device.media.picture_signing import PictureSigning
from bwv_device.media.picture_tally import PictureTally
from bwv_device.media.signers import Signers
from bwv_device.media.sound_tally import SoundTally
from bwv_device.media.splitter import Splitter
from bwv_device.media.take_track import TakeTrack
from bwv_device.protocol.buffer_certificate import BufferCertificate
from hal.interfaces.clock import NS_PER_S

log = logging.getLogger(__name__)

HOLD_NS = NS_PER_S // 10
"""Longer than a stop takes from its instant to the keeper (10 ms at the 99th percentile is
the aim), shorter than what a crash may cost."""

_SOUND_GRACE_NS = NS_PER_S // 2
"""So much picture later, sound that has not come will not come."""

PICTURE_GRACE_NS = 3 * NS_PER_S
"""So long after the stop, a picture that has not come will not come: a slow camera's queue
holds less than a second."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a take knows of its beginning."""

    recording: Recording
    trigger_ns: int
    utc_offset_ns: int
    """UTC minus monotonic time at the trigger."""
    sound_from_ns: int
    """Sound before this instant is not kept."""
    lead_up: LeadUp
    sound_due: bool
    """Whether a microphone is configured, so that a clip without sound lacks some."""
    clips_before: int = 0
    """Clips that a recorder which has died made of the recording."""
    kept_up_to_ns: int | None = None
    """Where the last of those ends; None when there was no recorder before."""


class Take:
    """A recording in progress; one thread uses it."""

    def __init__(
        self,
        store: Store,
        start: Start,
        rule: SplitRule,
        report: Callable[[Report], None],
        clock_watch: ClockWatch,
        signers: Signers,
    ) -> None:
        self.start, self._signers = start, signers
        self.stop_ns: int | None = None
        self.drift_ppm: float | None = None
        """Of the microphone's clock, as far as the keeper knows."""
        self.track = TakeTrack(store, start.recording.id)
        self.left: list[LeftClip] = []
        """Clips that could not be closed or repaired: for whoever tries that again."""
        self._store, self._report, self._clock_watch = store, report, clock_watch
        self._splitter = Splitter(rule)
        self._source: SourceOpened | None = None
        self._held: deque[EncodedPacket] = deque()
        self._current: OpenClip | None = None
        self._closing: list[OpenClip] = []
        self._stop_reason = EndReason.STOP
        self._clips = 0
        self._video_ns = self._sound_ns = 0
        self._past_stop = self._is_new_stream = False

    @property
    def done(self) -> bool:
        """Whether the recording was stopped and all its clips are closed."""
        return self._past_stop and not self._open_clips()

    def use(self, source: SourceOpened) -> None:
        """Packets from now on come from this source."""
        self._source = source

    def begin(self, packets: Sequence[EncodedPacket]) -> None:
        """Take in what the ring held, which is counted before the first clip is opened: so the
        certificate in the journal is that of the whole ring. Raises as `feed`."""
        for packet in packets:
            self.start.lead_up.add(packet)
        for packet in packets:
            self._hold(packet)

    def change_stream(self, source: SourceOpened) -> None:
        """The picture goes on as another stream: its first key frame ends the clip and begins
        the next one. Raises as `feed`."""
        self._release(self._newest_ns())
        self._source, self._is_new_stream = source, True

    def feed(self, packet: EncodedPacket) -> None:
        """Take a packet of either track. Raises `StoreError`, `MuxError`."""
        self.start.lead_up.add(packet)
        self._hold(packet)

    def _hold(self, packet: EncodedPacket) -> None:
        self._held.append(packet)
        self._release(packet.time_ns - HOLD_NS)

    def stop(self, stop_ns: int, reason: EndReason) -> None:
        """End at `stop_ns`; the first stop stands. Packets up to it may still come."""
        if self.stop_ns is None:
            self.stop_ns, self._stop_reason = stop_ns, reason

    def change_source(self, lost_frames: int = 0) -> None:
        """The source has closed and another one follows: end the clip here, the next source's
        first picture begins the next one. Raises as `feed`."""
        self.start.lead_up.end(lost_frames)
        self._release(self._newest_ns())
        if self._current is not None:
            self._end_current(self._video_ns + 1, EndReason.SPLIT, lost_frames)
        self._close_all()
        self._source, self._sound_ns = None, 0

    def close_now(self, reason: EndReason, lost_frames: int = 0) -> None:
        """No packet will come any more: close what there is. `lost_frames` were lost behind
        the last one that came. Raises as `feed`."""
        self.start.lead_up.end(lost_frames)
        self._release(self._newest_ns())
        frame_ns = self._source.frame_ns if self._source is not None else 0
        self.stop(self._video_ns + lost_frames * frame_ns + 1, reason)
        self._pass_stop(lost_frames)
        self._close_all()

    def follow(self) -> None:
        """Nothing waits to be written: let the chains catch up with their clips."""
        for clip in self._open_clips():
            clip.follow()

    def let_go(self) -> None:
        """Close the files as they stand on the disk, and tell nobody. Raises `StoreError`."""
        for clip in self._open_clips():
            clip.abandon()

    def break_off(self, reason: EndReason) -> None:
        """Writing failed: keep what is synced of every clip, without writing more video."""
        self._past_stop = True
        clips, self._closing, self._current = self._open_clips(), [], None
        for clip in clips:
            try:
                clip.abandon()
            except BwvError as error:
                log.error("%s could not be closed: %s", clip.clip.file, error)
            self._keep_what_is_synced(clip.clip, reason)

    def _keep_what_is_synced(self, clip: Clip, reason: EndReason) -> None:
        try:
            kept = repair_clip(self._store, clip, reason)
            log.error("%s was broken off with %s frames kept", kept.file, kept.frames)
        except BwvError as error:
            # The journal still says `recording` of it.
            self.left.append(LeftClip(clip, reason))
            log.error("%s is left to be repaired when the card is well: %s", clip.file, error)

    def _newest_ns(self) -> int:
        return max((packet.time_ns for packet in self._held), default=0)

    def _release(self, up_to_ns: int) -> None:
        """Give clips what has waited long enough: up to `up_to_ns`, or all once the stop is
        known."""
        while self._held and (self.stop_ns is not None or self._held[0].time_ns <= up_to_ns):
            packet = self._held.popleft()
            if packet.track is Track.VIDEO:
                self._feed_video(packet)
            else:
                self._feed_sound(packet)
            self._close_what_is_complete()

    def _feed_video(self, packet: EncodedPacket) -> None:
        self._video_ns = max(self._video_ns, packet.time_ns)
        if self.stop_ns is not None and packet.time_ns >= self.stop_ns:
            self._pass_stop(packet.lost_before, packet.skipped_before)
            return
        if packet.starts_clip:
            if self._current is not None and self._must_split(self._current, packet):
                lost, skipped = packet.lost_before, packet.skipped_before
                self._end_current(packet.time_ns, EndReason.SPLIT, lost, skipped)
            if self._current is None and not self._past_stop:
                self._current = self._open_clip(packet)
            self._is_new_stream = False
        if self._current is not None:
            self._current.write(packet)

    def _must_split(self, clip: OpenClip, key: EncodedPacket) -> bool:
        return self._is_new_stream or self._splitter.is_full(clip, key)

    def _feed_sound(self, packet: EncodedPacket) -> None:
        if packet.time_ns < self.start.sound_from_ns and not packet.is_silence:
            return
        if self.stop_ns is not None and packet.time_ns > self.stop_ns + PICTURE_GRACE_NS:
            log.error("no picture up to the stop has come, the clip is closed without it")
            self._pass_stop()
        clip = self._clip_of(packet)
        if clip is not None:
            if self._sound_ns == 0 and not packet.is_silence:
                self._fill_up_to(packet, clip)
            clip.write(packet)
        self._sound_ns = packet.end_ns

    def _clip_of(self, sound: EncodedPacket) -> OpenClip | None:
        if self.stop_ns is not None and sound.end_ns > self.stop_ns:
            return None
        return next((clip for clip in self._open_clips() if clip.covers(sound)), None)

    def _fill_up_to(self, first: EncodedPacket, clip: OpenClip) -> None:
        """Silence from the clip's start to its first sound: a microphone starts later than a
        camera."""
        if self._source is not None:
            for packet in self._source.silence.between(clip.start_ns, first.time_ns):
                clip.write(packet)

    def _pass_stop(self, lost_behind: int = 0, skipped_behind: int = 0) -> None:
        """The picture has reached the stop: the current clip gets no more of it."""
        self._past_stop = True
        if self._current is not None:
            assert self.stop_ns is not None
            self._end_current(self.stop_ns, self._stop_reason, lost_behind, skipped_behind)

    def _end_current(
        self, end_ns: int, reason: EndReason, lost_behind: int, skipped_behind: int = 0
    ) -> None:
        assert self._current is not None
        self._current.end(end_ns, reason, lost_behind, skipped_behind)
        self._closing.append(self._current)
        self._current = None

    def _open_clips(self) -> list[OpenClip]:
        return [*self._closing, *([self._current] if self._current else [])]

    def _close_what_is_complete(self) -> None:
        while self._closing:
            end_ns = self._closing[0].end_ns or 0
            sound_is_in = not self._has_sound or self._sound_ns >= end_ns
            if not sound_is_in and self._video_ns < end_ns + _SOUND_GRACE_NS:
                return
            self._close_first()

    @property
    def _has_sound(self) -> bool:
        return self._source is not None and self._source.templates.sound is not None

    def _close_all(self) -> None:
        while self._closing:
            self._close_first()

    def _close_first(self) -> None:
        """Close the oldest clip. Until that has worked it stays in the list, so that
        `break_off` finds it."""
        clip = self._closing[0]
        # Told now and not when it comes: behind a recording's last clip nobody waits for it.
        missing_ns = clip.sound_behind_ns if self._has_sound else 0
        result = clip.close(self.drift_ppm, self._certificate(clip.clip.number))
        del self._closing[0]
        self._report(
            ClipClosed(
                clip.clip.file,
                result.end_reason,
                result.duration_ns / NS_PER_S,
                result.frames,
                result.frames_dropped,
                result.frames_skipped,
            )
        )
        if missing_ns:
            self._report(SoundLost(missing_ns / NS_PER_S))
        if clip.unsigned is not None:
            self._report(SigningFailed(f"{clip.clip.file}: {clip.unsigned}"))

    def _open_clip(self, key: EncodedPacket) -> OpenClip:
        assert self._source is not None, "packets come only from an open source"
        number = self.start.clips_before + self._clips + 1
        self._clips += 1
        certificate = self._certificate(number)
        delivered_ns = certificate.delivered_ns if certificate else 0
        short = certificate.short if certificate else None
        recipient = self._store.journal.recipient()
        new = NewClip(
            recording_id=self.start.recording.id,
            number=number,
            start_utc_ns=key.time_ns + self.start.utc_offset_ns,
            pre_record_delivered_ns=delivered_ns,
            pre_record_short_reason=None if short is None else str(short),
            frame_ns=self._source.frame_ns,
            picture_stream=self._source.about,
            start_utc_error_ns=self._clock_watch.error_of(key.time_ns, self.start.utc_offset_ns),
            certificate=certificate,
            sealed=recipient is not None,
        )
        clip = self._store.open_clip(self.start.recording, new)
        path = self._store.path(clip)
        try:
            seal = begin_seal(path, recipient) if recipient is not None else None
            writer = ClipWriter(*(path, self._source.templates, key.time_ns), self._signing(), seal)
        except BwvError as error:
            full = isinstance(error, StoreFullError)
            self._keep_what_is_synced(clip, EndReason.STORAGE_FULL if full else EndReason.FAULT)
            raise
        self._report(ClipOpened(clip.file, delivered_ns / NS_PER_S))
        sound = self._sound_tally(key.time_ns)
        return OpenClip(self._store, clip, writer, self._picture_tally(key.time_ns), sound)

    def _signing(self) -> PictureSigning | None:
        signer = self._signers.current()
        if signer is None:
            return None
        return PictureSigning(signer, self.start.recording, self.start.utc_offset_ns)

    def _picture_tally(self, start_ns: int) -> PictureTally:
        """What was due between what a recorder that has died kept and the first clip here is
        missing in front of that one, and in no other clip."""
        kept_up_to_ns = self.start.kept_up_to_ns
        if kept_up_to_ns is None or self._clips > 1 or self._source is None:
            return PictureTally(start_ns)
        frames = round((start_ns - kept_up_to_ns) / max(1, self._source.frame_ns))
        return PictureTally(start_ns, since_ns=kept_up_to_ns, lost_before=max(0, frames))

    def _certificate(self, number: int) -> BufferCertificate | None:
        """That of the lead-up, which stands in the first clip."""
        return self.start.lead_up.certificate() if number == 1 else None

    def _sound_tally(self, start_ns: int) -> SoundTally | None:
        if not self.start.sound_due or self._source is None:
            return None
        from_ns = max(start_ns, self.start.sound_from_ns)
        return SoundTally(from_ns, self._source.silence.duration_ns)
