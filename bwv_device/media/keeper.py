"""The keeper: owns the ring and the takes, and decides for each packet where it goes.

Who uses it: the recorder runs it on one thread; tests and the simulator call `handle`
directly. Because triggers, stops and packets come through one queue in one order, a trigger
can neither lose nor double a frame, and no lock is needed.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import singledispatchmethod
from pathlib import Path

from bwv_device.configuration.fingerprint import fingerprint
from bwv_device.configuration.model import Configuration
from bwv_device.errors import BwvError
from bwv_device.evidence.errors import StoreFullError
from bwv_device.evidence.records import EndReason, NewRecording, TrackPoint
from bwv_device.evidence.store import Store
from bwv_device.media import messages
from bwv_device.media.capture_history import CaptureHistory
from bwv_device.media.card_room import CardRoom
from bwv_device.media.clock_watch import ClockWatch
from bwv_device.media.joint import SoundTail, first_packets
from bwv_device.media.lead_up import LeadUp
from bwv_device.media.leftovers import Leftovers, LeftStop
from bwv_device.media.memory_watch import MemoryWatch
from bwv_device.media.messages import KeeperMessage, Report
from bwv_device.media.packets import EncodedPacket, Track
from bwv_device.media.ring import Ring
from bwv_device.media.signers import OpenSigner, Signers
from bwv_device.media.take import PICTURE_GRACE_NS, Start, Take
from bwv_device.protocol.buffer_certificate import ShortCause, Shortfall
from bwv_device.version import VERSION
from hal.interfaces.clock import NS_PER_S, Clock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the keeper needs of the device around it."""

    clock: Clock
    store: Store
    free_bytes: Callable[[Path], int]
    report: Callable[[Report], None]
    time_zone: str
    first_session: ShortCause | None = None
    """How the first session of capture comes to be; None where the camera has just started."""
    available_bytes: Callable[[], int] | None = None
    """Of the machine's memory; None where nobody watches it."""
    open_signer: OpenSigner | None = None
    """Who signs the clips; None where nobody does."""


