"""The bounded queue between the encoders and the keeper.

Who uses it: the recorder. The encoders never wait for the disk: when the keeper is so far
behind that the bound is reached, whole groups of pictures are let go, counted, and the count
travels with the next key frame into the clip's metadata. Messages other than packets always
get in. `queue.Queue` can only block or refuse, hence our own few lines around its storage.
"""

import threading
from collections import deque
from dataclasses import replace

from bwv_device.media.messages import KeeperMessage
from bwv_device.media.packets import EncodedPacket, Track

BOUND_BYTES = 32 * 1024 * 1024
"""A minute at the default bit rates; the worst sync that was measured took half a second."""


class Inbox:
    """Any thread puts, one thread gets."""

    def __init__(self, bound_bytes: int = BOUND_BYTES) -> None:
        self._bound_bytes = bound_bytes
        self._messages: deque[KeeperMessage | None] = deque()
        self._bytes = 0
        self._filled = threading.Condition()
        self._lost_frames = 0
        self._losing = False

    def put(self, message: KeeperMessage) -> int:
        """Hand over a message; the frames that had to be let go by now, 0 when all is well."""
        with self._filled:
            if isinstance(message, EncodedPacket):
                packet = self._admit(message)
                if packet is None:
                    return self._lost_frames
                self._bytes += len(packet.data)
                message = packet
            self._messages.append(message)
            self._filled.notify()
            return 0

    def close(self) -> None:
        """After what is queued, `get` gives None."""
        with self._filled:
            self._messages.append(None)
            self._filled.notify()

    def get(self) -> KeeperMessage | None:
        """The next message, waiting for it; None once closed."""
        with self._filled:
            while not self._messages:
                self._filled.wait()
            message = self._messages.popleft()
            if isinstance(message, EncodedPacket):
                self._bytes -= len(message.data)
            return message

    def _admit(self, packet: EncodedPacket) -> EncodedPacket | None:
        """The packet as it goes in, or None when it has to be let go."""
        has_room = self._bytes + len(packet.data) <= self._bound_bytes
        if has_room and (not self._losing or packet.starts_clip):
            lost, self._lost_frames, self._losing = self._lost_frames, 0, False
            return replace(packet, lost_before=packet.lost_before + lost) if lost else packet
        if packet.track is Track.VIDEO:
            self._losing = True
            self._lost_frames += 1 + packet.lost_before
        return None
