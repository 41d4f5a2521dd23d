"""What can go wrong with the store; each message says what to do next."""

from bwv_device.errors import BwvError, Kind


class StoreError(BwvError):
    """The store can't be read or written."""

    kind = Kind.FAULT


class StoreBusyError(StoreError):
    """Another agent holds the store."""

    kind = Kind.REFUSE

    def __init__(self, message: str, *, holder_has_died: bool = False) -> None:
        """`holder_has_died`: the agent is gone, and its media process still closes clips."""
        super().__init__(message)
        self.holder_has_died = holder_has_died


class StoreVersionError(StoreError):
    """The store was written by a newer version of this software, or is no store at all."""

    kind = Kind.REFUSE


class StoreFullError(StoreError):
    """No room left on the card. Nothing that a server has not acknowledged is ever removed."""

    kind = Kind.FAULT


class IllegalStepError(StoreError, ValueError):
    """A clip was to go from one state to another that the life cycle does not allow."""

    kind = Kind.REFUSE


class SigningError(BwvError):
    """A key, a chain of certificates, or the module that holds the key can't be used to sign."""

    kind = Kind.FAULT
