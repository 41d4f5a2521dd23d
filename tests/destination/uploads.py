"""A client of resumable uploads for tests: says exactly what it is told to say."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bwv_device.protocol.resumable import (
    PARTIAL_UPLOAD,
    UPLOAD_COMPLETE,
    UPLOAD_LENGTH,
    UPLOAD_OFFSET,
    boolean,
)
from tests.destination.wire import CLIP, CONTAINER, Answer, Wire


@dataclass
class Uploading:
    """One upload to one object of a server."""

    wire: Wire
    path: str

    def append(self, offset: int, body: bytes, complete: bool = False, **headers: str) -> Answer:
        """A PATCH; header names in `headers` have `_` for `-`."""
        said = {
            "Content-Type": PARTIAL_UPLOAD,
            UPLOAD_OFFSET: str(offset),
            UPLOAD_COMPLETE: boolean(complete),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.wire.ask("PATCH", self.path, body, said)

    def torn(self, offset: int, body: bytes, length: int) -> None:
        """A PATCH of `length` bytes of which only `body` comes, before the client goes away."""
        with self.hanging(offset, body, length):
            pass

    @contextmanager
    def hanging(self, offset: int, body: bytes, length: int) -> Iterator[socket.socket]:
        """A completing PATCH that has brought `body` so far; the client goes away at the end."""
        head = (
            f"PATCH {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Auth-Token: {self.wire.token}\r\n"
            f"Content-Type: {PARTIAL_UPLOAD}\r\n{UPLOAD_OFFSET}: {offset}\r\n"
            f"{UPLOAD_COMPLETE}: ?1\r\nContent-Length: {length}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.wire.port), timeout=20) as connection:
            connection.sendall(head.encode() + body)
            yield connection

    def look(self) -> Answer:
        return self.wire.ask("HEAD", self.path)

    @property
    def offset(self) -> int:
        """As the server says it."""
        return int(self.look().headers["upload-offset"])

    def cancel(self) -> Answer:
        return self.wire.ask("DELETE", self.path)


def create(
    wire: Wire,
    body: bytes = b"",
    *,
    length: int | None = None,
    complete: bool = False,
    name: str = CLIP,
    headers: dict[str, str] | None = None,
    **meta: str,
) -> Answer:
    """The PUT that begins an upload."""
    said = {UPLOAD_COMPLETE: boolean(complete), **(headers or {})}
    if length is not None:
        said[UPLOAD_LENGTH] = str(length)
    return wire.put(CONTAINER, name, body, headers=said, **meta)


def begin(wire: Wire, length: int | None = None, **more: object) -> Uploading:
    """An upload without a byte so far."""
    answer = create(wire, length=length, **more)  # type: ignore[arg-type]
    assert answer.status == 201, answer
    return Uploading(wire, answer.headers["location"])
