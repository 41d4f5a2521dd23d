"""Interim answers 104, which aiohttp does not offer: written to the connection as they are.

Who uses it: the upload handlers. Only a client that names the draft's very version is sent one, as
the draft asks: others take an unknown interim answer for the final one.
"""

import asyncio
from collections.abc import Callable, Mapping

from aiohttp import web

from bwv_device.protocol.resumable import (
    INTEROP_VERSION,
    RESUMPTION_SUPPORTED,
    UPLOAD_INTEROP_VERSION,
    UPLOAD_OFFSET,
    parse_integer,
)


def announce(request: web.Request, headers: Mapping[str, str]) -> None:
    """Say where the upload lies, before its body is taken."""
    if _understands(request):
        _write(request, headers)


def progress(request: web.Request) -> Callable[[int], None]:
    """A function that tells an offset; called in any thread, as long as the request lasts."""
    if not _understands(request):
        return lambda _offset_bytes: None
    loop = asyncio.get_running_loop()

    def tell(offset_bytes: int) -> None:
        loop.call_soon_threadsafe(_write, request, {UPLOAD_OFFSET: str(offset_bytes)})

    return tell


def _understands(request: web.Request) -> bool:
    said = parse_integer(request.headers.get(UPLOAD_INTEROP_VERSION))
    return said == INTEROP_VERSION and request.version >= (1, 1)


def _write(request: web.Request, headers: Mapping[str, str]) -> None:
    """All values are made by the server, so none can end a line."""
    lines = [f"HTTP/1.1 {RESUMPTION_SUPPORTED} Upload Resumption Supported"]
    lines += (f"{name}: {value}" for name, value in headers.items())
    lines += (f"{UPLOAD_INTEROP_VERSION}: {INTEROP_VERSION}", "", "")
    if request.transport is not None and not request.transport.is_closing():
        request.transport.write("\r\n".join(lines).encode("ascii"))
