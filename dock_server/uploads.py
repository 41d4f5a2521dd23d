"""Never two bodies for one object at once.

Who uses it: the upload handlers, on the event loop. How many bodies there are in all is the
line's affair.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from dock_server.errors import BusyError


class UploadSlots:
    """The objects that are being received."""

    def __init__(self) -> None:
        self._busy: set[tuple[str, str]] = set()

    @contextmanager
    def slot(self, container: str, name: str) -> Iterator[None]:
        """The right to store this object while the block runs; raises `BusyError`."""
        target = (container, name)
        if target in self._busy:
            raise BusyError("this object is being received already: try again soon")
        self._busy.add(target)
        try:
            yield
        finally:
            self._busy.remove(target)
