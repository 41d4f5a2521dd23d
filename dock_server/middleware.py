"""What happens around every request: refusals become answers, changes are written down.

Who uses it: `app`. Messages of a refusal are plain text and hold nothing of the request that
is not escaped.
"""

import errno
import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.resumable import PROBLEM_JSON
from dock_server.audit import audit
from dock_server.errors import (
    CatalogueError,
    FaultError,
    FullError,
    NotStorableError,
    RefusalError,
    UploadError,
)

logger = logging.getLogger(__name__)

FULL = (errno.ENOSPC, errno.EDQUOT)

HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
"""On every answer."""


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what was raised into an answer with its status."""
    try:
        response = await handler(request)
    except RefusalError as error:
        response = _answer(error)
    except UploadError as error:
        response = _upload_answer(error)
    except ProtocolError as error:
        response = _answer(NotStorableError(str(error)))
    except OSError as error:
        response = _answer(_disk_error(error))
    except CatalogueError as error:
        logger.exception("the catalogue failed")
        response = _answer(FaultError(str(error)))
    return response


@web.middleware
async def audited(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Write every request that may change or show content to the audit log, with its outcome."""
    status = 500
    try:
        response = await handler(request)
        status = response.status
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        audit(request, status)
    return response


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Signal `on_response_prepare`: headers that every answer has."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


def _disk_error(error: OSError) -> RefusalError:
    if error.errno in FULL:
        logger.error("the disk is full: %s", error)
        return FullError("the destination's disk is full")
    logger.error("disk or connection failed", exc_info=error)
    return FaultError("the destination's disk or connection failed")


def _answer(error: RefusalError) -> web.Response:
    logger.info("answered %s: %s", error.status, error)
    return web.Response(status=error.status, text=f"{error}\n", headers=error.headers)


def _upload_answer(error: UploadError) -> web.Response:
    logger.info("answered %s: %s", error.status, error)
    if error.problem is None:
        return web.Response(status=error.status, text=f"{error}\n", headers=error.headers)
    return web.json_response(
        {**error.problem, "detail": str(error)},
        status=error.status,
        headers=error.headers,
        content_type=PROBLEM_JSON,
    )
