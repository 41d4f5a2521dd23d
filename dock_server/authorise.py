"""Asks `access` whether a request may go on, with what the catalogue knows of its target.

Who uses it: `api`, before any handler. A client with the account's key needs no look.
"""

import asyncio

from aiohttp import web

from bwv_device.protocol.metadata import decode
from dock_server import access
from dock_server.principals import Device, Principal
from dock_server.services import SERVICES
from dock_server.target import Level, Target


async def authorise(request: web.Request, principal: Principal, target: Target) -> None:
    """Raises `ForbiddenError` unless `principal` may do this.

    An upload is its object's: whoever may put the object may go on with it, ask how far it is, and
    give it up before it is an object. One that is not there is left to the handler, which says so.
    """
    if not isinstance(principal, Device):
        return
    method = request.method
    if target.level is Level.UPLOAD:
        row = await asyncio.to_thread(request.app[SERVICES].uploads.find, target.name)
        if row is None:
            return
        method, target = "PUT", Target(Level.OBJECT, row.container, row.name)
    access.check(principal, method, target)
    if access.is_rejected(target):
        await _check_owner(request, principal, target)


async def _check_owner(request: web.Request, device: Device, target: Target) -> None:
    """Rejected content is its device's who described it; see `access.check_owner`."""
    row = await asyncio.to_thread(request.app[SERVICES].catalogue.container, target.container)
    stored = () if row is None else (row.meta,)
    asked = (decode(request.headers.items()),) if target.level is Level.CONTAINER else ()
    access.check_owner(device, *stored, *asked)
