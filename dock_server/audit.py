"""Who changed, viewed or took what, and when: one line of JSON each.

Who uses it: the middleware writes, `serve` attaches the file `audit.jsonl`. A line is written
once the outcome is known; the request's own words are JSON-escaped, so no line can be forged.
"""

import json
import logging
from pathlib import Path
from typing import Any

from aiohttp import web

from bwv_device.protocol.times import rfc3339_ms
from dock_server.principals import Principal
from dock_server.services import SERVICES

logger = logging.getLogger("dock_server.audit")
logger.setLevel(logging.INFO)

DETAILS = web.RequestKey("audit details", dict[str, Any])
"""What a handler adds to its line: bytes, digests."""

PRINCIPAL = web.RequestKey("principal", Principal)
"""Who asks, once that is known; the line names them."""

_READING = ("GET", "HEAD")


def audit(request: web.Request, status: int) -> None:
    """Write the line of one request, unless it only asked."""
    details = request.get(DETAILS)
    if request.method in _READING and details is None:
        return
    line = {
        "time": rfc3339_ms(request.app[SERVICES].clock.utc_ns()),
        "remote": request.remote,
        **({"by": str(request[PRINCIPAL])} if PRINCIPAL in request else {}),
        "method": request.method,
        "path": request.rel_url.raw_path,
        "status": status,
        "agent": request.headers.get("User-Agent", "")[:200],
        **(details or {}),
    }
    logger.info("%s", json.dumps(line))


def note(request: web.Request, **details: Any) -> None:
    """Add to the line; a reading request is written down only if its handler calls this."""
    request[DETAILS] = request.get(DETAILS, {}) | details


def attach_file(path: Path) -> logging.Handler:
    """Append audit lines to `path` from now on; `detach_file` ends it."""
    handler = logging.FileHandler(path, encoding="utf-8")
    path.chmod(0o600)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    return handler


def detach_file(handler: logging.Handler) -> None:
    """End what `attach_file` began."""
    logger.removeHandler(handler)
    handler.close()
