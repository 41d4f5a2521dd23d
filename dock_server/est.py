"""EST (RFC 7030): the three calls by which a device gets and renews its certificates.

Who uses it: `app` routes them, where the server has an authority. Who is let in by a code gets one
transport certificate; everything else needs a certificate that counts (procedures I4 and I5).
"""

import asyncio
from collections.abc import Iterable

from aiohttp import web
from aiohttp.typedefs import Handler
from cryptography import x509

from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.profile import Purpose
from bwv_device.evidence.identity.requests import (
    Request,
    certificates_body,
    parse_request,
)
from bwv_device.protocol import est
from bwv_device.protocol.est import Label
from dock_server.audit import note
from dock_server.authority.authority import Authority
from dock_server.authority.enrolment import enrol, renew
from dock_server.errors import (
    AbsentError,
    CodeError,
    ForbiddenError,
    NotStorableError,
    SlowClientError,
)
from dock_server.ranged import http_date
from dock_server.services import SERVICES
from dock_server.shown import shown_certificate, shown_device

_PURPOSES = {Label.TRANSPORT: Purpose.TRANSPORT, Label.SIGNING: Purpose.SIGNING}


def add_routes(app: web.Application) -> None:
    """The paths below `/.well-known/est`, with and without a label."""
    for label in Label:
        app.router.add_get(est.path(est.CA_CERTIFICATES, label), _certificates, allow_head=False)
        app.router.add_post(est.path(est.ENROL, label), _enrolling(label))
        app.router.add_post(est.path(est.RENEW, label), _renewing(label))


async def _certificates(request: web.Request) -> web.Response:
    """What to trust: the authority's own certificate; and what time it is by the clock that
    certificates are judged by."""
    answer = _answer([_authority(request).certificate], est.ANSWER_TYPE)
    answer.headers["Date"] = http_date(request.app[SERVICES].clock.utc_ns())
    return answer


def _enrolling(label: Label) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        if label is Label.TRANSPORT and shown_certificate(request) is None:
            return await _first(request)
        return await _further(request, _PURPOSES[label])

    return handler


def _renewing(label: Label) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        return await _further(request, _PURPOSES[label])

    return handler


async def _first(request: web.Request) -> web.Response:
    """By serial number and code, as HTTP Basic."""
    authority = _authority(request)
    value = request.headers.get("Authorization")
    if value is None:
        raise CodeError("a first certificate needs serial number and code, as HTTP Basic")
    serial, code = est.parse_basic(value)
    asked = await _asked(request)
    made = await asyncio.to_thread(enrol, authority, asked, serial, code)
    return _issued(request, made)


async def _further(request: web.Request, purpose: Purpose) -> web.Response:
    """By the certificate that the connection was opened with."""
    authority = _authority(request)
    if await shown_device(request) is None:
        raise CodeError("this needs the device's certificate: enrol it with a code first")
    shown = shown_certificate(request)
    assert shown is not None, "it was there a moment ago"
    asked = await _asked(request)
    try:
        made = await asyncio.to_thread(renew, authority, asked, shown, purpose)
    except IdentityError as error:
        raise ForbiddenError(str(error)) from error
    return _issued(request, made)


async def _asked(request: web.Request) -> Request:
    """What the body asks for; raises `ProtocolError` or `RefusalError`."""
    idle_s = request.app[SERVICES].settings.limits.idle_s
    try:
        async with asyncio.timeout(idle_s):
            body = await request.read()
    except TimeoutError as error:
        raise SlowClientError(f"the request did not come within {idle_s:g} s") from error
    try:
        return parse_request(est.parse_body(body))
    except IdentityError as error:
        raise NotStorableError(str(error)) from error


def _issued(request: web.Request, made: x509.Certificate) -> web.Response:
    note(request, issued=f"{made.serial_number:040x}", to=made.subject.rfc4514_string())
    return _answer([made], est.CERTIFICATES_ONLY)


def _answer(certificates: Iterable[x509.Certificate], content_type: str) -> web.Response:
    headers = {"Content-Type": content_type, est.TRANSFER_ENCODING: "base64"}
    return web.Response(body=est.body(certificates_body(certificates)), headers=headers)


def _authority(request: web.Request) -> Authority:
    authority = request.app[SERVICES].authority
    if authority is None:
        raise AbsentError("this destination has no authority")
    return authority
