"""Who may see the pages: a browser on this very machine, and nobody else yet.

Who uses it: `pages`. There is no sign-in so far. The Host header is checked as well, or a page
elsewhere could have its own name resolve to this machine and read along.
"""

from functools import wraps
from ipaddress import ip_address

from aiohttp import web
from aiohttp.typedefs import Handler

from dock_server.errors import ForbiddenError

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""No script at all, nothing from elsewhere, nothing inside another page."""


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address without port, can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def local_only(handler: Handler) -> Handler:
    """Let `handler` answer loopback clients only, with the headers of a page."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        if not is_loopback(request.remote or "") or not is_loopback(_host_name(request)):
            raise ForbiddenError("the page is for a browser on this machine only")
        request[PAGE] = True
        return await handler(request)

    return guarded


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal `on_response_prepare`: the headers of a page, also on what a page refuses."""
    if request.get(PAGE):
        response.headers.update(HEADERS)


PAGE = web.RequestKey("page", bool)


def _host_name(request: web.Request) -> str:
    host = request.host
    if host.startswith("["):
        return host.partition("]")[0][1:]
    return host.partition(":")[0]
