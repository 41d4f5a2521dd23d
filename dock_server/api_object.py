"""HEAD, GET, PUT and POST of an object.

Who uses it: `api`.
"""

import asyncio

from aiohttp import web

from bwv_device.protocol.digest import (
    REPR_DIGEST,
    check_sha256_hex,
    md5_hex,
    parse_etag,
    parse_repr_digest,
    repr_digest,
)
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.keys import ObjectKey
from bwv_device.protocol.metadata import MetaPrefix, decode, to_headers
from bwv_device.protocol.names import RECEIPT_OBJECT, SYSTEM, container_kind
from bwv_device.protocol.times import SECOND_NS
from dock_server import rules
from dock_server.api_receipt import give
from dock_server.audit import note
from dock_server.damage import is_present
from dock_server.errors import AbsentError, LengthError, TooLargeError
from dock_server.intake import Claims, Offer
from dock_server.ranged import StoredFile, send
from dock_server.receive import receive
from dock_server.services import SERVICES, Services
from dock_server.tables import Metadata, ObjectRow
from dock_server.target import TARGET

DEFAULT_CONTENT_TYPE = "application/octet-stream"
CONTENT_TYPE_MAX_BYTES = 128


async def get(request: web.Request) -> web.StreamResponse:
    """HEAD and GET, with Range; a damaged or missing file is 404, so that it is sent again."""
    services, target = request.app[SERVICES], request[TARGET]
    if target.container == SYSTEM and target.name in services.documents:
        return _document(services.documents[target.name])
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


async def put(request: web.Request) -> web.Response:
    """Store the body durably, then 201 with the digests of what is on the disk."""
    services, target = request.app[SERVICES], request[TARGET]
    meta = decode(request.headers.items())
    rules.check_object_name(container_kind(target.container), target.name)
    offer = Offer(
        target.container, target.name, meta, _content_type(request), _claims(request, meta)
    )
    _check_length(request, services)
    with services.slots.slot(target.container, target.name):
        row = await receive(request, services, offer)
    note(request, bytes=row.size_bytes, sha256=row.sha256)
    return web.Response(status=201, headers={"ETag": row.md5, REPR_DIGEST: repr_digest(row.sha256)})


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


def _claims(request: web.Request, meta: Metadata) -> Claims:
    etag = request.headers.get("ETag")
    said = [meta[ObjectKey.SHA256]] if ObjectKey.SHA256 in meta else []
    digest = request.headers.get(REPR_DIGEST)
    from_header = parse_repr_digest(digest) if digest is not None else None
    return Claims(
        size_bytes=request.content_length,
        md5=None if etag is None else parse_etag(etag),
        sha256=tuple(check_sha256_hex(text) for text in [*said, from_header] if text is not None),
    )


def _content_type(request: web.Request) -> str:
    text = request.headers.get("Content-Type", DEFAULT_CONTENT_TYPE)
    if len(text) > CONTENT_TYPE_MAX_BYTES or not (text.isascii() and text.isprintable()):
        raise ProtocolError("Content-Type is too long or not printable ASCII")
    return text


def _check_length(request: web.Request, services: Services) -> None:
    length = request.content_length
    largest = services.settings.limits.object_max_bytes
    if length is not None and length > largest:
        raise TooLargeError(f"an object has at most {largest} bytes: split the clip")
    kind = container_kind(request[TARGET].container)
    if length is None and not request.body_exists and kind in rules.EVIDENCE:
        raise LengthError("neither Content-Length nor a body: say 0 if it is empty")
