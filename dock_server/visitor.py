"""One connection: what is no request is refused in one line of the log, and nobody lingers.

Who uses it: `serve` listens with it. aiohttp closes a connection on which no whole request head
came in time (`keepalive_timeout`), and answers 400 to what is no HTTP; it says the first nowhere
and the second with a trace as long as a page, which a stranger could fill a disk with.
"""

import asyncio
import logging
import socket
import ssl
from functools import partial
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.hdrs import EXPECT
from aiohttp.typedefs import Handler

from bwv_device.protocol.errors import shown

logger = logging.getLogger(__name__)


class Visitor(web.RequestHandler):
    """As aiohttp's own, but for what it says of visitors that ask nothing, or nonsense."""

    __slots__ = ("_asked", "_remote")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        self._asked = False
        self._remote = (transport.get_extra_info("peername") or ("somebody",))[0]
        super().connection_made(transport)

    def ask(self) -> None:
        """A whole request head has come."""
        self._asked = True

    def connection_lost(self, exc: BaseException | None) -> None:
        """They have gone, or were sent away because no request came."""
        if not self._asked:
            logger.warning("%s: connected, and asked nothing that was understood", self._remote)
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What aiohttp answers when there is no request to hand on, or a handler has failed."""
        if status == HTTPStatus.BAD_REQUEST:
            return self._refuse(status, f"no HTTP: {shown(message or str(exc))}")
        expected = request.headers.get(EXPECT, "")
        if not expected.isascii():
            # aiohttp refuses what it does not know by repeating it, and fails at what is no text.
            return self._refuse(HTTPStatus.EXPECTATION_FAILED, f"unknown Expect: {shown(expected)}")
        return super().handle_error(request, status, exc, message)

    def _refuse(self, status: int, why: str) -> web.Response:
        self.ask()
        logger.warning("%s: answered %s, %s", self._remote, int(status), why)
        refusal = web.Response(status=status, text="this is no request that is understood here\n")
        refusal.force_close()
        return refusal


class VisitorSite(web.BaseSite):
    """Listens on a socket; `options` are those of the runner.

    Who does not finish the handshake of TLS in the time for a request's head is sent away too.
    """

    __slots__ = ("_options", "_socket")

    def __init__(
        self,
        runner: web.AppRunner,
        listener: socket.socket,
        options: dict[str, Any],
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(runner, ssl_context=ssl_context)
        self._socket = listener
        self._options = options

    @property
    def name(self) -> str:
        """Where it listens."""
        return str(self._socket.getsockname())

    async def start(self) -> None:
        """Accept connections from now on."""
        await super().start()
        loop, server = asyncio.get_running_loop(), self._runner.server
        assert server is not None, "the runner is set up, or this could not be made"
        visitor = partial(Visitor, server, loop=loop, **self._options)
        handshake_s = self._options["keepalive_timeout"] if self._ssl_context else None
        self._server = await loop.create_server(
            visitor,
            sock=self._socket,
            ssl=self._ssl_context,
            backlog=self._backlog,
            ssl_handshake_timeout=handshake_s,
        )


@web.middleware
async def asking(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The middleware that tells a visitor from somebody who only connects."""
    if isinstance(request.protocol, Visitor):
        request.protocol.ask()
    return await handler(request)
