"""Leaves frames out as the rule of overload says, counts them, and writes that on the packets.

Who uses it: the picture loop. A frame is left out before anything is done to it: converting and
drawing would cost as well. What was left out travels with the next packet, as what was lost does.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bwv_device.configuration.media import Video
from bwv_device.media.encoders.key_schedule import KeySchedule
from bwv_device.media.messages import Overloaded, OverloadOver
from bwv_device.media.overload import Overload, Stage
from bwv_device.media.packets import EncodedPacket
from hal.interfaces.camera import CameraMode
from hal.interfaces.clock import NS_PER_S

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Mark:
    """What the packet of a frame has to say of the frames before it."""

    skipped: int
    one_in: int


class Thinning:
    """One session's; one thread uses it."""

    def __init__(
        self, mode: CameraMode, video: Video, report: Callable[[Overloaded | OverloadOver], None]
    ) -> None:
        frame_ns = round(NS_PER_S / mode.rate_hz)
        self._rate_hz, self._report = float(mode.rate_hz), report
        self._rule = Overload(mode.rate_hz, video.overload_floor_hz)
        # Key frames stay where they would be: the ring's length hangs on them.
        self._keys = KeySchedule(frame_ns, round(video.key_frame_interval_s * NS_PER_S))
        self._marks: dict[int, _Mark] = {}
        self._lost = self._skipped = 0
        self._since_ns = self._now_ns = self._skipped_since = 0
        self.skipped = 0
        """Frames left out so far."""

    def leaves_out(self, capture_ns: int, lost_before: int, *, is_last: bool) -> bool:
        """Whether the frame of `capture_ns` is left out, and counted as such; to be asked of
        every frame. The last one of a session never is: stops wait for it."""
        self._now_ns = capture_ns
        self._lost += lost_before
        is_key = self._keys.is_due(capture_ns)
        if self._rule.wants(capture_ns) or is_key or is_last:
            return False
        self._skipped += 1
        self.skipped += 1
        return True

    def lose_damaged(self) -> None:
        """The frame that was asked for last held no picture: it is lost, not left out."""
        self._lost += 1

    def take_losses(self) -> int:
        """Frames that the source lost since the frame that was encoded last. To be asked once
        for each frame that is encoded."""
        lost, self._lost = self._lost, 0
        return lost

    def encoded(self, capture_ns: int, began_ns: int, ended_ns: int) -> None:
        """The frame of `capture_ns` was converted, drawn and encoded between two instants."""
        if self._skipped or self._rule.one_in > 1:
            self._marks[capture_ns] = _Mark(self._skipped, self._rule.one_in)
        self._skipped = 0
        stage = self._rule.encoded(capture_ns, began_ns - capture_ns, ended_ns - began_ns)
        if stage is not None:
            self._change(stage, capture_ns)

    def marked(self, packets: Iterable[EncodedPacket]) -> list[EncodedPacket]:
        """The packets, each with what was left out before its frame."""
        return [self._marked(packet) for packet in packets]

    def end(self) -> None:
        """No frame follows: an overload that lasts is over with the session."""
        if self._rule.one_in > 1:
            self._tell_over(self._now_ns)

    def _marked(self, packet: EncodedPacket) -> EncodedPacket:
        mark = self._marks.pop(packet.time_ns, None)
        if mark is None:
            return packet
        return replace(packet, skipped_before=mark.skipped, one_in=mark.one_in)

    def _change(self, stage: Stage, now_ns: int) -> None:
        if self._since_ns == 0:
            self._since_ns, self._skipped_since = now_ns, self.skipped
        if stage.one_in == 1:
            self._tell_over(now_ns)
            return
        rate_hz = self._rate_hz / stage.one_in
        log.warning("encoding costs %.0f %% of the time: %.1f frames/s", stage.load * 100, rate_hz)
        self._report(Overloaded(rate_hz, self._rate_hz, stage.load))

    def _tell_over(self, now_ns: int) -> None:
        over = OverloadOver(
            (now_ns - self._since_ns) / NS_PER_S, self.skipped - self._skipped_since
        )
        self._since_ns = 0
        log.warning(
            "overload has passed after %.1f s, %s frames left out", over.seconds, over.frames
        )
        self._report(over)
