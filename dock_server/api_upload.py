"""HEAD, GET, PATCH and DELETE of an upload.

Who uses it: `api`.
"""

import asyncio

from aiohttp import web

from bwv_device.protocol.resumable import (
    COMPLETED_UPLOAD,
    UPLOAD_COMPLETE,
    UPLOAD_LENGTH,
    UPLOAD_LIMIT,
    UPLOAD_OFFSET,
    boolean,
)
from dock_server.audit import note
from dock_server.errors import LostUploadError, UploadError
from dock_server.offer import stored_headers
from dock_server.services import SERVICES, Services
from dock_server.tables import UploadRow
from dock_server.target import TARGET
from dock_server.upload_access import find_upload, held, in_upload_terms
from dock_server.upload_request import (
    Append,
    check_append_size,
    check_no_state,
    mismatching_offset,
    read_append,
)
from dock_server.upload_work import limit_of


@in_upload_terms
async def head(request: web.Request) -> web.Response:
    """204: how far it is. Asking ends a transfer that hangs, and says what that one brought."""
    check_no_state(request)
    services, upload_id = request.app[SERVICES], request[TARGET].name
    async with services.transfers.alone(upload_id):
        row = await find_upload(services, upload_id)
        if row.completed_ns is not None:
            return web.Response(status=204, headers=await _whole(services, row))
        async with held(services, row) as upload:
            headers = {**upload.headers(), UPLOAD_COMPLETE: boolean(False)}
        if row.length_bytes is not None:
            headers[UPLOAD_LENGTH] = str(row.length_bytes)
        return web.Response(status=204, headers=headers)


@in_upload_terms
async def patch(request: web.Request) -> web.Response:
    """204 for a part, the object's own answer for the last one."""
    services, upload_id = request.app[SERVICES], request[TARGET].name
    append = read_append(request)
    check_append_size(append, services.settings.limits)
    async with services.transfers.transfer(upload_id, request) as transfer:
        row = await find_upload(services, upload_id)
        note(request, object=f"{row.container}/{row.name}")
        if row.completed_ns is not None:
            return await _again(services, row, append)
        async with held(services, row) as upload:
            await upload.append(request, transfer, append)
            if append.complete:
                return await upload.complete(request)
            headers = {**upload.headers(), UPLOAD_COMPLETE: boolean(False)}
            return web.Response(status=204, headers=headers)


@in_upload_terms
async def delete(request: web.Request) -> web.Response:
    """204: an unfinished upload is given up; of a finished one only the memory goes."""
    services, upload_id = request.app[SERVICES], request[TARGET].name
    async with services.transfers.alone(upload_id):
        row = await find_upload(services, upload_id)
        note(request, object=f"{row.container}/{row.name}")
        services.partials.forget(upload_id)
        await asyncio.to_thread(services.uploads.drop, upload_id, "the client gave it up")
    return web.Response(status=204)


async def _again(services: Services, row: UploadRow, append: Append) -> web.Response:
    """The final answer once more, for a client that lost it; a completed upload takes no byte."""
    length_bytes = row.offset_bytes
    if append.offset_bytes != length_bytes:
        raise mismatching_offset(length_bytes, append.offset_bytes)
    if append.body_bytes != 0:
        problem = {"type": COMPLETED_UPLOAD, "title": "upload is already completed"}
        raise UploadError("the upload is complete and takes no more", 400, problem=problem)
    return web.Response(status=201, headers=await _whole(services, row))


async def _whole(services: Services, row: UploadRow) -> dict[str, str]:
    """What is said of a completed upload; raises `LostUploadError` when its object has gone."""
    stored = await asyncio.to_thread(services.catalogue.object, row.container, row.name)
    if stored is None or stored.problem is not None or stored.sha256 != row.prefix_sha256:
        raise LostUploadError("the object of this upload is gone or damaged: begin it anew")
    return {
        **stored_headers(stored),
        UPLOAD_COMPLETE: boolean(True),
        UPLOAD_OFFSET: str(row.offset_bytes),
        UPLOAD_LENGTH: str(row.offset_bytes),
        UPLOAD_LIMIT: limit_of(services, row),
    }
