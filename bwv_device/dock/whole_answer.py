"""An answer whose headers were cut off is none: `http.client` takes their end for a blank line.

Who uses it: `breakable`, for every connection. A digest, a length or an id that is missing or half
there would otherwise pass for what the destination meant to say.
"""

from http.client import HTTPResponse, IncompleteRead
from typing import Any


class WholeHeaders(HTTPResponse):
    """A response that raises `IncompleteRead` when the connection ends within its headers."""

    fp: Any

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
