"""Every name of the IETF's resumable uploads, and how their few structured fields are read.

Who uses it: the dock client and the server. The protocol is a draft: what may still change with
its next version stands here and nowhere else. A field that can't be read counts as absent, as the
draft asks; whoever needs it refuses its absence.
"""

import re
from dataclasses import dataclass

DRAFT = "draft-ietf-httpbis-resumable-upload-15"
INTEROP_VERSION = 8
"""What drafts since -09 call themselves; interim answers are sent to clients of the same only."""

UPLOAD_COMPLETE = "Upload-Complete"
UPLOAD_OFFSET = "Upload-Offset"
UPLOAD_LENGTH = "Upload-Length"
UPLOAD_LIMIT = "Upload-Limit"
UPLOAD_INTEROP_VERSION = "Upload-Draft-Interop-Version"
ACCEPT_PATCH = "Accept-Patch"
PARTIAL_UPLOAD = "application/partial-upload"
PROBLEM_JSON = "application/problem+json"
RESUMPTION_SUPPORTED = 104

TRUE, FALSE = "?1", "?0"

_PROBLEMS = "https://iana.org/assignments/http-problem-types#"
MISMATCHING_OFFSET = _PROBLEMS + "mismatching-upload-offset"
INCONSISTENT_LENGTH = _PROBLEMS + "inconsistent-upload-length"
COMPLETED_UPLOAD = _PROBLEMS + "completed-upload"

PRIORITY = "Priority"
"""RFC 9218; of its parameters only the urgency is used."""
URGENT_MOST = 2
"""`u=0` to this go before others; 3 is what a request without the field has."""
URGENT = f"u={URGENT_MOST}"

_PARAMETERS = r"(?:\s*;.*)?"
_BOOLEAN = re.compile(rf"\s*\?([01]){_PARAMETERS}\s*", re.ASCII)
_INTEGER = re.compile(rf"\s*(\d{{1,15}}){_PARAMETERS}\s*", re.ASCII)
_MEMBER = re.compile(rf"\s*([a-z*][a-z0-9_.*-]*)(?:=([^;]*))?{_PARAMETERS}\s*", re.ASCII)
_URGENCY = re.compile(r"(?:^|,)\s*u=([0-7])\s*(?:[,;]|$)", re.ASCII)


def boolean(complete: bool) -> str:
    """As `Upload-Complete` carries it."""
    return TRUE if complete else FALSE


def parse_boolean(text: str | None) -> bool | None:
    """The value of `Upload-Complete`; None when it is absent or no boolean."""
    match = _BOOLEAN.fullmatch(text) if text is not None else None
    return match[1] == "1" if match else None


def parse_integer(text: str | None) -> int | None:
    """The value of `Upload-Offset` or `Upload-Length`; None when it is absent or no such number."""
    match = _INTEGER.fullmatch(text) if text is not None else None
    return int(match[1]) if match else None


def is_partial_upload(content_type: str | None) -> bool:
    """Whether a `Content-Type` is the one of an append."""
    return content_type is not None and (
        content_type.partition(";")[0].strip().lower() == PARTIAL_UPLOAD
    )


def is_urgent(priority: str | None) -> bool:
    """Whether a `Priority` asks to go before others."""
    match = _URGENCY.search(priority) if priority is not None else None
    return match is not None and int(match[1]) <= URGENT_MOST


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What `Upload-Limit` says; None where it says nothing."""

    max_size_bytes: int | None = None
    """Of the whole object."""
    max_append_size_bytes: int | None = None
    """Of the body of one request."""
    max_age_s: int | None = None
    """How long the upload stays, counted from the answer."""

    def to_header(self) -> str:
        """`min-size=0` where there is no limit, because the field is the sign of support."""
        members = (
            ("max-size", self.max_size_bytes),
            ("max-append-size", self.max_append_size_bytes),
            ("max-age", self.max_age_s),
        )
        said = [f"{name}={value}" for name, value in members if value is not None]
        return ", ".join(said) or "min-size=0"


def parse_limits(text: str | None) -> UploadLimits | None:
    """What `Upload-Limit` says, unknown members left out; None when it is absent or unreadable."""
    if text is None:
        return None
    found: dict[str, int] = {}
    for member in text.split(","):
        match = _MEMBER.fullmatch(member)
        value = parse_integer(match[2]) if match else None
        if match is None:
            return None
        if match[1] not in _LIMITS:
            continue
        if value is None:
            return None
        found[match[1]] = value
    return UploadLimits(found.get("max-size"), found.get("max-append-size"), found.get("max-age"))


_LIMITS = ("max-size", "min-size", "max-append-size", "min-append-size", "max-age")
