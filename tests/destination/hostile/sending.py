"""How attacks say things that no client would: bytes as they are, slowly, for ever, or cut off.

Used by the table of attacks. Every function returns the statuses that came back, in their order,
and `HUNG_UP` where the server closed the connection without one.
"""

import re
import socket
import struct
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from tests.destination.hostile.arena import PATIENCE_S, Arena

HUNG_UP = 0
"""In place of a status."""
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
_GO_ON = b"100"
"""Sent to whoever asks for it, before the request is looked at."""
_BLOCK = 65_536


@contextmanager
def connected(arena: Arena) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", arena.port), timeout=PATIENCE_S) as made:
        yield made


def head(arena: Arena, method: str, target: str, headers: Mapping[str, str]) -> bytes:
    """The head of a request, signed in; nothing of it is checked."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", f"X-Auth-Token: {arena.wire.token}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def put(arena: Arena, container: str, name: str, headers: Mapping[str, str]) -> bytes:
    """The head of an object's PUT."""
    return head(arena, "PUT", arena.wire.path(container, name), headers)


def say(arena: Arena, *parts: bytes, pause_s: float = 0.0) -> list[int]:
    """Send the parts, then read all that comes until the server hangs up."""
    with connected(arena) as connection:
        _send(connection, parts, pause_s)
        return _heard(connection)


def say_and_leave(arena: Arena, *parts: bytes, reset: bool = False) -> list[int]:
    """Send the parts and go, without hearing what the server says."""
    with connected(arena) as connection:
        _send(connection, parts, 0.0)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return []


def say_the_end(arena: Arena, *parts: bytes) -> list[int]:
    """Send the parts, say that nothing more comes, and read."""
    with connected(arena) as connection:
        _send(connection, parts, 0.0)
        connection.shutdown(socket.SHUT_WR)
        return _heard(connection)


def drip(arena: Arena, start: bytes, drop: bytes, every_s: float) -> list[int]:
    """Send `start`, then `drop` again and again until the server has had enough."""
    deadline_s = time.monotonic() + PATIENCE_S
    with connected(arena) as connection:
        connection.sendall(start)
        connection.settimeout(every_s)
        while time.monotonic() < deadline_s:
            try:
                if not (said := connection.recv(_BLOCK)):
                    return [HUNG_UP]
                connection.settimeout(PATIENCE_S)
                return _statuses(said + _rest(connection))
            except TimeoutError:
                pass
            except OSError:
                return [HUNG_UP]
            try:
                connection.sendall(drop)
            except OSError:
                return _heard(connection)
    raise TimeoutError(f"the server still listens after {PATIENCE_S} s")


def flood(arena: Arena, start: bytes, more: bytes, most_bytes: int) -> list[int]:
    """Send `start`, then `more` as fast as it goes, until the server stops it or all is sent."""
    with connected(arena) as connection:
        sent = 0
        try:
            connection.sendall(start)
            while sent < most_bytes:
                connection.sendall(more)
                sent += len(more)
        except OSError:
            return _heard(connection)
        connection.shutdown(socket.SHUT_WR)
        return _heard(connection)


def _send(connection: socket.socket, parts: Iterable[bytes], pause_s: float) -> None:
    for number, part in enumerate(parts):
        if number:
            time.sleep(pause_s)
        try:
            connection.sendall(part)
        except OSError:
            return  # it has hung up; what it said before is read


def _heard(connection: socket.socket) -> list[int]:
    connection.settimeout(PATIENCE_S)
    return _statuses(_rest(connection))


def _rest(connection: socket.socket) -> bytes:
    """All that comes until the server hangs up. Raises `TimeoutError` when it never does."""
    said = b""
    while True:
        try:
            block = connection.recv(_BLOCK)
        except TimeoutError:
            raise
        except OSError:
            return said
        if not block:
            return said
        said += block


def _statuses(said: bytes) -> list[int]:
    return [int(each) for each in _STATUS.findall(said) if each != _GO_ON] or [HUNG_UP]
