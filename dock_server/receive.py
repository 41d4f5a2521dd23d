"""Brings a body from the network to the disk, without blocking the event loop.

Who uses it: the object handler, and the handlers of uploads through `copy_body`.
"""

import asyncio
import contextlib
from collections.abc import Callable

from aiohttp import StreamReader, web
from aiohttp.http_exceptions import BadHttpMessage

from bwv_device.protocol.resumable import PRIORITY, is_urgent
from dock_server.deposit import Comparison, Deposit
from dock_server.errors import CutOffError, RefusalError, SlowClientError, TooLargeError
from dock_server.intake import Offer
from dock_server.pace import Pace
from dock_server.services import Services
from dock_server.tables import ObjectRow
from dock_server.whose import whose

Write = Callable[[bytes], None]


async def receive(request: web.Request, services: Services, offer: Offer) -> ObjectRow:
    """Take the body and store it; raises `RefusalError` or `OSError`, then nothing is left.

    The room is promised before the temporary file is made; a repeat of what is stored needs
    none, so it succeeds on a full disk as well.
    """
    urgent = is_urgent(request.headers.get(PRIORITY))
    async with services.line.turn(whose(request, offer.container), urgent):
        return await _receive_now(request, services, offer)


async def _receive_now(request: web.Request, services: Services, offer: Offer) -> ObjectRow:
    body = await asyncio.to_thread(services.intake.begin, offer)
    try:
        with contextlib.ExitStack() as stack:
            if isinstance(body, Deposit):
                stack.enter_context(services.space.promise(offer.claims.size_bytes or 0))
            await _copy_whole(request, services, body)
            return await asyncio.to_thread(services.intake.finish, offer, body)
    finally:
        body.abandon()


async def copy_body(request: web.Request, services: Services, write: Write, most_bytes: int) -> int:
    """Hand the body to `write` in a thread, batch by batch; returns its length in bytes.

    While one batch is written the next is read. What came before a body was cut off is written
    too. Raises `TooLargeError` beyond `most_bytes`, `SlowClientError`, `CutOffError`, and what
    `write` raises.
    """
    batches = _Batches(request.content, services)
    received = 0
    writing: asyncio.Future[None] | None = None
    try:
        while batch := await batches.next():
            received += len(batch)
            if received > most_bytes:
                raise TooLargeError(f"more than {most_bytes} bytes came")
            if writing is not None:
                await writing
            writing = asyncio.ensure_future(asyncio.to_thread(write, batch))
    finally:
        if writing is not None:
            await writing
    if request.content_length not in (None, received):
        raise CutOffError(f"{received} of {request.content_length} bytes came")
    return received


async def _copy_whole(request: web.Request, services: Services, body: Comparison) -> None:
    await copy_body(request, services, body.write, services.settings.limits.object_max_bytes)


class _Batches:
    """The body in pieces of about `batch_bytes`."""

    def __init__(self, content: StreamReader, services: Services) -> None:
        self._content = content
        self._limits = services.settings.limits
        self._pace = Pace(self._limits, services.clock)
        self._failure: RefusalError | None = None

    async def next(self) -> bytes:
        """The next piece, nothing after the last; an error comes behind the bytes before it."""
        if self._failure is not None:
            raise self._failure
        chunks: list[bytes] = []
        try:
            await self._fill(chunks)
        except RefusalError as error:
            if not chunks:
                raise
            self._failure = error
        return b"".join(chunks)

    async def _fill(self, chunks: list[bytes]) -> None:
        size_bytes = 0
        while size_bytes < self._limits.batch_bytes and (chunk := await self._next_chunk()):
            chunks.append(chunk)
            size_bytes += len(chunk)
            self._pace.came(len(chunk))

    async def _next_chunk(self) -> bytes:
        idle_s = self._limits.idle_s
        self._pace.wait_begins()
        try:
            async with asyncio.timeout(idle_s):
                return await self._content.readany()
        except TimeoutError as error:
            raise SlowClientError(f"nothing came for {idle_s:g} s") from error
        except (ConnectionError, BadHttpMessage, web.RequestPayloadError) as error:
            raise CutOffError(f"the body was cut off: {error}") from error
