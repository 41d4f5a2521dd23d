"""Lines on standard error for the parts that a machine without our hardware lacks."""

import sys
from datetime import UTC, datetime

from hal.errors import DeviceLostError
from hal.interfaces.clock import NS_PER_S, Clock

BELL = "\a"


def write_line(clock: Clock, label: str, text: str, end: str = "") -> None:
    """Write "time label: text" to standard error at once; the time is UTC to a tenth.

    `text` may come from anywhere, so what could steer the terminal is shown as "?"; `end`
    is ours and goes out as it is. Raises `DeviceLostError` when standard error has gone.
    """
    now = datetime.fromtimestamp(clock.utc_ns() / NS_PER_S, UTC)
    stamp = f"{now:%H:%M:%S}.{now.microsecond // 100_000}Z"
    shown = "".join(sign if sign.isprintable() else "?" for sign in text)
    try:
        print(f"{stamp} {label}: {shown}{end}", file=sys.stderr, flush=True)
    except (OSError, ValueError) as error:
        raise DeviceLostError(f"{label}: standard error has gone: {error}") from error
