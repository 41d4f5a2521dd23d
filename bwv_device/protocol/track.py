"""Where the camera was: the location track (GNSS) and the location strings of metadata.

Who uses it: the client builds a track when a locator gave positions, the server shows it.
Degrees are WGS 84; the document writes longitude first, the location string latitude first.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bwv_device.protocol.documents import first_problem, parse_json, to_json
from bwv_device.protocol.errors import ProtocolError, shown
from bwv_device.protocol.times import epoch_seconds, parse_rfc3339, rfc3339_ms

FILE_MAX_BYTES = 64_000_000
"""A day of one position a second is about 12 MB."""

ENTRIES = "CoordinateEntries"
"""The document's only member, a list."""

_NUMBER = r"(-?\d{1,3}(?:\.\d{1,15})?)"
_POINT = re.compile(rf"POINT\s*\(\s*{_NUMBER}\s+{_NUMBER}\s*\)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """One position."""

    latitude_deg: float
    longitude_deg: float
    utc_ns: int
    since_start_s: float
    """Seconds since the recording's `StartTime`, which includes the pre-record."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore")
    location: str = Field(alias="LocationWKT")
    seconds: float = Field(alias="SecondsFromStart", allow_inf_nan=False)
    timestamp: str = Field(alias="Timestamp")


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore")
    entries: list[_Entry] = Field(alias="CoordinateEntries")


def track_point(
    latitude_deg: float, longitude_deg: float, utc_ns: int, start_ns: int
) -> TrackPoint:
    """A position at `utc_ns` of a recording that started at `start_ns`; raises `ProtocolError`."""
    _check_position(latitude_deg, longitude_deg)
    since_start_s = (utc_ns - start_ns) // 1_000_000 / 1000
    return TrackPoint(latitude_deg, longitude_deg, utc_ns, since_start_s)


def track_json(points: Iterable[TrackPoint]) -> bytes:
    """The document, in order of time."""
    ordered = sorted(points, key=lambda point: point.since_start_s)
    return to_json({ENTRIES: [_fields(point) for point in ordered]})


def entry_json(point: TrackPoint) -> bytes:
    """One entry of the document, for one that is written while it grows."""
    return to_json(_fields(point))


def _fields(point: TrackPoint) -> dict[str, str | float]:
    return {
        "LocationWKT": f"POINT({point.longitude_deg:.7f} {point.latitude_deg:.7f})",
        "SecondsFromStart": point.since_start_s,
        "Timestamp": rfc3339_ms(point.utc_ns),
    }


def parse_track(body: bytes | str) -> tuple[TrackPoint, ...]:
    """Read a document whose entries may be out of order; raises `ProtocolError`."""
    document = parse_json(body, "location track", FILE_MAX_BYTES)
    try:
        entries = _Document.model_validate(document).entries
    except ValidationError as error:
        raise first_problem(error, "location track") from error
    return tuple(sorted(map(_point, entries), key=lambda point: point.since_start_s))


def location_text(latitude_deg: float, longitude_deg: float, accuracy_m: float, utc_ns: int) -> str:
    """A location for metadata: `lat,lon,accuracy,epoch`, at most 64 bytes.

    The API does not say how the four are separated; commas until a real system shows otherwise.
    """
    _check_position(latitude_deg, longitude_deg)
    accuracy = min(max(accuracy_m, 0.0), 99_999_999.0)
    return f"{latitude_deg:.7f},{longitude_deg:.7f},{accuracy:.1f},{epoch_seconds(utc_ns)}"


def _point(entry: _Entry) -> TrackPoint:
    match = _POINT.fullmatch(entry.location.strip())
    if match is None:
        raise ProtocolError(f"{shown(entry.location)} is not POINT(<longitude> <latitude>)")
    longitude_deg, latitude_deg = float(match[1]), float(match[2])
    _check_position(latitude_deg, longitude_deg)
    return TrackPoint(latitude_deg, longitude_deg, parse_rfc3339(entry.timestamp), entry.seconds)


def _check_position(latitude_deg: float, longitude_deg: float) -> None:
    if not (-90 <= latitude_deg <= 90 and -180 <= longitude_deg <= 180):
        raise ProtocolError(f"latitude {latitude_deg}, longitude {longitude_deg} is not on Earth")
