"""Lines on standard error for the parts that a machine without our hardware lacks."""

import sys
from datetime import UTC, datetime

from hal.interfaces.clock import NS_PER_S, Clock


def write_line(clock: Clock, label: str, text: str) -> None:
    """Write "time label: text" to standard error at once; the time is UTC to a tenth."""
    now = datetime.fromtimestamp(clock.utc_ns() / NS_PER_S, UTC)
    stamp = f"{now:%H:%M:%S}.{now.microsecond // 100_000}Z"
    print(f"{stamp} {label}: {text}", file=sys.stderr, flush=True)
