"""Listens to what a real camera process gives to its ring (see `tap/sitecustomize.py`).

Used by the test that nothing untriggered reaches a disk.
"""

import os
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_HEADER = struct.Struct("!cq?I")
_TAP = Path(__file__).parent / "tap"
_ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Tapped:
    """A packet as it went into the ring."""

    is_video: bool
    time_ns: int
    is_key: bool
    data: bytes


class PacketTap:
    """All packets so far, in memory."""

    def __init__(self, listener: socket.socket, address: str) -> None:
        self._listener, self._address = listener, address
        self._packets: list[Tapped] = []
        self._came = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def environment(self) -> Mapping[str, str]:
        """What the camera has to be started with."""
        path = os.pathsep.join([str(_TAP), str(_ROOT), os.environ.get("PYTHONPATH", "")])
        return {"BWV_TAP": self._address, "PYTHONPATH": path}

    def packets(self) -> list[Tapped]:
        with self._came:
            return list(self._packets)

    def await_ns(self, length_ns: int) -> list[Tapped]:
        """The packets, once the pictures among them reach over so long a time."""

        def there() -> bool:
            times = [packet.time_ns for packet in self._packets if packet.is_video]
            return bool(times) and times[-1] - times[0] >= length_ns

        with self._came:
            assert self._came.wait_for(there, PATIENCE_S), f"{len(self._packets)} packets came"
        return self.packets()

    def _listen(self) -> None:
        wire, _ = self._listener.accept()
        with wire, wire.makefile("rb") as stream:
            while len(head := stream.read(_HEADER.size)) == _HEADER.size:
                track, time_ns, is_key, size = _HEADER.unpack(head)
                packet = Tapped(track == b"v", time_ns, is_key, stream.read(size))
                with self._came:
                    self._packets.append(packet)
                    self._came.notify_all()


@contextmanager
def packet_tap(folder: Path) -> Iterator[PacketTap]:
    """A tap whose socket is in `folder`, which has to have a short name."""
    address = str(folder / "tap")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(1)
        yield PacketTap(listener, address)
