"""The pages of cameras' ledgers: which there are, and what one camera did, second by second.

Who uses it: a person with a browser on the same machine. Every view is in the audit log.
"""

import asyncio

from aiohttp import web

from bwv_device.evidence.errors import StoreError
from bwv_device.protocol.names import ContainerKind, check_name
from dock_server.audit import note
from dock_server.errors import AbsentError
from dock_server.gate import local_only
from dock_server.ledger_view import ledger_lines, ledger_view
from dock_server.rendering import page
from dock_server.services import SERVICES, Services

SEGMENTS_SHOWN = 24
"""The newest ones: some weeks. All of them are in the directory for `bwv ledger`."""


def add_routes(app: web.Application) -> None:
    """Put the pages into `app`."""
    app.router.add_get("/ledgers", local_only(index))
    app.router.add_get("/ledgers/{container}", local_only(ledger))


async def index(request: web.Request) -> web.Response:
    """The ledgers, by camera."""
    services = request.app[SERVICES]
    note(request, viewed="ledgers")
    return await asyncio.to_thread(_index, services)


async def ledger(request: web.Request) -> web.Response:
    """One camera's ledger: its account, its head, and what is wrong with it."""
    services = request.app[SERVICES]
    container = check_name(request.match_info["container"], "container")
    row = await asyncio.to_thread(services.catalogue.container, container)
    if row is None or row.kind is not ContainerKind.LEDGER:
        raise AbsentError("no such ledger")
    note(request, viewed=container)
    return await asyncio.to_thread(_ledger, services, container)


def _index(services: Services) -> web.Response:
    catalogue = services.catalogue
    found = {row.name: catalogue.ledger_segments(row.name) for row in catalogue.ledgers()}
    return page("ledgers.html", services, ledgers=ledger_lines(found), own=_own_head(services))


def _own_head(services: Services) -> str:
    try:
        head = services.own_ledger.head(None)
    except StoreError as error:
        return str(error)
    return f"{head.ledger}:{head.number}:{head.hash}"


def _ledger(services: Services, container: str) -> web.Response:
    told = services.ledgers.told(container, SEGMENTS_SHOWN)
    folder = services.folders.content / container
    return page("ledger.html", services, ledger=ledger_view(told), folder=str(folder))
