"""Uploads' files that stay open between two requests, so that no prefix is hashed twice.

Who uses it: the upload handlers, on the event loop, while they have their upload alone.
"""

import asyncio
from collections import OrderedDict

from dock_server.partial import Partial
from dock_server.tables import UploadRow
from dock_server.upload_book import UploadBook

KEPT_MAX = 128
"""More than the 64 cameras of a large dock; each is one open file and the state of two hashes."""


class OpenPartials:
    """Partials that are not in use, the ones used last at the end."""

    def __init__(self, book: UploadBook) -> None:
        self._book = book
        self._kept: OrderedDict[str, Partial] = OrderedDict()

    async def take(self, row: UploadRow) -> Partial:
        """The bytes of an upload; raises `LostUploadError` or `OSError`."""
        kept = self._kept.pop(row.upload_id, None)
        return kept if kept is not None else await asyncio.to_thread(self._book.reopen, row)

    def give_back(self, upload_id: str, partial: Partial) -> None:
        """Keep it open; the one that waits longest is closed when there are too many."""
        self._kept[upload_id] = partial
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)[1].park()

    def forget(self, upload_id: str) -> None:
        """Close it; what it wrote stays on the disk."""
        kept = self._kept.pop(upload_id, None)
        if kept is not None:
            kept.park()

    def close(self) -> None:
        """Close them all, at the end."""
        for upload_id in list(self._kept):
            self.forget(upload_id)
