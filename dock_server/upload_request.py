"""What a request says in the terms of resumable uploads, checked, and what it is refused with.

Who uses it: the upload handlers. docs/design/resumable-uploads.md has the table of refusals.
"""

from dataclasses import dataclass

from aiohttp import web

from bwv_device.protocol.digest import parse_repr_digest
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.resumable import (
    INCONSISTENT_LENGTH,
    MISMATCHING_OFFSET,
    PRIORITY,
    UPLOAD_COMPLETE,
    UPLOAD_LENGTH,
    UPLOAD_LIMIT,
    UPLOAD_OFFSET,
    UploadLimits,
    is_partial_upload,
    is_urgent,
    parse_boolean,
    parse_integer,
)
from dock_server.errors import NotStorableError, UploadError
from dock_server.settings import Limits

CONTENT_DIGEST = "Content-Digest"


@dataclass(frozen=True, slots=True)
class Append:
    """A body and where it belongs."""

    offset_bytes: int
    complete: bool
    """Whether the whole ends with this body."""
    body_bytes: int | None
    """None for a body of unknown length."""
    said_length_bytes: int | None
    """`Upload-Length`."""
    content_sha256: str | None
    """`Content-Digest`: of this body alone."""
    urgent: bool

    @property
    def length_bytes(self) -> int | None:
        """Of the whole, as far as this request tells; raises `UploadError` if it tells two."""
        if not self.complete or self.body_bytes is None:
            return self.said_length_bytes
        end_bytes = self.offset_bytes + self.body_bytes
        if self.said_length_bytes not in (None, end_bytes):
            raise inconsistent_length(
                f"the upload would end at {end_bytes}, {UPLOAD_LENGTH} is {self.said_length_bytes}"
            )
        return end_bytes


def read_creation(request: web.Request) -> Append:
    """The body of a creation, which begins at 0."""
    return _read(request, 0, parse_boolean(request.headers.get(UPLOAD_COMPLETE)) is True)


def read_append(request: web.Request) -> Append:
    """The body of a PATCH; raises `UploadError` or `ProtocolError`."""
    if not is_partial_upload(request.headers.get("Content-Type")):
        raise UploadError("the body of an append is application/partial-upload", 415)
    offset_bytes = parse_integer(request.headers.get(UPLOAD_OFFSET))
    complete = parse_boolean(request.headers.get(UPLOAD_COMPLETE))
    if offset_bytes is None or complete is None:
        raise UploadError(f"an append needs {UPLOAD_OFFSET} and {UPLOAD_COMPLETE}", 400)
    return _read(request, offset_bytes, complete)


def check_no_state(request: web.Request) -> None:
    """Raises `NotStorableError` for a HEAD that states what it should ask for."""
    for name in (UPLOAD_OFFSET, UPLOAD_COMPLETE, UPLOAD_LENGTH):
        if name in request.headers:
            raise NotStorableError(f"{name} is the answer to this request, not a part of it")


def check_append_size(append: Append, limits: Limits) -> None:
    """Raises `UploadError` for a body over the limit of one request."""
    if append.body_bytes is not None and append.body_bytes > limits.append_max_bytes:
        raise too_large(f"one append has at most {limits.append_max_bytes} bytes", limits)


def upload_limits(limits: Limits, age_s: float = 0.0) -> UploadLimits:
    """What is told of the limits to an upload that is `age_s` old."""
    left_s = max(round(limits.upload_life_s - age_s), 0)
    return UploadLimits(limits.object_max_bytes, limits.append_max_bytes, left_s)


def mismatching_offset(expected_bytes: int, provided_bytes: int) -> UploadError:
    """The upload stands somewhere else."""
    return UploadError(
        f"the upload is at offset {expected_bytes}, not {provided_bytes}",
        409,
        headers={UPLOAD_OFFSET: str(expected_bytes)},
        problem={
            "type": MISMATCHING_OFFSET,
            "title": "offset from request does not match offset of resource",
            "expected-offset": expected_bytes,
            "provided-offset": provided_bytes,
        },
    )


def inconsistent_length(message: str) -> UploadError:
    """Two requests, or two fields of one, contradict each other on the length."""
    problem = {"type": INCONSISTENT_LENGTH, "title": "inconsistent length values for upload"}
    return UploadError(message, 400, problem=problem)


def too_large(message: str, limits: Limits) -> UploadError:
    """Over a limit; the limits are said along."""
    return UploadError(message, 413, headers={UPLOAD_LIMIT: upload_limits(limits).to_header()})


def _read(request: web.Request, offset_bytes: int, complete: bool) -> Append:
    digest = request.headers.get(CONTENT_DIGEST)
    return Append(
        offset_bytes=offset_bytes,
        complete=complete,
        body_bytes=request.content_length if request.body_exists else 0,
        said_length_bytes=parse_integer(request.headers.get(UPLOAD_LENGTH)),
        content_sha256=None if digest is None else _content_sha256(digest),
        urgent=is_urgent(request.headers.get(PRIORITY)),
    )


def _content_sha256(header: str) -> str | None:
    try:
        return parse_repr_digest(header)
    except ProtocolError as error:
        raise UploadError(f"{CONTENT_DIGEST} can't be read", 400) from error
