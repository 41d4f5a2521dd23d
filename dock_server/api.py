"""The content destination's HTTP interface: one way in, then a table.

Who uses it: `app` routes everything below the storage path here. DELETE is allowed for
an upload that is not finished and for nothing else: what a camera brought is never deleted by a
camera.
"""

import re

from aiohttp import web
from aiohttp.typedefs import Handler

from dock_server import api_account, api_container, api_object, api_upload
from dock_server.audit import PRINCIPAL
from dock_server.authorise import authorise
from dock_server.errors import ForbiddenError, MethodError, NotStorableError
from dock_server.services import SERVICES
from dock_server.settings import STORAGE_PATH
from dock_server.shown import shown_device
from dock_server.target import TARGET, Level, parse_target

_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}", re.ASCII)

ROUTES: dict[tuple[Level, str], Handler] = {
    (Level.ACCOUNT, "HEAD"): api_account.head,
    (Level.ACCOUNT, "GET"): api_account.get,
    (Level.CONTAINER, "HEAD"): api_container.head,
    (Level.CONTAINER, "GET"): api_container.get,
    (Level.CONTAINER, "PUT"): api_container.put,
    (Level.CONTAINER, "POST"): api_container.post,
    (Level.OBJECT, "HEAD"): api_object.get,
    (Level.OBJECT, "GET"): api_object.get,
    (Level.OBJECT, "PUT"): api_object.put,
    (Level.OBJECT, "POST"): api_object.post,
    (Level.OBJECT, "OPTIONS"): api_object.options,
    (Level.UPLOAD, "HEAD"): api_upload.head,
    (Level.UPLOAD, "GET"): api_upload.head,
    (Level.UPLOAD, "PATCH"): api_upload.patch,
    (Level.UPLOAD, "DELETE"): api_upload.delete,
}


async def give_token(request: web.Request) -> web.Response:
    """GET `/auth/v1.0`: a token for a device's certificate, or for the right user and key."""
    services = request.app[SERVICES]
    device = await shown_device(request)
    if device is not None:
        token = services.tokens.give(device)
    else:
        user, key = (request.headers.get(f"X-Auth-{name}", "") for name in ("User", "Key"))
        token = services.tokens.issue(user, key)
    headers = {
        "X-Auth-Token": token,
        "X-Storage-Token": token,
        "X-Storage-Url": f"{request.scheme}://{_host(request)}{STORAGE_PATH}",
        "X-Auth-Token-Expires": str(int(services.settings.limits.token_life_s)),
    }
    return web.Response(headers=headers)


async def storage(request: web.Request) -> web.StreamResponse:
    """Any request below the storage path: who, then path, then method, then whether they may."""
    device = await shown_device(request)
    tokens = request.app[SERVICES].tokens
    principal = tokens.check(request.headers.get("X-Auth-Token"), device)
    request[PRINCIPAL] = principal
    target = parse_target(request.rel_url.raw_path)
    handler = ROUTES.get((target.level, request.method))
    if handler is None:
        raise _no_method(request.method)
    await authorise(request, principal, target)
    request[TARGET] = target
    return await handler(request)


def _host(request: web.Request) -> str:
    """The name by which the client reached us; raises `NotStorableError` for a strange one."""
    if _HOST.fullmatch(request.host) is None:
        raise NotStorableError("the Host header is no host name")
    return request.host


def _no_method(method: str) -> Exception:
    if method == "DELETE":
        return ForbiddenError("nothing is deleted over this interface")
    return MethodError("this method is not offered here")
