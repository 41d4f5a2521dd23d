"""Brings a body from the network to the intake, without blocking the event loop.

Who uses it: the object handler.
"""

import asyncio
import contextlib

from aiohttp import StreamReader, web
from aiohttp.http_exceptions import BadHttpMessage

from dock_server.deposit import Comparison, Deposit
from dock_server.errors import CutOffError, SlowClientError, TooLargeError
from dock_server.intake import Offer
from dock_server.services import Services
from dock_server.settings import Limits
from dock_server.tables import ObjectRow


async def receive(request: web.Request, services: Services, offer: Offer) -> ObjectRow:
    """Take the body and store it; raises `RefusalError` or `OSError`, then nothing is left.

    The room is promised before the temporary file is made; a repeat of what is stored needs
    none, so it succeeds on a full disk as well.
    """
    body = await asyncio.to_thread(services.intake.begin, offer)
    try:
        with contextlib.ExitStack() as stack:
            if isinstance(body, Deposit):
                stack.enter_context(services.space.promise(offer.claims.size_bytes or 0))
            await _copy(request, body, services.settings.limits)
            return await asyncio.to_thread(services.intake.finish, offer, body)
    finally:
        body.abandon()


async def _copy(request: web.Request, body: Comparison, limits: Limits) -> None:
    received = 0
    while batch := await _next_batch(request.content, limits):
        received += len(batch)
        if received > limits.object_max_bytes:
            raise TooLargeError(f"an object has at most {limits.object_max_bytes} bytes")
        await asyncio.to_thread(body.write, batch)
    if request.content_length not in (None, received):
        raise CutOffError(f"{received} of {request.content_length} bytes came")


async def _next_batch(content: StreamReader, limits: Limits) -> bytes:
    """About `batch_bytes`, less at the end, nothing after it."""
    chunks: list[bytes] = []
    size = 0
    while size < limits.batch_bytes and (chunk := await _next_chunk(content, limits.idle_s)):
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)


async def _next_chunk(content: StreamReader, idle_s: float) -> bytes:
    try:
        async with asyncio.timeout(idle_s):
            return await content.readany()
    except TimeoutError as error:
        raise SlowClientError(f"nothing came for {idle_s:g} s") from error
    except (ConnectionError, BadHttpMessage, web.RequestPayloadError) as error:
        raise CutOffError(f"the body was cut off: {error}") from error
