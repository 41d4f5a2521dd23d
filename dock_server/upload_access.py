"""Finds an upload, has its file open while a request works on it, and puts refusals in its terms.

Who uses it: `upload_create` and `api_upload`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import wraps

from aiohttp import web
from aiohttp.typedefs import Handler

from bwv_device.protocol.errors import ProtocolError
from dock_server.errors import AbsentError, RefusalError, UploadError
from dock_server.services import Services
from dock_server.tables import UploadRow
from dock_server.upload_work import Upload


def in_upload_terms(handler: Handler) -> Handler:
    """Every refusal says that it is not the target's, and that resuming may help."""

    @wraps(handler)
    async def wrapped(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except RefusalError as error:
            raise UploadError(str(error), error.status, headers=error.headers) from error
        except ProtocolError as error:
            raise UploadError(str(error), 400) from error

    return wrapped


async def find_upload(services: Services, upload_id: str) -> UploadRow:
    """The upload's row; raises `AbsentError`."""
    row = await asyncio.to_thread(services.uploads.find, upload_id)
    if row is None:
        raise AbsentError("no such upload, or not any more: begin it anew")
    return row


@asynccontextmanager
async def held(services: Services, row: UploadRow) -> AsyncIterator[Upload]:
    """An unfinished upload with its file open.

    After a refusal the file stays open for the next request: all that it took is counted. After
    any other failure it is closed, and what was not counted is cut off when it is opened again.
    """
    partial = await services.partials.take(row)
    upload = Upload(services, row, partial)
    try:
        yield upload
    except (RefusalError, UploadError):
        _give_back(services, row, upload)
        raise
    except BaseException:
        partial.park()
        raise
    _give_back(services, row, upload)


def _give_back(services: Services, row: UploadRow, upload: Upload) -> None:
    if not upload.is_over:
        services.partials.give_back(row.upload_id, upload.partial)
