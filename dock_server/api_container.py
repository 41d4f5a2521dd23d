"""HEAD, GET, PUT and POST of a container.

Who uses it: `api`.
"""

import asyncio

from aiohttp import web

from bwv_device.evidence.jws import MEDIA_TYPE
from bwv_device.protocol.metadata import MetaPrefix, decode, to_headers
from dock_server.api_receipt import give
from dock_server.errors import AbsentError
from dock_server.listing import asked_slice, listing, object_entry
from dock_server.ranged import http_date
from dock_server.services import SERVICES
from dock_server.target import TARGET


async def head(request: web.Request) -> web.Response:
    """Metadata and totals in headers."""
    return web.Response(status=204, headers=await _headers(request))


async def get(request: web.Request) -> web.Response:
    """Objects by name."""
    part = asked_slice(request)
    headers = await _headers(request)
    name = request[TARGET].container
    rows = await asyncio.to_thread(request.app[SERVICES].catalogue.objects, name, part)
    return listing(request, [object_entry(row) for row in rows], headers)


async def put(request: web.Request) -> web.Response:
    """Create: 201; there already: 202, and the metadata is merged."""
    meta = decode(request.headers.items())
    containers = request.app[SERVICES].containers
    new = await asyncio.to_thread(containers.put, request[TARGET].container, meta)
    return web.Response(status=201 if new else 202)


async def post(request: web.Request) -> web.Response:
    """Merge metadata; an empty value deletes its key.

    Who asks for it (`Accept`) is answered with the receipt once the recording is complete.
    """
    meta = decode(request.headers.items())
    services, name = request.app[SERVICES], request[TARGET].container
    complete = await asyncio.to_thread(services.containers.post, name, meta)
    if complete and MEDIA_TYPE in request.headers.get("Accept", ""):
        return await give(request, services, name)
    return web.Response(status=204)


async def _headers(request: web.Request) -> dict[str, str]:
    catalogue = request.app[SERVICES].catalogue
    name = request[TARGET].container
    row = await asyncio.to_thread(catalogue.container, name)
    if row is None:
        raise AbsentError("no such container")
    totals = await asyncio.to_thread(catalogue.totals, name)
    return {
        **to_headers(MetaPrefix.CONTAINER, row.meta),
        "X-Container-Object-Count": str(totals.objects),
        "X-Container-Bytes-Used": str(totals.size_bytes),
        "Last-Modified": http_date(row.modified_ns),
        "Accept-Ranges": "bytes",
    }
