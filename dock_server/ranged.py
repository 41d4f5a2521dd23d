"""Sends a stored file, whole or the part that a `Range` asks for, byte for byte.

Who uses it: the object handler and the page's player. aiohttp's FileResponse was considered:
it makes its own ETag and serves a neighbouring `<name>.gz` in a file's place, which a client
could upload.
"""

import asyncio
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from aiohttp import web

from bwv_device.protocol.times import SECOND_NS
from dock_server.errors import RangeError

logger = logging.getLogger(__name__)

BATCH_BYTES = 256 * 1024

_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file to send, with what its headers say. `etag` is sent as it stands."""

    path: Path
    size_bytes: int
    etag: str
    modified_ns: int
    content_type: str

    @property
    def last_modified(self) -> str:
        return http_date(self.modified_ns)


def http_date(utc_ns: int) -> str:
    """`Mon, 23 Nov 2026 20:21:00 GMT`, rounded up so that it is never before the change."""
    return formatdate(-(-utc_ns // SECOND_NS), usegmt=True)


def asked_range(header: str | None, size_bytes: int) -> range | None:
    """The bytes that `Range` asks for; None for all, also when it is of a form not supported.

    Raises `RangeError` when no byte of the file is in it.
    """
    match = _RANGE.fullmatch(header) if header else None
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        first, last = max(size_bytes - int(match[2]), 0), size_bytes - 1
    else:
        first = int(match[1])
        last = min(int(match[2]), size_bytes - 1) if match[2] else size_bytes - 1
    if match[1] and match[2] and int(match[2]) < int(match[1]):
        return None
    if first > last:
        raise RangeError(f"the object has {size_bytes} bytes, none of them is in {header!a}")
    return range(first, last + 1)


async def send(
    request: web.Request, file: StoredFile, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Answer HEAD or GET with `file`: 200, 206, 304 or 416."""
    common = {
        **headers,
        "ETag": file.etag,
        "Last-Modified": file.last_modified,
        "Accept-Ranges": "bytes",
        "Content-Type": file.content_type,
    }
    if file.etag in _tags(request.headers.get("If-None-Match", "")):
        return web.Response(status=304, headers=common)
    try:
        part = asked_range(_believed_range(request, file), file.size_bytes)
    except RangeError as error:
        outside = {**common, "Content-Range": f"bytes */{file.size_bytes}"}
        outside["Content-Type"] = "text/plain"
        return web.Response(status=error.status, text=f"{error}\n", headers=outside)
    response = web.StreamResponse(status=206 if part else 200, headers=common)
    if part:
        last = part.stop - 1
        response.headers["Content-Range"] = f"bytes {part.start}-{last}/{file.size_bytes}"
    return await _stream(request, response, file, part or range(file.size_bytes))


async def _stream(
    request: web.Request, response: web.StreamResponse, file: StoredFile, part: range
) -> web.StreamResponse:
    handle = await asyncio.to_thread(os.open, file.path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        response.content_length = len(part)
        await response.prepare(request)
        if request.method != "HEAD":
            await _copy(response, handle, part)
        await response.write_eof()
    except ConnectionError as error:
        logger.info("the reader of %s went away: %s", file.path.name, error)
    finally:
        os.close(handle)
    return response


async def _copy(response: web.StreamResponse, handle: int, part: range) -> None:
    for start in range(part.start, part.stop, BATCH_BYTES):
        wanted = min(BATCH_BYTES, part.stop - start)
        data = await asyncio.to_thread(os.pread, handle, wanted, start)
        if len(data) != wanted:
            raise OSError(f"the file ended at byte {start + len(data)}")
        await response.write(data)


def _believed_range(request: web.Request, file: StoredFile) -> str | None:
    condition = request.headers.get("If-Range")
    if condition is None or condition in (file.etag, file.last_modified):
        return request.headers.get("Range")
    return None


def _tags(header: str) -> list[str]:
    return [tag.strip() for tag in header.split(",")]
