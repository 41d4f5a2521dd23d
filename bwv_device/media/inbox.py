"""The bounded queue between the encoders and the keeper.

Who uses it: the recorder. The encoders never wait for the disk: when the keeper is so far
behind that the bound is reached, whole groups of pictures are let go, counted, and the count
travels with the next key frame into the clip's metadata. Messages other than packets always
get in. The keeper is woken for a tenth of a second of packets at once, for every other message
immediately. `queue.Queue` can only block or refuse, hence our own few lines around its storage.
"""

import logging
import threading
from collections import deque
from dataclasses import replace

from bwv_device.media.messages import Idle, KeeperMessage, SourceClosed
from bwv_device.media.packets import EncodedPacket, Track
from hal.interfaces.clock import NS_PER_S

log = logging.getLogger(__name__)

BOUND_BYTES = 32 * 1024 * 1024
"""A minute at the default bit rates; the worst sync that was measured took half a second."""

GATHER_NS = NS_PER_S // 10
"""Footage for which the keeper is woken once. A take holds packets as long in any case; woken for
each one, the keeper spent more on waking, and on the interpreter's lock, than on its work."""


class Inbox:
    """Any thread puts, one thread gets."""

    def __init__(self, bound_bytes: int = BOUND_BYTES) -> None:
        self._bound_bytes = bound_bytes
        self._messages: deque[KeeperMessage | None] = deque()
        self._bytes = 0
        self._filled = threading.Condition()
        self._is_ready = False
        """Whether the reader is not to wait: it empties the queue, then waits again."""
        self._woken_ns = -GATHER_NS
        """Time of the picture that woke the reader last."""
        self._losing = False
        self._lost_frames = self._lost_sound_packets = 0

    def put(self, message: KeeperMessage) -> int:
        """Hand over a message. The frames that had to be let go, told twice for each stretch:
        the first of them when it begins, all of them when it has ended; 0 otherwise."""
        with self._filled:
            if isinstance(message, EncodedPacket):
                return self._put_packet(message)
            lost = 0
            if isinstance(message, SourceClosed):
                lost = self._end_stretch()
                message = replace(message, lost_frames=message.lost_frames + lost)
            self._append(message)
            return lost

    def close(self) -> None:
        """After what is queued, `get` gives None."""
        with self._filled:
            self._append(None)

    @property
    def is_drained(self) -> bool:
        """Whether the reader has taken everything that it was woken for."""
        return not self._is_ready

    def get(self, patience_s: float | None = None) -> KeeperMessage | None:
        """The next message, waiting until there are enough, `patience_s` at most; `Idle` when
        none came; None once closed."""
        with self._filled:
            if not self._is_ready:
                self._is_ready = self._filled.wait_for(lambda: self._is_ready, patience_s)
            if not self._messages:
                return Idle()
            message = self._messages.popleft()
            self._is_ready = bool(self._messages)
            if isinstance(message, EncodedPacket):
                self._bytes -= len(message.data)
            return message

    def _append(self, message: KeeperMessage | None) -> None:
        self._messages.append(message)
        if not isinstance(message, EncodedPacket) or self._is_enough(message):
            self._is_ready = True
            self._filled.notify()

    def _is_enough(self, packet: EncodedPacket) -> bool:
        """Whether a picture is so far from the one that woke the reader last. Sound, which comes
        behind its picture, goes along with the next one, or when patience ends."""
        if packet.track is Track.SOUND or abs(packet.time_ns - self._woken_ns) < GATHER_NS:
            return False
        self._woken_ns = packet.time_ns
        return True

    def _put_packet(self, packet: EncodedPacket) -> int:
        has_room = self._bytes + len(packet.data) <= self._bound_bytes
        if not has_room or (self._losing and not packet.starts_clip):
            return self._let_go(packet)
        lost = self._end_stretch()
        self._bytes += len(packet.data)
        self._append(replace(packet, lost_before=packet.lost_before + lost) if lost else packet)
        return lost

    def _let_go(self, packet: EncodedPacket) -> int:
        """Count the packet; its frames when they are the first of a stretch."""
        self._losing = True
        if packet.track is Track.SOUND:
            self._lost_sound_packets += 1
            return 0
        is_first = self._lost_frames == 0
        # Frames left out before it are missing now for the same reason as their neighbours.
        self._lost_frames += 1 + packet.lost_before + packet.skipped_before
        return self._lost_frames if is_first else 0

    def _end_stretch(self) -> int:
        """The frames lost in the stretch that ends now, 0 when there was none."""
        lost = self._lost_frames
        if self._losing:
            log.error(
                "the disk was too slow: %s frames and %s packets of sound were let go",
                lost,
                self._lost_sound_packets,
            )
        self._losing = False
        self._lost_frames = self._lost_sound_packets = 0
        return lost
