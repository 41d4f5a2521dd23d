"""Requests in flight: counted, so that the server can end without cutting one off.

Who uses it: `app` as the outermost middleware, `serve` at the end. aiohttp's own shutdown
drops what still arrives on a connection, so an upload under way would never get its bytes:
here the requests are waited for first.
"""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler

from dock_server.errors import BusyError


class InFlight:
    """The requests that are being answered now; used on the event loop only."""

    def __init__(self) -> None:
        self._count = 0
        self._is_ending = False
        self._none_left = asyncio.Event()

    async def drain(self, timeout_s: float) -> int:
        """Refuse new requests and wait for the others; returns how many were not finished."""
        self._is_ending = True
        if self._count:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._none_left.wait()
            except TimeoutError:
                return self._count
        return 0

    async def counted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer `request` unless the server is ending."""
        if self._is_ending:
            raise BusyError("the server is ending: try again soon")
        self._count += 1
        try:
            return await handler(request)
        finally:
            self._leave()

    def _leave(self) -> None:
        self._count -= 1
        if self._is_ending and not self._count:
            self._none_left.set()


IN_FLIGHT = web.AppKey("in flight", InFlight)


@web.middleware
async def counting(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The middleware around every handler."""
    return await request.app[IN_FLIGHT].counted(request, handler)
