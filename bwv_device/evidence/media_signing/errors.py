"""What can be wrong with a signing SEI that was read."""

from bwv_device.errors import BwvError, Kind


class SeiFormatError(BwvError):
    """A message that says it is one of Media Signing does not have its form."""

    kind = Kind.REFUSE
