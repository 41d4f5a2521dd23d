"""One recording while it runs: it gives each packet to the clip whose time it is.

Who uses it: the keeper. A take begins with what the ring held, is split at key frames, and
ends at the stop; sound comes some milliseconds after the picture of the same instant, so a
clip that has ended waits for its sound before it is closed.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from bwv_device.configuration.keeping import Recording as SplitRule
from bwv_device.errors import BwvError
from bwv_device.evidence.records import EndReason, NewClip, Recording
from bwv_device.evidence.repair import repair_clip
from bwv_device.evidence.store import Store
from bwv_device.media.clip_writer import ClipWriter
from bwv_device.media.messages import ClipClosed, ClipOpened, Report, SourceOpened
from bwv_device.media.open_clip import OpenClip
from bwv_device.media.packets import EncodedPacket, Track
from hal.interfaces.clock import NS_PER_S

log = logging.getLogger(__name__)

_SOUND_GRACE_NS = NS_PER_S // 2
"""So much picture later, sound that has not come will not come."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a take knows of its beginning."""

    recording: Recording
    trigger_ns: int
    utc_offset_ns: int
    """UTC minus monotonic time at the trigger."""
    sound_from_ns: int
    """Sound before this instant is not kept."""
    short_reason: str | None
    """Why the pre-record may be shorter than asked, should it be."""


class Take:
    """A recording in progress; one thread uses it."""

    def __init__(
        self, store: Store, start: Start, rule: SplitRule, report: Callable[[Report], None]
    ) -> None:
        self.start = start
        self.stop_ns: int | None = None
        self._store, self._rule, self._report = store, rule, report
        self._source: SourceOpened | None = None
        self._current: OpenClip | None = None
        self._closing: list[OpenClip] = []
        self._stop_reason = EndReason.STOP
        self._clips = 0
        self._group_bytes = 0
        self._largest_group_bytes = 0
        self._video_ns = self._sound_ns = 0
        self._past_stop = False

    @property
    def done(self) -> bool:
        """Whether the recording was stopped and all its clips are closed."""
        return self._past_stop and self._current is None and not self._closing

    def use(self, source: SourceOpened) -> None:
        """Packets from now on come from this source."""
        self._source = source

    def feed(self, packet: EncodedPacket) -> None:
        """Take a packet of either track. Raises `StoreError`, `MuxError`."""
        if packet.track is Track.VIDEO:
            self._feed_video(packet)
        else:
            self._feed_sound(packet)
        self._close_what_is_complete()

    def stop(self, stop_ns: int, reason: EndReason) -> None:
        """End at `stop_ns`; the first stop stands. Packets up to it may still come."""
        if self.stop_ns is None:
            self.stop_ns, self._stop_reason = stop_ns, reason

    def close_now(self, reason: EndReason) -> None:
        """No packet will come any more: close what there is. Raises as `feed`."""
        end_ns = self._video_ns + 1 if self.stop_ns is None else self.stop_ns
        self.stop(end_ns, reason)
        self._pass_stop()
        while self._closing:
            self._close(self._closing.pop(0))

    def break_off(self, reason: EndReason) -> None:
        """Writing failed: keep what is synced of every clip, without writing more video."""
        self._past_stop = True
        clips = [*self._closing, *([self._current] if self._current else [])]
        self._closing, self._current = [], None
        for clip in clips:
            try:
                clip.abandon()
                kept = repair_clip(self._store, clip.clip, reason)
                log.error("%s was broken off with %s frames kept", kept.file, kept.frames)
            except BwvError as error:
                # The journal still says `recording`: the next start repairs it.
                log.error("%s is left for the next start to repair: %s", clip.clip.file, error)

    def _feed_video(self, packet: EncodedPacket) -> None:
        self._video_ns = max(self._video_ns, packet.time_ns)
        if self.stop_ns is not None and packet.time_ns >= self.stop_ns:
            self._pass_stop()
            return
        if packet.starts_clip:
            self._note_group()
            if self._current is not None and self._is_full(self._current, packet):
                self._current.end(packet.time_ns, EndReason.SPLIT)
                self._closing.append(self._current)
                self._current = None
            if self._current is None and not self._past_stop:
                self._current = self._open_clip(packet)
        if self._current is not None:
            self._group_bytes += len(packet.data)
            self._current.write(packet)

    def _feed_sound(self, packet: EncodedPacket) -> None:
        if packet.time_ns < self.start.sound_from_ns and not packet.is_silence:
            return
        if self._sound_ns == 0 and not packet.is_silence:
            self._fill_up_to(packet)
        self._sound_ns = packet.end_ns
        if self.stop_ns is not None and packet.end_ns > self.stop_ns:
            return
        for clip in [*self._closing, *([self._current] if self._current else [])]:
            if clip.covers(packet):
                clip.write(packet)
                return

    def _fill_up_to(self, first: EncodedPacket) -> None:
        """Silence from the clip's start to its first sound: a microphone starts later than a
        camera."""
        if self._current is not None and self._source is not None:
            for packet in self._source.silence.between(self._current.start_ns, first.time_ns):
                self._current.write(packet)

    def _pass_stop(self) -> None:
        """The picture has reached the stop: the current clip gets no more of it."""
        self._past_stop = True
        if self._current is not None:
            assert self.stop_ns is not None
            self._current.end(self.stop_ns, self._stop_reason)
            self._closing.append(self._current)
            self._current = None

    def _close_what_is_complete(self) -> None:
        silent = self._source is None or self._source.templates.sound is None
        while self._closing:
            end_ns = self._closing[0].end_ns or 0
            sound_is_in = silent or self._sound_ns >= end_ns
            if not sound_is_in and self._video_ns < end_ns + _SOUND_GRACE_NS:
                return
            self._close(self._closing.pop(0))

    def _close(self, clip: OpenClip) -> None:
        result = clip.close()
        self._report(
            ClipClosed(
                clip.clip.file,
                result.end_reason,
                result.duration_ns / NS_PER_S,
                result.frames,
                result.frames_dropped,
            )
        )

    def _note_group(self) -> None:
        self._largest_group_bytes = max(self._largest_group_bytes, self._group_bytes)
        self._group_bytes = 0

    def _is_full(self, clip: OpenClip, key: EncodedPacket) -> bool:
        """Whether the group that `key` opens would make the clip too long or too large."""
        too_long = key.time_ns - clip.start_ns >= round(self._rule.split_after_s * NS_PER_S)
        return too_long or clip.bytes + self._largest_group_bytes > self._rule.split_bytes

    def _open_clip(self, key: EncodedPacket) -> OpenClip:
        assert self._source is not None, "packets come only from an open source"
        self._clips += 1
        delivered_ns = max(0, self.start.trigger_ns - key.time_ns) if self._clips == 1 else 0
        is_short = self._clips == 1 and delivered_ns < self.start.recording.pre_record_asked_ns
        new = NewClip(
            recording_id=self.start.recording.id,
            number=self._clips,
            start_utc_ns=key.time_ns + self.start.utc_offset_ns,
            pre_record_delivered_ns=delivered_ns,
            pre_record_short_reason=self.start.short_reason if is_short else None,
            frame_ns=self._source.frame_ns,
        )
        clip = self._store.open_clip(self.start.recording, new)
        writer = ClipWriter(self._store.path(clip), self._source.templates, key.time_ns)
        self._report(ClipOpened(clip.file, delivered_ns / NS_PER_S))
        return OpenClip(self._store, clip, writer, key.time_ns)
