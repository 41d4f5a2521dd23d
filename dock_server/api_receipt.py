"""The answer that is a receipt.

Who uses it: the container's POST that says `Complete`, and the GET of the receipt's own name.
"""

import asyncio

from aiohttp import web

from bwv_device.evidence.jws import MEDIA_TYPE
from dock_server.audit import note
from dock_server.services import Services


async def give(request: web.Request, services: Services, container: str) -> web.Response:
    """200 with the receipt of `container`; raises as `Receipts.give`."""
    row = await asyncio.to_thread(services.receipts.give, container)
    note(request, receipt=row.number, sha256=row.sha256)
    return web.Response(body=row.text.encode("ascii"), content_type=MEDIA_TYPE)
