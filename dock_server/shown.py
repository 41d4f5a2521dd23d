"""The certificate that a connection was opened with, and which device shows it.

Who uses it: the way in to the API and to enrolment. The connection has proved that the certificate
leads to our authority and that its key is there; whether it still counts is asked at each request
(I6 of docs/design/identity.md), so a revoked device is out on a connection that it holds open.
"""

import asyncio
import logging
from ssl import SSLObject

from aiohttp import web
from cryptography import x509

from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.trust import role_of
from bwv_device.protocol.roles import DeviceRole
from dock_server.audit import note
from dock_server.errors import ForbiddenError
from dock_server.principals import Device
from dock_server.services import SERVICES

logger = logging.getLogger(__name__)


def shown_certificate(request: web.Request) -> x509.Certificate | None:
    """The certificate that the connection was opened with; None without one, or without TLS."""
    tls = request.get_extra_info("ssl_object")
    if not isinstance(tls, SSLObject):
        return None
    der = tls.getpeercert(binary_form=True)
    return None if der is None else x509.load_der_x509_certificate(der)


async def shown_device(request: web.Request) -> Device | None:
    """The device that asks; None without a certificate.

    Raises `ForbiddenError` for a certificate that does not count, or is no device's.
    """
    certificate = shown_certificate(request)
    if certificate is None:
        return None
    try:
        return await asyncio.to_thread(_device, request, certificate)
    except IdentityError as error:
        note(request, certificate=f"{certificate.serial_number:040x}", refused=str(error))
        whose = certificate.subject.rfc4514_string()
        logger.warning("%s: refused the certificate of %s: %s", request.remote, whose, error)
        raise ForbiddenError(f"{error}: ask the destination's operator") from error


def _device(request: web.Request, certificate: x509.Certificate) -> Device:
    authority = request.app[SERVICES].authority
    if authority is None:
        raise IdentityError("this destination has no authority")
    authority.check(certificate)
    role = role_of(certificate)
    if not isinstance(role, DeviceRole):
        raise IdentityError(f"{role} is no device")
    return Device(role.serial)
