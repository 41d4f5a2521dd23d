"""HEAD and GET of the account: totals, and the list of containers.

Who uses it: `api`.
"""

import asyncio

from aiohttp import web

from dock_server.listing import asked_slice, container_entry, listing
from dock_server.services import SERVICES, Services


async def head(request: web.Request) -> web.Response:
    """Totals in headers."""
    return web.Response(status=204, headers=await _headers(request.app[SERVICES]))


async def get(request: web.Request) -> web.Response:
    """Containers by name."""
    services = request.app[SERVICES]
    part = asked_slice(request)
    found = await asyncio.to_thread(services.catalogue.containers, part)
    entries = [container_entry(row, totals) for row, totals in found]
    return listing(request, entries, await _headers(services))


async def _headers(services: Services) -> dict[str, str]:
    totals = await asyncio.to_thread(services.catalogue.totals)
    count = await asyncio.to_thread(services.catalogue.container_count)
    return {
        "X-Account-Container-Count": str(count),
        "X-Account-Object-Count": str(totals.objects),
        "X-Account-Bytes-Used": str(totals.size_bytes),
        "Accept-Ranges": "bytes",
    }
