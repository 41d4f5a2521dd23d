"""Appends to an upload, and makes an object of it: the work behind creation and PATCH.

Who uses it: `upload_create` and `api_upload`, while they have the upload alone. The steps are
numbered in docs/design/resumable-uploads.md.
"""

import asyncio
import functools

from aiohttp import web

from bwv_device.evidence.digests import Digests
from bwv_device.protocol.resumable import UPLOAD_COMPLETE, UPLOAD_LIMIT, UPLOAD_OFFSET, boolean
from bwv_device.protocol.times import SECOND_NS
from dock_server import interim
from dock_server.audit import note
from dock_server.errors import (
    CutOffError,
    RefusalError,
    SlowClientError,
    TooLargeError,
    UploadError,
)
from dock_server.offer import stored_headers
from dock_server.partial import Partial
from dock_server.receive import copy_body
from dock_server.services import Services
from dock_server.tables import ObjectRow, UploadRow
from dock_server.transfers import Transfer
from dock_server.upload_body import Body, Count
from dock_server.upload_book import offer_of
from dock_server.upload_request import (
    Append,
    inconsistent_length,
    mismatching_offset,
    upload_limits,
)
from dock_server.whose import whose


class Upload:
    """One upload while a request has it alone."""

    def __init__(self, services: Services, row: UploadRow, partial: Partial) -> None:
        self._services = services
        self._row = row
        self.partial = partial
        self.is_over = False
        """Completed or deactivated: its file is not to be kept open."""

    @property
    def offset_bytes(self) -> int:
        """Bytes that were taken; durable whenever no body is under way."""
        return self.partial.digests().bytes

    def headers(self) -> dict[str, str]:
        """Of an answer that speaks of the upload."""
        return {
            UPLOAD_OFFSET: str(self.offset_bytes),
            UPLOAD_LIMIT: limit_of(self._services, self._row),
        }

    async def append(self, request: web.Request, transfer: Transfer, append: Append) -> None:
        """Take the body; what came of it counts, also when it was cut off.

        Raises `UploadError`, `RefusalError` or `OSError`.
        """
        await self._check(append)
        if append.body_bytes == 0:
            return
        services = self._services
        who = whose(request, self._row.container)
        async with services.line.turn(who, append.urgent, transfer.ended):
            with services.space.promise(append.body_bytes or 0):
                await self._take(request, append)
        note(request, offset=self.offset_bytes)

    async def complete(self, request: web.Request) -> web.Response:
        """Make an object of it: the answer of its PUT. Raises `UploadError`."""
        services, row = self._services, self._row
        length = row.length_bytes
        if length is not None and length != self.offset_bytes:
            raise inconsistent_length(f"{self.offset_bytes} of {length} bytes came")
        with services.slots.slot(row.container, row.name):
            stored = await self._finish()
        note(request, bytes=stored.size_bytes, sha256=stored.sha256)
        headers = {**stored_headers(stored), UPLOAD_COMPLETE: boolean(True)}
        return web.Response(status=201, headers=headers)

    async def _finish(self) -> ObjectRow:
        """What is refused now is refused for good: all bytes came, and more will not help."""
        row, uploads = self._row, self._services.uploads
        close = functools.partial(uploads.close, upload_id=row.upload_id)
        try:
            stored = await asyncio.to_thread(
                self._services.intake.finish, offer_of(row), self.partial, close
            )
        except RefusalError as error:
            await self.drop(str(error))
            raise UploadError(
                str(error), error.status, complete=True, headers=error.headers
            ) from error
        self.is_over = True
        await asyncio.to_thread(self.partial.abandon)  # Of a repeat, which was only compared.
        return stored

    async def drop(self, why: str) -> None:
        """Deactivate it."""
        self.is_over = True
        await asyncio.to_thread(self.partial.abandon)
        await asyncio.to_thread(self._services.uploads.drop, self._row.upload_id, why)

    async def _check(self, append: Append) -> None:
        """Offset and lengths; a body that would be too long ends the upload."""
        if append.offset_bytes != self.offset_bytes:
            raise mismatching_offset(self.offset_bytes, append.offset_bytes)
        said, known = append.length_bytes, self._row.length_bytes
        if said is not None and known is not None and said != known:
            raise inconsistent_length(f"the upload has {known} bytes, this request says {said}")
        if known is None and said is not None:
            await asyncio.to_thread(self._services.uploads.learn_length, self._row.upload_id, said)
            self._row.length_bytes = said
        if append.body_bytes is not None and append.body_bytes > self._most_bytes():
            await self._refuse_more()

    def _most_bytes(self) -> int:
        """How many may still come."""
        limits, known = self._services.settings.limits, self._row.length_bytes
        return (limits.object_max_bytes if known is None else known) - self.offset_bytes

    async def _take(self, request: web.Request, append: Append) -> None:
        services = self._services
        every_bytes = services.settings.limits.checkpoint_bytes
        count = self._counter(request)
        body = Body(self.partial, append, every_bytes, count)
        failure: RefusalError | None = None
        try:
            await copy_body(request, services, body.write, self._most_bytes())
        except TooLargeError:
            await self._refuse_more()
        except (CutOffError, SlowClientError) as error:
            failure = error
        await asyncio.to_thread(body.settle, failure)
        if failure is not None:
            raise UploadError(str(failure), failure.status, headers=self.headers()) from failure

    def _counter(self, request: web.Request) -> Count:
        """Writes an offset down, and then tells it to a client that wants to hear it."""
        checkpoint = functools.partial(self._services.uploads.checkpoint, self._row.upload_id)
        tell = interim.progress(request)

        def count(synced: Digests) -> None:
            checkpoint(synced)
            tell(synced.bytes)

        return count

    async def _refuse_more(self) -> None:
        await self.drop("more came than its length")
        raise inconsistent_length("more bytes came than the upload has: begin it anew")


def limit_of(services: Services, row: UploadRow) -> str:
    """The upload's limits, as they stand now."""
    age_s = (services.clock.utc_ns() - row.created_ns) / SECOND_NS
    return upload_limits(services.settings.limits, age_s).to_header()
