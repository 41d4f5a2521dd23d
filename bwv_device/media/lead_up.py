"""The lead-up of a recording, and the certificate that is made of it.

Who uses it: the take. It is given the ring's packets at the trigger, before the first of them
goes into a clip, and then what comes live. Frames from before the trigger are still on their
way when it is understood: an encode takes some milliseconds. So the certificate that is entered
with the clip says up to where it counts, and the one that replaces it when the clip is closed
counts them all.
"""

from dataclasses import dataclass, field

from bwv_device.media.packets import EncodedPacket, Track
from bwv_device.media.picture_tally import PictureTally
from bwv_device.protocol.buffer_certificate import BufferCertificate, ShortCause, Shortfall
from hal.interfaces.clock import NS_PER_S


@dataclass(slots=True)
class LeadUp:
    """From the first picture of a recording to its trigger; one thread uses it."""

    trigger_ns: int
    asked_ns: int
    sound_kept: bool
    why_short: Shortfall
    """Why it is short, should it be."""
    _over: bool = False
    """Whether no picture from before the trigger can come any more."""
    _ended_ns: int = 0
    """With `_over`: the trigger, or the end of the last picture where none followed it."""
    _lost_at_end: int = 0
    _skipped_at_end: int = 0
    _tally: PictureTally = field(init=False)

    def __post_init__(self) -> None:
        self._tally = PictureTally(self.trigger_ns)

    def add(self, packet: EncodedPacket) -> None:
        """Count a packet of the recording; each is given once, in order."""
        if self._over or packet.track is not Track.VIDEO:
            return
        if packet.time_ns < self.trigger_ns:
            # Nothing can be played, and no clip is open, before the first key frame.
            if self._tally.start_ns is not None or packet.starts_clip:
                self._tally.add(packet)
        else:
            self._end(packet.lost_before, packet.skipped_before)
            self._ended_ns = self.trigger_ns

    def end(self, lost_behind: int = 0) -> None:
        """The source ends, with so many frames lost behind its last one."""
        if not self._over:
            self._end(lost_behind, 0)
            known_ns = self._tally.end_ns + self._lost_at_end * self._tally.frame_ns
            self._ended_ns = min(self.trigger_ns, known_ns)

    def certificate(self) -> BufferCertificate:
        """What is known by now."""
        start_ns = self._tally.start_ns
        end_ns = self._ended_ns if self._over else self.trigger_ns
        delivered_ns = 0 if start_ns is None else end_ns - start_ns
        is_counted = self._over or start_ns is None
        counted_up_to_ns = 0 if is_counted else self._tally.last_ns - self.trigger_ns
        return BufferCertificate(
            asked_ns=self.asked_ns,
            delivered_ns=delivered_ns,
            sound_kept=self.sound_kept,
            short=self._shortfall(delivered_ns, self.trigger_ns - end_ns),
            counted_up_to_ns=counted_up_to_ns,
            pictures=self._tally.account(
                end_ns if is_counted else self._tally.end_ns,
                self._lost_at_end,
                self._skipped_at_end,
            ),
        )

    def _end(self, lost: int, skipped: int) -> None:
        self._over = True
        self._lost_at_end = self._tally.due_up_to(self.trigger_ns, lost)
        due = self._tally.due_up_to(self.trigger_ns, lost + skipped)
        self._skipped_at_end = due - self._lost_at_end

    def _shortfall(self, delivered_ns: int, silent_ns: int) -> Shortfall | None:
        if delivered_ns >= self.asked_ns:
            return None
        if delivered_ns and delivered_ns + silent_ns >= self.asked_ns:
            return Shortfall(cause=ShortCause.CAMERA_SILENT, seconds=silent_ns / NS_PER_S)
        return self.why_short
