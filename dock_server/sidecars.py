"""Reads the small objects beside a clip for the page: bookmarks and location tracks.

Who uses it: `pages`, in a thread. What is damaged or nonsense is said on the page.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.keys import ObjectKey
from bwv_device.protocol.names import ObjectKind
from bwv_device.protocol.tags import parse_tags
from bwv_device.protocol.track import FILE_MAX_BYTES, parse_track
from dock_server import formats
from dock_server.clip_view import is_sealed
from dock_server.formats import NOTHING
from dock_server.settings import Folders
from dock_server.tables import ObjectRow

TEXT_MAX_BYTES = 64 * 1024
POINTS_SHOWN_MAX = 200


@dataclass(frozen=True, slots=True)
class BookmarkView:
    """One bookmark; its body is the text."""

    name: str
    when: str
    offset: str
    category: str
    tags: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class PointView:
    """One position."""

    offset: str
    when: str
    latitude: str
    longitude: str


@dataclass(frozen=True, slots=True)
class TrackView:
    """A location track; `problem` is empty when it could be read."""

    name: str
    href: str
    count: int
    points: tuple[PointView, ...]
    """The first of them, at most `POINTS_SHOWN_MAX`."""
    problem: str
    is_sealed: bool = False


def bookmark_views(
    folders: Folders, objects: Iterable[ObjectRow], start_ns: int | None
) -> list[BookmarkView]:
    """The bookmarks among `objects`, in order of time."""
    found = [
        _bookmark_view(row, start_ns, _read(folders, row, TEXT_MAX_BYTES))
        for row in objects
        if row.kind is ObjectKind.BOOKMARK
    ]
    return sorted(found, key=lambda bookmark: (bookmark.when, bookmark.name))


def track_views(folders: Folders, objects: Iterable[ObjectRow]) -> list[TrackView]:
    """The location tracks among `objects`."""
    return [_track_view(folders, row) for row in objects if row.kind is ObjectKind.TRACK]


def _bookmark_view(row: ObjectRow, start_ns: int | None, body: bytes) -> BookmarkView:
    """A bookmark; one without a time of its own counts from the recording's start."""
    at_ns = formats.parse_time(row.meta.get(ObjectKey.START_TIME)) or start_ns
    return BookmarkView(
        name=row.name,
        when=formats.utc(at_ns),
        offset=formats.offset(at_ns, start_ns),
        category=row.meta.get(ObjectKey.CATEGORY_NAME)
        or row.meta.get(ObjectKey.CATEGORY_ID)
        or NOTHING,
        tags=parse_tags(row.meta.get(ObjectKey.TAGS, "")),
        text=body.decode("utf-8", "replace"),
    )


def _track_view(folders: Folders, row: ObjectRow) -> TrackView:
    href = f"/media/{row.container}/{row.name}"
    if is_sealed(row):
        return TrackView(row.name, href, 0, (), "", is_sealed=True)
    try:
        points = parse_track(_read(folders, row, FILE_MAX_BYTES + 1))
    except ProtocolError as error:
        return TrackView(row.name, href, 0, (), str(error))
    shown = tuple(
        PointView(
            formats.duration(point.since_start_s),
            formats.utc(point.utc_ns),
            f"{point.latitude_deg:.6f}",
            f"{point.longitude_deg:.6f}",
        )
        for point in points[:POINTS_SHOWN_MAX]
    )
    return TrackView(row.name, href, len(points), shown, "")


def _read(folders: Folders, row: ObjectRow, max_bytes: int) -> bytes:
    """The body's start; nothing when the file is gone, which the start-up has reported."""
    path: Path = folders.object_file(row.container, row.name)
    if not os.path.lexists(path):
        return b""
    with path.open("rb") as file:
        return file.read(max_bytes)
