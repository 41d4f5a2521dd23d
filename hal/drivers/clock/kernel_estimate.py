"""What Linux knows of the error of its own UTC: adjtimex(2), read and never written.

Who uses it: the `system` clock. Python has no binding for it, so the C library is called
through `ctypes`. Layout and numbers are those of <sys/timex.h>, in which every field that is
read is an `int` or a `long`.
"""

import ctypes
from collections.abc import Callable
from functools import cache

_STA_UNSYNC, _STA_NANO = 0x0040, 0x2000
_TIME_ERROR = 5
"""`adjtimex` returns it while the clock is not synchronised."""
_NS_PER_US = 1000
_REST_BYTES = 256
"""More than the rest of any layout of the structure, which we do not read."""


class Timex(ctypes.Structure):
    """The beginning of `struct timex`."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * _REST_BYTES),
    )


Adjtimex = Callable[["ctypes._Pointer[Timex]"], int]


def kernel_error_ns() -> int | None:
    """How far UTC may be off by the kernel's own account; None where it is not synchronised, or
    where there is no such account: no Linux, or a container that forbids the call."""
    call = _adjtimex()
    return None if call is None else error_ns_from(call)


def error_ns_from(call: Adjtimex) -> int | None:
    """As `kernel_error_ns`, from a function that fills a `Timex` as `adjtimex` does.

    `maxerror` is what the time daemon last stated, plus 500 ppm of the time since; the kernel
    calls itself unsynchronised once it reaches 16 s, and after every step that somebody makes.
    `offset` is what it still has to slew, which systemd-timesyncd leaves out of `maxerror`.
    """
    found = Timex()
    state = call(ctypes.pointer(found))
    if state < 0 or state == _TIME_ERROR or found.status & _STA_UNSYNC:
        return None
    to_slew_ns = abs(int(found.offset)) * (1 if found.status & _STA_NANO else _NS_PER_US)
    return int(found.maxerror) * _NS_PER_US + to_slew_ns


@cache
def _adjtimex() -> Adjtimex | None:
    call = getattr(ctypes.CDLL(None), "adjtimex", None)
    if call is None:
        return None
    call.restype = ctypes.c_int
    return lambda timex: int(call(timex))
