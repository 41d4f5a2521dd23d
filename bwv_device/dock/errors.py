"""Every error of the dock client; for an answer, the protocol's table of statuses chooses it.

Who uses it: the modules of the dock raise them, `push` decides by `kind` and `ends_round`.
"""

from typing import ClassVar

from bwv_device.errors import BwvError, Kind
from bwv_device.evidence.digests import Digests
from bwv_device.protocol.statuses import Action, action_for


class DockError(BwvError):
    """Root of the dock client's errors."""

    kind = Kind.FAULT
    ends_round: ClassVar[bool] = True
    """Whether other recordings would meet the same, so that going on makes no sense."""


class UndockedError(DockError):
    """The camera was taken off the dock, or the agent ends."""

    kind = Kind.RETRY


class NetworkError(DockError):
    """No connection, a cut one, or no answer in time. Never a reason for rejected content."""

    kind = Kind.RETRY


class NotTrustedError(DockError):
    """The server's certificate is not one that the connection file trusts."""


class CertificateRefusedError(DockError):
    """The destination does not take the camera's certificate (any more)."""


class NotEnrolledError(DockError):
    """The destination lets cameras in by their certificate, and this one has none."""

    kind = Kind.REFUSE


class EnrolmentError(DockError):
    """The destination's authority did not issue a certificate."""

    kind = Kind.REFUSE


class AnswerError(DockError):
    """An answer that makes no sense under the protocol."""


class ConnectionFileError(DockError):
    """A connection file that can't be read or that this version can't serve."""

    kind = Kind.REFUSE


class WrongDestinationError(DockError):
    """Not the destination that this camera was bound to."""


class LostClipError(DockError):
    """A clip's file is gone, or the card does not give it back."""

    ends_round = False


class ReceiptError(DockError):
    """A receipt that can't be verified, or that does not stand for what was sent: it frees
    nothing."""

    ends_round = False


class UnsteadyCardError(DockError):
    """The card gave a clip's bytes wrongly once, and rightly afterwards: read it again."""

    kind = Kind.RETRY
    ends_round = False


class DamagedClipError(DockError):
    """A clip's bytes are not the ones that were recorded; `found` is what they are now."""

    ends_round = False

    def __init__(self, message: str, found: Digests) -> None:
        super().__init__(message)
        self.found = found


class ClearClipError(DockError):
    """A clip in the clear, and a destination that wants sealed ones."""

    kind = Kind.REFUSE
    ends_round = False


class StatusError(DockError):
    """An answer whose status says no."""

    def __init__(self, message: str, status: int, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s
        """What the server asked for in `Retry-After`."""


class FailedError(StatusError):
    """It failed this time (500, 422, ...): back off and send the same again."""

    kind = Kind.RETRY
    ends_round = False


class BusyError(FailedError):
    """503 and 429: the whole destination is busy."""

    ends_round = True


class RejectedError(StatusError):
    """400 and 413: it can't and never will be stored as it is."""

    kind = Kind.REFUSE
    ends_round = False


class AbsentError(StatusError):
    """404 where creating the container did not help."""

    ends_round = False


class ConflictError(StatusError):
    """409: the destination holds something else. A person has to look."""

    ends_round = False


class SignInError(StatusError):
    """401 with a fresh token, or no token at all."""


class DestinationFullError(StatusError):
    """507: no room or no quota left."""


class LicenceError(StatusError):
    """402: no licence left for this wearer or camera; other wearers may go on."""

    ends_round = False


class NotAllowedError(StatusError):
    """403, or a status that the protocol does not have."""


_CLASSES: dict[Action, type[StatusError]] = {
    Action.RETRY: FailedError,
    Action.REJECT: RejectedError,
    Action.NEW_TOKEN: SignInError,
    Action.CREATE_CONTAINER: AbsentError,
    Action.COMPARE: ConflictError,
    Action.STOP_FULL: DestinationFullError,
    Action.OPERATOR: NotAllowedError,
}
_BY_STATUS: dict[int, type[StatusError]] = {402: LicenceError, 429: BusyError, 503: BusyError}

_ADVICE: dict[type[StatusError], str] = {
    FailedError: "it is tried again",
    BusyError: "it is tried again",
    RejectedError: "it is not tried again",
    SignInError: "check user name and key in the connection file",
    AbsentError: "creating the container did not help: ask the destination's operator",
    ConflictError: "the destination holds something else under this name: ask its operator",
    DestinationFullError: "the destination is full: make room there; nothing is deleted here",
    LicenceError: "no licence for this wearer or camera: ask the destination's operator",
    NotAllowedError: "ask the destination's operator",
}


def status_error(
    what: str, status: int, says: str, retry_after_s: float | None = None
) -> StatusError:
    """The error for `status`; `what` is the request and `says` the server's own words."""
    error = _BY_STATUS.get(status) or _CLASSES[action_for(status)]
    words = f" ({says})" if says else ""
    return error(f"{what}: status {status}{words}; {_ADVICE[error]}", status, retry_after_s)
