"""HEAD, GET, OPTIONS, PUT and POST of an object.

Who uses it: `api`.
"""

import asyncio

from aiohttp import web

from bwv_device.protocol.digest import REPR_DIGEST, md5_hex, repr_digest
from bwv_device.protocol.metadata import MetaPrefix, decode, to_headers
from bwv_device.protocol.names import (
    LEDGER_HEAD_OBJECT,
    RECEIPT_OBJECT,
    SYSTEM,
    container_kind,
)
from bwv_device.protocol.resumable import (
    ACCEPT_PATCH,
    PARTIAL_UPLOAD,
    UPLOAD_COMPLETE,
    UPLOAD_LIMIT,
    parse_boolean,
)
from bwv_device.protocol.times import SECOND_NS
from dock_server import rules, upload_create
from dock_server.api_ledger import give_head
from dock_server.api_receipt import give
from dock_server.audit import note
from dock_server.damage import is_present
from dock_server.errors import AbsentError
from dock_server.offer import check_length, read_offer, stored_headers
from dock_server.ranged import StoredFile, send
from dock_server.receive import receive
from dock_server.services import SERVICES, Services
from dock_server.tables import ObjectRow
from dock_server.target import TARGET
from dock_server.upload_request import upload_limits

ALLOW = "GET, HEAD, OPTIONS, POST, PUT"


async def get(request: web.Request) -> web.StreamResponse:
    """HEAD and GET, with Range; a damaged or missing file is 404, so that it is sent again."""
    services, target = request.app[SERVICES], request[TARGET]
    if target.container == SYSTEM and target.name in services.documents:
        return _document(services.documents[target.name])
    if target.container == SYSTEM and target.name == LEDGER_HEAD_OBJECT:
        return await give_head(request, services)
    if target.name == RECEIPT_OBJECT and container_kind(target.container) in rules.EVIDENCE:
        return await give(request, services, target.container)
    row = await asyncio.to_thread(services.catalogue.object, target.container, target.name)
    if row is None or not is_present(services.folders, row):
        raise AbsentError("no such object" if row is None else "the object is damaged here")
    if request.method == "GET" and row.size_bytes:
        note(request, taken=True)
    headers = {
        **to_headers(MetaPrefix.OBJECT, row.meta),
        REPR_DIGEST: repr_digest(row.sha256),
        "X-Timestamp": f"{row.stored_ns // SECOND_NS}.{row.stored_ns % SECOND_NS // 10_000:05d}",
    }
    return await send(request, stored_file(services, row), headers)


async def put(request: web.Request) -> web.StreamResponse:
    """Store the body durably, then 201 with the digests of what is on the disk."""
    if parse_boolean(request.headers.get(UPLOAD_COMPLETE)) is not None:
        return await upload_create.create(request)
    services = request.app[SERVICES]
    offer = read_offer(request)
    check_length(request, services.settings.limits)
    with services.slots.slot(offer.container, offer.name):
        row = await receive(request, services, offer)
    note(request, bytes=row.size_bytes, sha256=row.sha256)
    return web.Response(status=201, headers=stored_headers(row))


async def options(request: web.Request) -> web.Response:
    """What the object takes; the limits say that uploads to it may be resumed."""
    limits = upload_limits(request.app[SERVICES].settings.limits)
    headers = {"Allow": ALLOW, ACCEPT_PATCH: PARTIAL_UPLOAD, UPLOAD_LIMIT: limits.to_header()}
    return web.Response(status=204, headers=headers)


async def post(request: web.Request) -> web.Response:
    """Replace all metadata of the object."""
    services, target = request.app[SERVICES], request[TARGET]
    meta = decode(request.headers.items())
    rules.check_object_name(container_kind(target.container), target.name)
    await asyncio.to_thread(services.intake.replace_metadata, target.container, target.name, meta)
    return web.Response(status=202)


def stored_file(services: Services, row: ObjectRow) -> StoredFile:
    """What `ranged.send` needs; the ETag is a bare MD5, as Swift writes it."""
    path = services.folders.object_file(row.container, row.name)
    return StoredFile(path, row.size_bytes, row.md5, row.stored_ns, row.content_type)


def _document(body: bytes) -> web.Response:
    """The MD5 in `Etag` is checked by the API's clients."""
    response = web.Response(body=body, headers={"ETag": md5_hex(body)})
    response.content_type = "application/json"
    return response
