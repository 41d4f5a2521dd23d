"""What can go wrong with an export; each message says what to do next."""

from bwv_device.errors import BwvError, Kind


class ExportError(BwvError):
    """The pack can't be made as it was asked."""

    kind = Kind.REFUSE
