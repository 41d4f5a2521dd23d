"""Tells a test of every packet that a camera's media process gives to its ring.

Python imports it by its name at the start of a process that has this folder in `PYTHONPATH`. In
the media process alone, and where `BWV_TAP` names a Unix socket, each packet goes there: its
capture time, whether it begins a group, its length, its payload. `packet_tap` listens. Nothing
of it touches a disk, and the process is otherwise the real one.
"""

import os
import socket
import struct
import sys

HEADER = struct.Struct("!q?I")


def _tap(address: str) -> None:
    from bwv_device.media.packets import EncodedPacket
    from bwv_device.media.ring import Ring

    wire = socket.socket(socket.AF_UNIX)
    wire.connect(address)
    add = Ring.add

    def told(ring: Ring, packet: EncodedPacket) -> None:
        add(ring, packet)
        head = HEADER.pack(packet.time_ns, packet.starts_clip, len(packet.data))
        wire.sendall(packet.track.value[:1].encode() + head + packet.data)

    Ring.add = told  # type: ignore[method-assign]


if "BWV_TAP" in os.environ and "bwv_device.media.process.main" in sys.orig_argv:
    _tap(os.environ["BWV_TAP"])
