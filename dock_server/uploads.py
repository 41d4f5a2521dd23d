"""How many bodies are taken at once, and never two for one object.

Who uses it: the upload handler, on the event loop.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from dock_server.errors import BusyError


class UploadSlots:
    """The bodies under way."""

    def __init__(self, uploads_max: int) -> None:
        self._uploads_max = uploads_max
        self._busy: set[tuple[str, str]] = set()

    @contextmanager
    def slot(self, container: str, name: str) -> Iterator[None]:
        """The right to receive this object while the block runs; raises `BusyError`."""
        target = (container, name)
        if target in self._busy:
            raise BusyError("this object is being received already: try again soon")
        if len(self._busy) >= self._uploads_max:
            raise BusyError(f"{self._uploads_max} uploads are under way: try again soon")
        self._busy.add(target)
        try:
            yield
        finally:
            self._busy.remove(target)
