"""What a PUT of an object says of the object, taken from its headers and checked.

Who uses it: the object handler, and the creation of an upload.
"""

from aiohttp import web

from bwv_device.protocol.digest import (
    REPR_DIGEST,
    check_sha256_hex,
    parse_etag,
    parse_repr_digest,
    repr_digest,
)
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.keys import ObjectKey
from bwv_device.protocol.metadata import decode
from bwv_device.protocol.names import container_kind
from dock_server import rules
from dock_server.errors import LengthError, TooLargeError
from dock_server.intake import Claims, Offer
from dock_server.settings import Limits
from dock_server.tables import Metadata, ObjectRow
from dock_server.target import TARGET

DEFAULT_CONTENT_TYPE = "application/octet-stream"
CONTENT_TYPE_MAX_BYTES = 128


def read_offer(request: web.Request) -> Offer:
    """The offer of a PUT whose body is the whole object; raises `ProtocolError` or
    `RefusalError`."""
    target = request[TARGET]
    meta = decode(request.headers.items())
    rules.check_object_name(container_kind(target.container), target.name)
    return Offer(
        target.container, target.name, meta, _content_type(request), _claims(request, meta)
    )


def check_length(request: web.Request, limits: Limits) -> None:
    """Raises `TooLargeError`, and `LengthError` for a body whose end nobody could tell."""
    length = request.content_length
    check_object_size(length, limits)
    kind = container_kind(request[TARGET].container)
    if length is None and not request.body_exists and kind in rules.KEPT:
        raise LengthError("neither Content-Length nor a body: say 0 if it is empty")


def check_object_size(size_bytes: int | None, limits: Limits) -> None:
    """Raises `TooLargeError`; None is a size that nobody has said yet."""
    if size_bytes is not None and size_bytes > limits.object_max_bytes:
        raise TooLargeError(
            f"an object has at most {limits.object_max_bytes} bytes: split the clip"
        )


def stored_headers(row: ObjectRow) -> dict[str, str]:
    """What the server says of an object that it has stored: the digests of what is on the disk."""
    return {"ETag": row.md5, REPR_DIGEST: repr_digest(row.sha256)}


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
