"""The answer that is the head of the server's own ledger.

Who uses it: the GET of `System/LedgerHead.json`.
"""

import asyncio
import re

from aiohttp import web

from bwv_device.evidence.errors import StoreError
from bwv_device.protocol.digest import md5_hex
from bwv_device.protocol.ledger_head import AFTER
from dock_server.errors import FaultError, NotStorableError
from dock_server.services import Services

_NUMBER = re.compile(r"\d{1,15}", re.ASCII)


async def give_head(request: web.Request, services: Services) -> web.Response:
    """200 with the head, and with `Ledger-After` the digests that lead to it from there."""
    after = request.headers.get(AFTER)
    if after is not None and _NUMBER.fullmatch(after) is None:
        raise NotStorableError(f"{AFTER} is not the number of an entry")
    number = None if after is None else int(after)
    try:
        head = await asyncio.to_thread(services.own_ledger.head, number)
    except StoreError as error:
        raise FaultError("the destination's ledger can't be read now") from error
    body = head.to_json()
    response = web.Response(body=body, headers={"ETag": md5_hex(body)})
    response.content_type = "application/json"
    return response
