"""An answer whose headers were cut off is none: `http.client` takes their end for a blank line.

Who uses it: `breakable`, for every connection. A digest, a length or an id that is missing or half
there would otherwise pass for what the destination meant to say.
"""

from http.client import HTTPResponse, IncompleteRead
from typing import Any

_CONTINUE, _SWITCHING, _FIRST_FINAL = 100, 101, 200
_LINE_MAX_BYTES = 65_536


class WholeHeaders(HTTPResponse):
    """A response that raises `IncompleteRead` when the connection ends within its headers."""

    fp: Any

    def _read_status(self) -> tuple[str, int, str]:
        """Past interim answers: the library knows 100 only, and takes another for the last."""
        version, status, reason = super()._read_status()  # type: ignore[misc]
        while _CONTINUE < status < _FIRST_FINAL and status != _SWITCHING:
            while self.fp.readline(_LINE_MAX_BYTES).strip():
                continue
            version, status, reason = super()._read_status()  # type: ignore[misc]
        return version, status, reason

    def begin(self) -> None:
        lines = _Lines(self.fp)
        self.fp = lines
        super().begin()
        self.fp = lines.file
        if lines.ended:
            self.close()
            raise IncompleteRead(b"")


class _Lines:
    """A file that notices when the last line it gave had no end."""

    def __init__(self, file: Any) -> None:
        self.file = file
        self.ended = False

    def readline(self, limit: int = -1) -> bytes:
        line: bytes = self.file.readline(limit)
        self.ended = not line.endswith(b"\n")
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)
