"""The body of an append on its way into its upload: written, synced, and only then counted.

Who uses it: `upload_work`. `Body.write` and `Body.settle` run in worker threads.
"""

import hashlib
from collections.abc import Callable

from bwv_device.evidence.digests import Digests
from dock_server.errors import RefusalError, UploadError
from dock_server.partial import Partial
from dock_server.upload_request import CONTENT_DIGEST, Append

Count = Callable[[Digests], None]
"""Makes an offset count; called in the thread that writes."""


class Body:
    """One append to one upload."""

    def __init__(self, partial: Partial, append: Append, every_bytes: int, count: Count) -> None:
        """`count` is told what is on the disk: every so many bytes, and at the end."""
        self._partial = partial
        self._every_bytes = every_bytes
        self._tell = count
        self._since_bytes = 0
        self._said_sha256 = append.content_sha256
        self._sha256 = hashlib.sha256() if append.content_sha256 is not None else None
        if self._sha256 is not None:
            partial.mark()

    def write(self, data: bytes) -> None:
        """Take the next bytes. Raises `OSError`, `CutOffError` or `CatalogueError`."""
        self._partial.write(data)
        if self._sha256 is not None:
            self._sha256.update(data)
            return  # Not counted before its digest is known to be right.
        self._since_bytes += len(data)
        if self._since_bytes >= self._every_bytes:
            self._count()

    def settle(self, failure: RefusalError | None) -> None:
        """The body has ended, by `failure` if it was cut off: count what came.

        A body with a digest of its own counts as a whole or not at all. Raises `UploadError` when
        that digest is another one, `OSError`, `CatalogueError`.
        """
        if self._sha256 is not None and failure is not None:
            self._partial.take_back()
        elif self._sha256 is not None and self._sha256.hexdigest() != self._said_sha256:
            self._partial.take_back()
            raise UploadError(f"the body is not that of its {CONTENT_DIGEST}: send it again", 400)
        self._count()

    def _count(self) -> None:
        self._tell(self._partial.sync())
        self._since_bytes = 0
