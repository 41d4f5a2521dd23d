"""One request at a time for an upload; a newer one ends the older instead of waiting for it.

Who uses it: `api_upload`, on the event loop. A camera whose link was cut comes back while its old
connection still looks alive here; with a plain lock it would wait for that one's time-out.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from dock_server.errors import CutOffError


class Transfer:
    """A request that brings bytes, from when it asks for its upload until it is answered."""

    def __init__(self, request: web.Request) -> None:
        self._transport = request.transport
        self.ended = asyncio.Event()
        """Set when a newer request has taken over."""

    def end(self) -> None:
        """Hang up on the client: its next read fails here, and what came is kept."""
        self.ended.set()
        if self._transport is not None:
            self._transport.abort()

    def check(self) -> None:
        """Raises `CutOffError` once it was ended."""
        if self.ended.is_set():
            raise CutOffError("a newer request for this upload has taken over")


@dataclass
class _Entry:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    transfers: list[Transfer] = field(default_factory=list)


class Transfers:
    """The uploads that are being asked about or appended to now."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    @asynccontextmanager
    async def alone(self, upload_id: str) -> AsyncIterator[None]:
        """For a request without a body: end what is under way, and have the upload alone."""
        with _Use(self._entries, upload_id) as entry:
            async with entry.lock:
                yield

    @asynccontextmanager
    async def transfer(self, upload_id: str, request: web.Request) -> AsyncIterator[Transfer]:
        """The same for a request with a body; raises `CutOffError` if a newer one came first."""
        with _Use(self._entries, upload_id) as entry:
            made = Transfer(request)
            entry.transfers.append(made)
            try:
                async with entry.lock:
                    made.check()
                    yield made
            finally:
                entry.transfers.remove(made)


class _Use:
    """Counts who uses an entry, and ends the transfers that were there before."""

    def __init__(self, entries: dict[str, _Entry], upload_id: str) -> None:
        self._entries = entries
        self._upload_id = upload_id
        self._entry = entries.setdefault(upload_id, _Entry())

    def __enter__(self) -> _Entry:
        self._entry.users += 1
        for older in self._entry.transfers:
            older.end()
        return self._entry

    def __exit__(self, *_error: object) -> None:
        self._entry.users -= 1
        if not self._entry.users:
            del self._entries[self._upload_id]
