"""The web page: the recordings, one recording, and the clips to play or take.

Who uses it: a person with a browser on the same machine (`gate` keeps others out). Every view
and download is in the audit log.
"""

import asyncio
import math
import shlex
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from aiohttp import web

from bwv_device.protocol.names import (
    DEVICES,
    RECEIPT_OBJECT,
    USERS,
    ContainerKind,
    ObjectKind,
    check_name,
)
from dock_server import formats, ledger_pages
from dock_server.audit import note
from dock_server.catalogue import Slice
from dock_server.clip_view import clip_views, is_sealed
from dock_server.damage import is_present
from dock_server.errors import AbsentError
from dock_server.gate import local_only
from dock_server.ranged import StoredFile, send
from dock_server.receipt_view import receipt_view
from dock_server.recording_view import (
    RecordingView,
    owner_ids,
    recording_view,
    start_ns_of,
)
from dock_server.rendering import page
from dock_server.services import SERVICES, Services
from dock_server.sidecars import bookmark_views, track_views
from dock_server.tables import ContainerRow, Metadata, ObjectRow

PAGE_SIZE = 50

STATIC = {"page.css": "text/css", "icon.svg": "image/svg+xml"}

MEDIA_TYPES = {"mp4": "video/mp4", "mkv": "video/x-matroska"}
"""By the name's ending, never by what the sender said; anything else is only downloaded."""

_OTHERS = (ObjectKind.KEY, ObjectKind.MANIFEST, ObjectKind.OTHER)


def add_routes(app: web.Application) -> None:
    """Put the pages into `app`."""
    app.router.add_get("/", local_only(index))
    app.router.add_get("/recordings/{container}", local_only(recording))
    app.router.add_get("/media/{container}/{name}", local_only(media))
    app.router.add_get("/static/{name}", local_only(static))
    ledger_pages.add_routes(app)


async def index(request: web.Request) -> web.Response:
    """The recordings, the newest first."""
    services = request.app[SERVICES]
    number = max(formats.number(request.query.get("page")) or 1, 1)
    note(request, viewed="list")
    found, count, totals = await asyncio.to_thread(_read_index, services, number)
    return page(
        "index.html",
        services,
        recordings=found,
        count=count,
        size=formats.size(totals),
        page=number,
        pages=max(math.ceil(count / PAGE_SIZE), 1),
        connection_file=shlex.quote(str(services.folders.connection_file)),
    )


async def recording(request: web.Request) -> web.Response:
    """One recording: its facts, clips, bookmarks, location track and all metadata."""
    services = request.app[SERVICES]
    row = await asyncio.to_thread(services.catalogue.container, _name(request, "container"))
    if row is None or row.kind not in (ContainerKind.RECORDING, ContainerKind.REJECTED):
        raise AbsentError("no such recording")
    note(request, viewed=row.name)
    return page("recording.html", services, **await asyncio.to_thread(_read, services, row))


async def media(request: web.Request) -> web.StreamResponse:
    """An object's bytes: a clip to play, with Range; anything else, or `?download`, to keep."""
    services = request.app[SERVICES]
    container, name = _name(request, "container"), _name(request, "name")
    if name == RECEIPT_OBJECT:
        return await _receipt(request, services, container)
    row = await asyncio.to_thread(services.catalogue.object, container, name)
    if row is None or not is_present(services.folders, row):
        raise AbsentError("no such object")
    plays = row.kind is ObjectKind.CLIP and not is_sealed(row)
    kind = MEDIA_TYPES.get(name.rpartition(".")[2]) if plays else None
    keep = "download" in request.query or kind is None
    note(request, viewed=f"{container}/{name}", download=keep)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'} if keep else {}
    path = services.folders.object_file(container, name)
    file = StoredFile(
        path, row.size_bytes, f'"{row.md5}"', row.stored_ns, kind or "application/octet-stream"
    )
    return await send(request, file, headers)


async def _receipt(request: web.Request, services: Services, container: str) -> web.Response:
    """The receipt that was given; none is made for a page."""
    row = await asyncio.to_thread(services.catalogue.receipt, container)
    if row is None:
        raise AbsentError("no receipt was given for it")
    note(request, viewed=f"{container}/{RECEIPT_OBJECT}", download=True)
    headers = {"Content-Disposition": f'attachment; filename="{container}.{RECEIPT_OBJECT}"'}
    return web.Response(
        body=row.text.encode("ascii"), content_type="application/octet-stream", headers=headers
    )


async def static(request: web.Request) -> web.Response:
    """The page's own style and icon."""
    name = request.match_info["name"]
    if name not in STATIC:
        raise AbsentError("no such file")
    body = (files("dock_server") / "static" / name).read_bytes()
    response = web.Response(body=body, content_type=STATIC[name], charset="utf-8")
    response.headers["Cache-Control"] = "max-age=300"
    return response


def _name(request: web.Request, part: str) -> str:
    return check_name(request.match_info[part], part)


def _read_index(services: Services, page: int) -> tuple[list[RecordingView], int, int]:
    catalogue = services.catalogue
    rows = catalogue.recordings((page - 1) * PAGE_SIZE, PAGE_SIZE)
    clips: dict[str, list[ObjectRow]] = {row.name: [] for row in rows}
    for clip in catalogue.clips(clips):
        clips[clip.container].append(clip)
    users, devices = _owners(services, rows)
    found = [recording_view(row, clips[row.name], users, devices) for row in rows]
    return found, catalogue.recording_count(), catalogue.totals().size_bytes


def _read(services: Services, row: ContainerRow) -> dict[str, Any]:
    objects = services.catalogue.objects(row.name, Slice())
    clips = [item for item in objects if item.kind is ObjectKind.CLIP]
    documents = {item.name for item in objects if item.kind in (ObjectKind.ACCOUNT, ObjectKind.KEY)}
    users, devices = _owners(services, [row])
    return {
        "recording": recording_view(row, clips, users, devices),
        "clips": clip_views(clips, documents),
        "bookmarks": bookmark_views(services.folders, objects, start_ns_of(row)),
        "tracks": track_views(services.folders, objects),
        "receipt": receipt_view(services.catalogue.receipt(row.name)),
        "others": [item for item in objects if item.kind in _OTHERS],
    }


def _owners(
    services: Services, rows: Sequence[ContainerRow]
) -> tuple[Mapping[str, Metadata], Mapping[str, Metadata]]:
    owners = [owner_ids(row) for row in rows]
    return (
        services.catalogue.metadata_of(USERS, (user for user, _ in owners)),
        services.catalogue.metadata_of(DEVICES, (serial for _, serial in owners)),
    )
