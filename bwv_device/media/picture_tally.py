"""Counts the pictures of a stretch, and finds the holes between them.

Who uses it: a clip counts its own, the lead-up those before the trigger.
"""

from bwv_device.media.packets import EncodedPacket
from bwv_device.protocol.pictures import GAPS_MAX, Gap, PictureAccount
from hal.interfaces.clock import NS_PER_S

STALL_NS = NS_PER_S // 2
"""So long without a picture is listed as a gap, also when the camera counts no frame as lost: a
camera that paces itself by the light goes no further down than a few frames a second."""


class PictureTally:
    """From its first picture on; one thread uses it."""

    def __init__(
        self, origin_ns: int, *, since_ns: int | None = None, lost_before: int = 0
    ) -> None:
        """Gaps are given as offsets from `origin_ns`. `lost_before` frames are missing in front
        of the first picture, since `since_ns`, that no other tally has counted."""
        self.origin_ns = origin_ns
        self._since_ns, self._lost_before = since_ns, lost_before
        self.start_ns: int | None = None
        """Time of the first picture."""
        self.last_ns = self.end_ns = origin_ns
        """Time of the newest picture, and its nominal end."""
        self.frames = self.skipped = 0
        self.dropped = lost_before
        """Pictures, slates among them; frames lost between them; frames left out between them."""
        self.frame_ns = 1
        """Nominal time from frame to frame, as the first picture has it."""
        self._slates = self._slate_ns = 0
        self._slates_since_ns: int | None = None
        self._seen_up_to_ns = self._left_out = 0
        self._missing = lost_before
        self._gaps: list[Gap] = []
        self._unlisted = 0

    def add(self, packet: EncodedPacket) -> None:
        """Count a packet of the picture."""
        if self.start_ns is None:
            # What was lost before the first picture was not lost from this stretch.
            self.start_ns = packet.time_ns
            self._seen_up_to_ns = packet.time_ns if self._since_ns is None else self._since_ns
            self.frame_ns = max(1, packet.duration_ns)
        else:
            self.dropped += packet.lost_before
            self.skipped += packet.skipped_before
            self._missing += packet.lost_before
            self._left_out += packet.skipped_before
        self.frames += 1
        self.last_ns, self.end_ns = packet.time_ns, packet.end_ns
        if packet.is_slate:
            self._slates += 1
            if self._slates_since_ns is None:
                self._slates_since_ns = packet.time_ns
        else:
            self._end_gap(packet)

    def due_up_to(self, end_ns: int, behind: int) -> int:
        """Of the `behind` frames that are missing behind the newest picture, those that were
        due before `end_ns`."""
        due = -(-(end_ns - self.end_ns) // self.frame_ns)
        return max(0, min(behind, due))

    def account(self, end_ns: int, lost_at_end: int = 0, skipped_at_end: int = 0) -> PictureAccount:
        """What there is to say when the stretch ends at `end_ns`, and so many frames are missing
        between its newest picture and there."""
        gaps, unlisted = self._gaps_up_to(end_ns, lost_at_end, skipped_at_end)
        slates_ns = self._slate_ns + self._slates_up_to(end_ns)
        return PictureAccount(
            frames_expected=self._expected(end_ns, lost_at_end + skipped_at_end),
            frames_captured=self.frames - self._slates,
            frames_dropped=self.dropped + lost_at_end,
            frames_skipped=self.skipped + skipped_at_end,
            camera_lost_ns=slates_ns,
            gaps=gaps,
            gaps_unlisted=unlisted,
        )

    def _expected(self, end_ns: int, missing_at_end: int) -> int:
        """By the nominal rate. Behind the newest picture a frame counts as due when more than
        half of its time is before the end, or it is known to be missing."""
        if self.start_ns is None:
            return 0
        seen = self._lost_before + round((self.end_ns - self.start_ns) / self.frame_ns)
        behind = round((end_ns - self.end_ns) / self.frame_ns)
        return seen + max(0, behind, missing_at_end)

    def _gaps_up_to(self, end_ns: int, lost: int, skipped: int) -> tuple[tuple[Gap, ...], int]:
        """All gaps, the one at the end with them, and how many more there are than are listed."""
        last = self._gap_up_to(end_ns, self._missing + lost, self._left_out + skipped)
        gaps = [*self._gaps, *([] if last is None else [last])]
        return tuple(gaps[:GAPS_MAX]), self._unlisted + max(0, len(gaps) - GAPS_MAX)

    def _end_gap(self, packet: EncodedPacket) -> None:
        """A picture of the camera: what was missing before it is known now."""
        self._slate_ns += self._slates_up_to(packet.time_ns)
        gap = self._gap_up_to(packet.time_ns, self._missing, self._left_out)
        if gap is not None and len(self._gaps) < GAPS_MAX:
            self._gaps.append(gap)
        elif gap is not None:
            self._unlisted += 1
        self._slates_since_ns, self._missing, self._left_out = None, 0, 0
        self._seen_up_to_ns = packet.end_ns

    def _gap_up_to(self, end_ns: int, missing: int, left_out: int) -> Gap | None:
        """A gap from the newest picture of the camera up to `end_ns`, if it is one: frames left
        out by rule make none."""
        if self.start_ns is None:
            return None
        length_ns = max(0, end_ns - self._seen_up_to_ns)
        stalled = length_ns - left_out * self.frame_ns >= STALL_NS
        if not missing and self._slates_since_ns is None and not stalled:
            return None
        offset_ns = self._seen_up_to_ns - self.origin_ns
        return Gap(offset_ns=offset_ns, length_ns=length_ns, frames_missing=missing)

    def _slates_up_to(self, end_ns: int) -> int:
        return 0 if self._slates_since_ns is None else max(0, end_ns - self._slates_since_ns)
