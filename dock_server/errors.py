"""Every error of the server; each refusal knows the HTTP status that says it.

Who uses it: all of `dock_server`. The middleware turns a `RefusalError` into its answer; the
other errors end the process at start-up with their message.
"""

from collections.abc import Mapping
from typing import ClassVar

from bwv_device.errors import BwvError, Kind
from bwv_device.protocol.resumable import UPLOAD_COMPLETE, boolean


class DockServerError(BwvError):
    """Root of all errors of the server; the message says what to do next."""


class StartError(DockServerError):
    """The server can't start: directory in use, store too new, port taken, address refused."""

    kind = Kind.REFUSE


class CatalogueError(DockServerError):
    """The catalogue's database can't be read or written."""


class RefusalError(DockServerError):
    """A request that is answered with `status`; the message is the answer's text."""

    status: ClassVar[int] = 500
    headers: ClassVar[dict[str, str]] = {}


class NotStorableError(RefusalError):
    """It can't and never will be stored as it is."""

    status = 400


class TokenError(RefusalError):
    """No token, a wrong one or one that has run out."""

    status = 401
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": 'Swift realm="bwv"'}


class CodeError(RefusalError):
    """A code that lets nobody in, or no certificate where one is needed."""

    status = 401
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": 'Basic realm="enrolment"'}


class ForbiddenError(RefusalError):
    """Never allowed over this interface."""

    status = 403


class AbsentError(RefusalError):
    """No such container or object."""

    status = 404


class MethodError(RefusalError):
    """A method that this path does not have."""

    status = 405
    headers: ClassVar[dict[str, str]] = {"Allow": "GET, HEAD, PUT, POST"}


class SlowClientError(RefusalError):
    """Nothing came for too long."""

    status = 408


class ConflictError(RefusalError):
    """It contradicts what is stored already."""

    status = 409


class LengthError(RefusalError):
    """A body whose end nobody could tell."""

    status = 411


class TooLargeError(RefusalError):
    """A body over the limit."""

    status = 413


class RangeError(RefusalError):
    """A range outside the object."""

    status = 416


class DigestError(RefusalError):
    """The body is not the one that the request's digest describes; sending again may help."""

    status = 422


class CutOffError(RefusalError):
    """The client went away before the body was complete; seen only in the log."""

    status = 499


class FaultError(RefusalError):
    """The server failed; trying again may help."""

    status = 500


class BusyError(RefusalError):
    """Too much at once."""

    status = 503
    headers: ClassVar[dict[str, str]] = {"Retry-After": "2"}


class FullError(RefusalError):
    """No room left."""

    status = 507


class LostUploadError(RefusalError):
    """An upload whose promised bytes are not there: it is deactivated, and begun anew."""

    status = 410


class MediaTypeError(RefusalError):
    """A body of a type that can't be taken here."""

    status = 415


class UploadError(DockServerError):
    """A refusal in the terms of resumable uploads, with fields of its own."""

    def __init__(
        self,
        message: str,
        status: int,
        *,
        complete: bool = False,
        headers: Mapping[str, str] | None = None,
        problem: Mapping[str, str | int] | None = None,
    ) -> None:
        """`complete` is true when all bytes came, so that resuming does not help; `problem` has
        the type of RFC 9457 and its members."""
        super().__init__(message)
        self.status = status
        self.headers = {UPLOAD_COMPLETE: boolean(complete), **(headers or {})}
        self.problem = problem