class Keeper:
    """Ring and takes; one thread calls `handle`."""

    def __init__(self, configuration: Configuration, around: Surroundings) -> None:
        self._configuration = configuration
        self._fingerprint = fingerprint(configuration)
        self._around = around
        self._ring = Ring(configuration.pre_record)
        self._sound_tail = SoundTail()
        self._source: messages.SourceOpened | None = None
        self._takes: list[Take] = []
        self._drift_ppm: float | None = None
        self._clock_watch = ClockWatch(around.clock, around.store.journal, around.report)
        reserve_bytes = configuration.storage.reserve_bytes
        self._signers = Signers(around.open_signer, around.report)
        self._room = CardRoom(around.store, around.free_bytes, reserve_bytes, around.report)
        self._leftovers = Leftovers(around.store, around.report)
        self._history = CaptureHistory(self._first_session())
        self._memory = (
            MemoryWatch(self._ring, configuration.memory, around.available_bytes, around.report)
            if around.available_bytes is not None
            else None
        )

    @property
    def ring(self) -> Ring:
        return self._ring

    @property
    def is_recording(self) -> bool:
        """Whether any take is not closed yet."""
        return bool(self._takes)

    def prepare(self) -> None:
        """Begin, beside everything else, with what takes long and is not needed yet."""
        self._signers.prepare()

    def handle(self, message: KeeperMessage) -> None:
        """Do what the message asks. What fails is reported and keeps what is synced; nothing
        is raised for it."""
        try:
            if isinstance(message, EncodedPacket):
                # Nearly all are packets, and finding the method costs as much as the ring.
                self._packet(message)
            else:
                self._handle(message)
        except BwvError as error:
            self._report_failure(error)
        self._forget_done()
        self._leftovers.try_again(self._around.clock.monotonic_ns())

    def follow(self) -> None:
        """No message waits: do what the promise to the wearer must not wait for."""
        for take in self._takes:
            take.follow()

    def close(self) -> None:
        """No message will come any more: close every clip, whole."""
        for take in self._takes:
            self._guard(take, take.close_now, EndReason.SHUTDOWN)
            self._note_stop(take, EndReason.SHUTDOWN, self._around.clock.monotonic_ns())
        self._forget_done()
        self._leftovers.try_now(self._around.clock.monotonic_ns())

    def cut_power(self) -> None:
        """Of a simulated camera: every file is let go as it stands on the disk, and neither journal
        nor muxer is told. The repair of the next start finds what a real cut leaves."""
        takes, self._takes = self._takes, []
        for take in takes:
            take.let_go()

    def give_up(self, error: Exception) -> None:
        """The last resort, after an error that nobody foresaw: break every recording off,
        keep what is synced, and say so."""
        takes, self._takes = self._takes, []
        for take in takes:
            try:
                take.break_off(EndReason.FAULT)
                self._note_stop(take, EndReason.FAULT, self._around.clock.monotonic_ns())
            except Exception:
                log.exception("%s could not be broken off", take.start.recording.container)
        text = f"recording failed by an error in the software ({error!r}): see the log"
        self._around.report(messages.WritingFailed(text, full=False))
        for take in takes:
            self._keep_left(take)
            self._around.report(messages.RecordingClosed(take.start.recording.container))

    @singledispatchmethod
    def _handle(self, message: KeeperMessage) -> None:
        raise TypeError(f"the keeper knows no message {type(message).__name__}")

    def _packet(self, packet: EncodedPacket) -> None:
        if packet.track is Track.SOUND:
            self._sound_tail.add(packet)
        self._ring.add(packet)
        for take in self._takes:
            self._guard(take, take.feed, packet)
        if packet.starts_clip:
            self._clock_watch.look()
            if self._memory is not None:
                self._memory.look(self._around.clock.monotonic_ns())
            if self._takes:
                self._check_room()

    @_handle.register
    def _source_opened(self, message: messages.SourceOpened) -> None:
        self._source, self._drift_ppm = message, None
        self._history.opened(message.opened_ns)
        for take in self._takes:
            take.use(message)
            take.drift_ppm = None

    @_handle.register
    def _stream_changed(self, message: messages.StreamChanged) -> None:
        """The ring is emptied, because nothing that begins in the former stream could go on in
        this one."""
        assert self._source is not None, "a stream changes while its source is open"
        templates = replace(self._source.templates, video=message.video)
        self._source = replace(
            self._source, templates=templates, opened_ns=message.at_ns, about=message.about
        )
        for take in self._takes:
            self._guard(take, take.change_stream, self._source)
        self._ring.clear()
        # For what is kept before a trigger it is as if capture had broken off and begun again.
        self._history.closed("the picture's stream changed")
        self._history.opened(message.at_ns)

    @_handle.register
    def _source_closed(self, message: messages.SourceClosed) -> None:
        reason = EndReason.FAULT if message.failure else EndReason.STOP
        for take in self._takes:
            if message.reopens and take.stop_ns is None:
                self._guard(take, take.change_source, message.lost_frames)
            else:
                self._guard(take, take.close_now, reason, message.lost_frames)
                self._note_stop(take, reason, self._around.clock.monotonic_ns())
        self._source = None
        self._history.closed(message.failure)
        self._ring.clear()
        self._sound_tail.clear()

    @_handle.register
    def _begin(self, message: messages.Begin) -> None:
        self._room.require()
        start = self._start(message)
        self._around.report(messages.RecordingBegun(start.recording.id, start.trigger_ns))
        self._take_up(start, start.trigger_ns - start.recording.pre_record_asked_ns)

    @_handle.register
    def _resume(self, message: messages.Resume) -> None:
        """Go on with a recording of a process that has died: what the ring has since then, and
        what was due meanwhile counted as lost."""
        recording = self._around.store.journal.recording(message.recording_id)
        self._clock_watch.go_on(recording)
        utc_offset_ns = recording.trigger_on_utc_ns - message.trigger_ns
        clips = self._around.store.journal.clips(recording.id)
        ends = [clip.start_utc_ns + (clip.duration_ns or 0) for clip in clips]
        kept_up_to_ns = max(ends, default=recording.trigger_on_utc_ns) - utc_offset_ns
        start = Start(
            recording=recording,
            trigger_ns=message.trigger_ns,
            utc_offset_ns=utc_offset_ns,
            sound_from_ns=kept_up_to_ns,
            lead_up=LeadUp(
                message.trigger_ns,
                recording.pre_record_asked_ns,
                sound_kept=False,
                why_short=Shortfall(cause=ShortCause.DIED_AT_TRIGGER),
            ),
            sound_due=not self._configuration.parts.microphone.absent,
            clips_before=len(clips),
            kept_up_to_ns=kept_up_to_ns,
        )
        self._take_up(start, kept_up_to_ns)

    def _take_up(self, start: Start, from_ns: int) -> None:
        """A take, with what the ring holds from `from_ns` on."""
        around, rule = self._around, self._configuration.recording
        take = Take(*(around.store, start, rule, around.report, self._clock_watch), self._signers)
        take.drift_ppm = self._drift_ppm
        self._takes.append(take)
        if self._source is not None:
            take.use(self._source)
            self._guard(take, self._feed_first_packets, take, self._source, from_ns)

    @_handle.register
    def _end(self, message: messages.End) -> None:
        for take in self._takes:
            if take.stop_ns is None:
                take.stop(message.stop_ns, message.end_reason)
                self._note_stop(take, message.reason, message.stop_ns)

    @_handle.register
    def _mark(self, message: messages.Mark) -> None:
        for take in self._takes:
            if take.stop_ns is None:
                self._note_bookmark(take, message.at_ns + take.start.utc_offset_ns)

    @_handle.register
    def _drift_measured(self, message: messages.DriftMeasured) -> None:
        self._drift_ppm = message.ppm
        for take in self._takes:
            take.drift_ppm = message.ppm

    @_handle.register
    def _idle(self, _message: messages.Idle) -> None:
        """Nothing comes any more: a camera that hangs must not keep a stopped clip open."""
        self._clock_watch.look()
        now_ns = self._around.clock.monotonic_ns()
        for take in self._takes:
            if take.stop_ns is not None and now_ns > take.stop_ns + PICTURE_GRACE_NS:
                log.error("nothing comes from the camera, the clip is closed with what there is")
                self._guard(take, take.close_now, EndReason.STOP)

    @_handle.register
    def _locate(self, message: messages.Locate) -> None:
        fix = message.fix
        for take in self._takes:
            if take.stop_ns is None:
                point = TrackPoint(
                    take.start.recording.id,
                    fix.at_ns + take.start.utc_offset_ns,
                    fix.latitude_deg,
                    fix.longitude_deg,
                    fix.accuracy_m,
                )
                take.track.add(point)

    def _start(self, message: messages.Begin) -> Start:
        utc = self._clock_watch.read()
        asked_ns = round(self._configuration.pre_record.length_s * NS_PER_S)
        device, wearer = self._configuration.device, self._configuration.wearer
        new = NewRecording(
            user_id=str(wearer.user_id),
            user_name=wearer.name,
            serial=device.serial,
            model=device.model,
            firmware_version=VERSION,
            trigger_on=message.reason,
            trigger_on_utc_ns=message.trigger_ns + utc.offset_ns,
            pre_record_asked_ns=asked_ns,
            time_zone=self._around.time_zone,
            clock_run=self._clock_watch.run,
            utc_offset_ns=utc.offset_ns,
            utc_error_ns=utc.error_ns,
            configuration_sha256=self._fingerprint,
        )
        return Start(
            recording=self._around.store.begin_recording(new),
            trigger_ns=message.trigger_ns,
            utc_offset_ns=utc.offset_ns,
            sound_from_ns=0 if self._configuration.pre_record.sound else message.trigger_ns,
            lead_up=self._lead_up(message.trigger_ns, asked_ns),
            sound_due=not self._configuration.parts.microphone.absent,
        )

    def _lead_up(self, trigger_ns: int, asked_ns: int) -> LeadUp:
        has_sound = self._source is not None and self._source.templates.sound is not None
        return LeadUp(
            trigger_ns,
            asked_ns,
            sound_kept=self._configuration.pre_record.sound and has_sound,
            why_short=self._history.why_short(trigger_ns, at_ceiling=self._ring.hit_ceiling),
        )

    def _first_session(self) -> ShortCause:
        if self._around.first_session is not None:
            return self._around.first_session
        waits = self._configuration.ready_state == "standby"
        return ShortCause.WOKE if waits else ShortCause.BOOTED

    def _feed_first_packets(self, take: Take, source: messages.SourceOpened, from_ns: int) -> None:
        packets = self._ring.since(from_ns)
        if not self._configuration.pre_record.sound:
            sound_from_ns = take.start.sound_from_ns
            packets = list(first_packets(packets, self._sound_tail, source.silence, sound_from_ns))
        take.begin(packets)

    def _note_stop(self, take: Take, reason: str, stop_ns: int) -> None:
        """Enter the stop into the journal, where the first one stands."""
        recording_id = take.start.recording.id
        at_utc_ns = stop_ns + take.start.utc_offset_ns
        try:
            self._around.store.journal.end_recording(recording_id, reason, at_utc_ns)
        except BwvError as error:
            self._leftovers.add(
                LeftStop(recording_id, reason, at_utc_ns), self._around.clock.monotonic_ns()
            )
            self._report_failure(error)

    def _note_bookmark(self, take: Take, at_utc_ns: int) -> None:
        try:
            self._around.store.journal.add_bookmark(take.start.recording.id, at_utc_ns)
        except BwvError as error:
            # Not reported as a failure to write: footage must not end for a bookmark.
            log.error("the bookmark at %s could not be noted: %s", at_utc_ns, error)

    def _guard(self, take: Take, step: Callable[..., None], *values: object) -> None:
        """Run a step of a take; when it fails, keep what is synced and say so. The other
        takes go on."""
        try:
            step(*values)
        except BwvError as error:
            take.break_off(_end_reason(error))
            self._report_failure(error)
            self._note_stop(take, _end_reason(error), self._around.clock.monotonic_ns())

    def _check_room(self) -> None:
        """Close what is being recorded, whole, while there is still room to do so."""
        try:
            self._room.require()
        except StoreFullError as error:
            self._report_failure(error)
            for take in self._takes:
                self._guard(take, take.close_now, EndReason.STORAGE_FULL)
                self._note_stop(take, EndReason.STORAGE_FULL, self._around.clock.monotonic_ns())

    def _report_failure(self, error: BwvError) -> None:
        log.error("recording failed: %s", error)
        self._around.report(messages.WritingFailed(str(error), isinstance(error, StoreFullError)))

    def _forget_done(self) -> None:
        done = [take for take in self._takes if take.done]
        for take in done:
            self._takes.remove(take)
            take.track.close()
            self._keep_left(take)
            self._around.report(messages.RecordingClosed(take.start.recording.container))
        if done and not self._takes:
            self._signers.renew()

    def _keep_left(self, take: Take) -> None:
        """Clips that the card has not let be entered wait until it does."""
        for left in take.left:
            self._leftovers.add(left, self._around.clock.monotonic_ns())


def _end_reason(error: BwvError) -> EndReason:
    return EndReason.STORAGE_FULL if isinstance(error, StoreFullError) else EndReason.FAULT
