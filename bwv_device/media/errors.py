"""What can go wrong between the lens and the file."""

from bwv_device.errors import BwvError, Kind


class MediaError(BwvError):
    """The recorder can't do its work."""

    kind = Kind.FAULT


class CameraSilentError(MediaError):
    """The camera is open and gives no frame."""


class DamagedFrameError(MediaError):
    """A frame of the camera holds no picture."""


class EncoderError(MediaError):
    """The encoder can't be opened, or refused a picture or sound."""


class MuxError(MediaError):
    """A packet could not be put into the file's format."""


class OtherModeError(MediaError):
    """A part came back with a mode that the running recording can't take."""


class CannotBeginError(MediaError):
    """The camera or the microphone that is configured can't be had on this machine."""

    kind = Kind.REFUSE


class RecorderGoneError(MediaError):
    """The process that records has ended, or could not be started."""
