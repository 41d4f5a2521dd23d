"""Connections that can be broken off, and that stop sending once they were answered.

Who uses it: `http`. urllib3 offers neither: a thread that waits in a send or receive ends at
once when its socket is shut down by another, and a server that refuses a clip by its headers
would be sent all of the clip before anybody listens.
"""

import logging
import socket
import threading
import weakref
from typing import Any, ClassVar

from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.wait import wait_for_read

from bwv_device.dock.whole_answer import WholeHeaders

log = logging.getLogger(__name__)


class BreakableSockets:
    """All sockets that were opened through its pool classes and are still alive."""

    def __init__(self, idle_timeout_s: float) -> None:
        """`idle_timeout_s` holds for each send; urllib3 has none but the time-out to connect."""
        self._idle_timeout_s = idle_timeout_s
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._broken = False

    def pool_classes(self) -> dict[str, type[HTTPConnectionPool]]:
        """Pool classes by scheme, for `PoolManager.pool_classes_by_scheme`."""

        class Plain(_Connection):
            sockets = self

        class Secure(_Connection, HTTPSConnection):
            sockets = self

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        return {"http": PlainPool, "https": SecurePool}

    def break_off(self) -> None:
        """Shut every socket down, and every one that is opened from now on; any thread."""
        with self._lock:
            self._broken = True
            sockets = list(self._open)
        for one in sockets:
            _shut_down(one)

    def opened(self, new: socket.socket) -> None:
        """Take a new socket in."""
        new.settimeout(self._idle_timeout_s)
        with self._lock:
            self._open.add(new)
            broken = self._broken
        if broken:
            _shut_down(new)


class _Connection(HTTPConnection):
    """Reports its socket, and breaks a body off when its answer is there already."""

    response_class = WholeHeaders
    sockets: ClassVar[BreakableSockets]
    _answers = 0
    _cut_short = False

    def connect(self) -> None:
        super().connect()
        self._answers, self._cut_short = 0, False
        if self.sock is not None:
            self.sockets.opened(self.sock)

    def send(self, data: Any) -> None:
        # Not before the first answer: until then TLS itself may have sent something.
        if self._answers and self.sock is not None and wait_for_read(self.sock, timeout=0.0):
            self._cut_short = True
            raise BrokenPipeError("answered before all was sent")  # urllib3 then reads the answer
        super().send(data)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        response = super().getresponse()
        self._answers += 1
        return response

    @property
    def is_connected(self) -> bool:
        """False also after a body that was cut short: the server still waits for the rest."""
        return super().is_connected and not self._cut_short


def _shut_down(one: socket.socket) -> None:
    """Below TLS: `SSLSocket.shutdown` would drop its encryption while another thread writes."""
    try:
        socket.socket.shutdown(one, socket.SHUT_RDWR)
    except OSError as error:
        log.debug("the connection was gone already: %s", error)
