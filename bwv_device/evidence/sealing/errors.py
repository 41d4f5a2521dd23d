"""What can go wrong with seals; each message says what to do next."""

from bwv_device.errors import BwvError, Kind


class SealError(BwvError):
    """A public key, a key file or a sealed file is not what it has to be."""

    kind = Kind.REFUSE
