"""Connections that another thread can break off, which urllib3 itself does not offer.

Who uses it: `http`. A blocked send or receive ends at once when its socket is shut down.
"""

import logging
import socket
import threading
import weakref

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

log = logging.getLogger(__name__)


class BreakableSockets:
    """All sockets that were opened through its pool classes and are still alive."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._broken = False

    def pool_classes(self) -> dict[str, type[HTTPConnectionPool]]:
        """Pool classes by scheme, for `PoolManager.pool_classes_by_scheme`."""
        opened = self._opened

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                opened(self.sock)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                opened(self.sock)

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

    def _opened(self, new: socket.socket | None) -> None:
        if new is None:
            return
        with self._lock:
            self._open.add(new)
            broken = self._broken
        if broken:
            _shut_down(new)


def _shut_down(one: socket.socket) -> None:
    """Below TLS: `SSLSocket.shutdown` would drop its encryption while another thread writes."""
    try:
        socket.socket.shutdown(one, socket.SHUT_RDWR)
    except OSError as error:
        log.debug("the connection was gone already: %s", error)
