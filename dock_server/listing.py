"""Listings of an account or a container, as Swift gives them: JSON or plain text, in pages.

Who uses it: the account and container handlers.
"""

import re
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.times import SECOND_NS, rfc3339
from dock_server.catalogue import Slice, Totals
from dock_server.tables import ContainerRow, ObjectRow

LIMIT_MAX = 10_000


def asked_slice(request: web.Request) -> Slice:
    """The part that `limit`, `marker`, `end_marker` and `prefix` ask for.

    Raises `ProtocolError`. A delimiter of `/` changes nothing, as no name has one.
    """
    query = request.query
    limit = query.get("limit", str(LIMIT_MAX))
    if re.fullmatch(r"\d{1,9}", limit, re.ASCII) is None or int(limit) > LIMIT_MAX:
        raise ProtocolError(f"limit is not a number from 0 to {LIMIT_MAX}")
    if query.get("delimiter", "/") not in ("", "/"):
        raise ProtocolError("the only delimiter that this server knows is /")
    return Slice(
        limit=int(limit),
        marker=_storable(query.get("marker", "")),
        end_marker=_storable(query.get("end_marker", "")),
        prefix=_storable(query.get("prefix", "")),
    )


def container_entry(row: ContainerRow, totals: Totals) -> dict[str, Any]:
    """One line of an account's listing."""
    return {
        "name": row.name,
        "count": totals.objects,
        "bytes": totals.size_bytes,
        "last_modified": _time(row.modified_ns),
    }


def object_entry(row: ObjectRow) -> dict[str, Any]:
    """One line of a container's listing; `hash` is the MD5, as in `Etag`."""
    return {
        "name": row.name,
        "bytes": row.size_bytes,
        "hash": row.md5,
        "content_type": row.content_type,
        "last_modified": _time(row.stored_ns),
    }


def listing(
    request: web.Request, entries: Sequence[dict[str, Any]], headers: dict[str, str]
) -> web.Response:
    """The answer in the form that the request asks for; raises `ProtocolError` for another."""
    form = request.query.get("format", "")
    if form not in ("", "json", "plain"):
        raise ProtocolError("format is json or plain")
    if form == "json" or (not form and "application/json" in request.headers.get("Accept", "")):
        return web.json_response(list(entries), headers=headers)
    names = "".join(f"{entry['name']}\n" for entry in entries)
    status = 200 if names else 204
    return web.Response(status=status, text=names or None, headers=headers)


def _storable(text: str) -> str:
    """`text` if a database can compare with it: a lone surrogate can't be a name."""
    try:
        text.encode()
    except UnicodeError as error:
        raise ProtocolError("the query is not UTF-8") from error
    return text


def _time(utc_ns: int) -> str:
    return f"{rfc3339(utc_ns)[:-1]}.{utc_ns % SECOND_NS // 1000:06d}"
