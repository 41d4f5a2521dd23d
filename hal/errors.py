"""Every error that the hardware layer raises; foreign errors are wrapped into these once.

Each class also inherits the built-in that it resembles, so that a caller who knows only
Python's own errors still catches the right thing.
"""


class HalError(Exception):
    """Root of all errors of the hardware layer."""


class DriverUnknownError(HalError, LookupError):
    """No driver of that name; the message lists the names that exist."""


class DriverUnavailableError(HalError, ImportError):
    """The driver exists, its library does not; the message says what to install."""


class DriverOptionError(HalError, ValueError):
    """An option that the driver does not know, or a value that it can't take."""


class DeviceMissingError(HalError, FileNotFoundError):
    """The device, or the file that stands in for it, is not there or can't be opened."""


class DeviceLostError(HalError, OSError):
    """The device was there and has gone, or has stopped delivering."""


class DeviceClosedError(HalError, ValueError):
    """A call on a part that was closed, or not started yet."""


class DeviceStartedError(HalError, RuntimeError):
    """A second `start` on a part that was started already."""


class NotAnOutputError(HalError, TypeError):
    """An attempt to drive an input."""
