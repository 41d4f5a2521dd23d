"""What can be wrong with keys and certificates; each message says what to do next."""

from bwv_device.errors import BwvError, Kind


class IdentityError(BwvError):
    """A key or certificate that can't be used for what it was taken for."""

    kind = Kind.REFUSE
