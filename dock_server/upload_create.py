"""The PUT that begins an upload: with its first bytes, with all of them, or with none.

Who uses it: the object handler, when `Upload-Complete` is there.
"""

import asyncio
from dataclasses import replace

from aiohttp import web
from aiohttp.hdrs import LOCATION

from bwv_device.protocol.resumable import UPLOAD_COMPLETE, UPLOAD_LIMIT, boolean
from dock_server import interim
from dock_server.audit import note
from dock_server.errors import TooLargeError, UploadError
from dock_server.intake import Offer
from dock_server.offer import check_object_size, read_offer
from dock_server.services import SERVICES, Services
from dock_server.tables import UploadRow
from dock_server.target import upload_path
from dock_server.upload_access import held, in_upload_terms
from dock_server.upload_request import Append, read_creation, too_large
from dock_server.upload_work import limit_of


@in_upload_terms
async def create(request: web.Request) -> web.Response:
    """201: of the upload and with its address, or of the object once it is complete."""
    services = request.app[SERVICES]
    append = read_creation(request)
    row = await _begin(services, _offer(request, append))
    told = {LOCATION: upload_path(row.upload_id), UPLOAD_LIMIT: limit_of(services, row)}
    note(request, upload=row.upload_id)
    interim.announce(request, told)
    try:
        response = await _take(request, row, append)
    except UploadError as error:
        error.headers.update(told)
        raise
    response.headers.update(told)
    return response


async def _take(request: web.Request, row: UploadRow, append: Append) -> web.Response:
    services = request.app[SERVICES]
    async with (
        services.transfers.transfer(row.upload_id, request) as transfer,
        held(services, row) as upload,
    ):
        await upload.append(request, transfer, append)
        if append.complete:
            return await upload.complete(request)
        headers = {**upload.headers(), UPLOAD_COMPLETE: boolean(False)}
        return web.Response(status=201, headers=headers)


def _offer(request: web.Request, append: Append) -> Offer:
    """As of a plain PUT, with the length of the whole."""
    offer = read_offer(request)
    limits = request.app[SERVICES].settings.limits
    try:
        check_object_size(append.said_length_bytes, limits)
        check_object_size(append.length_bytes, limits)
    except TooLargeError as error:
        raise too_large(str(error), limits) from error
    return replace(offer, claims=replace(offer.claims, size_bytes=append.length_bytes))


async def _begin(services: Services, offer: Offer) -> UploadRow:
    """What can be refused now is refused before a byte comes, the lack of room included."""
    await asyncio.to_thread(services.intake.check, offer)
    with services.space.promise(offer.claims.size_bytes or 0):
        row, partial = await asyncio.to_thread(services.uploads.create, offer)
    services.partials.give_back(row.upload_id, partial)
    return row
