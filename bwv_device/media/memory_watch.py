"""Shortens the ring when the machine's memory gets short, and lets it grow again.

Who uses it: the keeper, with each key frame. The rule is docs/design/recorder.md, R13. The ring
is all that can be given up while recording goes on; whoever triggers meanwhile gets less
pre-record, and the clip says why.
"""

import logging
from collections.abc import Callable

from bwv_device.configuration.memory import Memory
from bwv_device.media.messages import MemoryLow, MemoryWell
from bwv_device.media.ring import Ring
from hal.errors import HalError
from hal.interfaces.clock import NS_PER_S

log = logging.getLogger(__name__)

SMALLEST_PART = 16
"""The ring keeps this part of its configured ceiling whatever happens."""
SETTLE_NS = 2 * NS_PER_S
"""Between two halvings: what was let go has to show in the gauge."""
WELL_FACTOR = 2
WELL_NS = 30 * NS_PER_S
"""So much more than the least has to be free, for so long, before the ring may double."""


class MemoryWatch:
    """One ring's; one thread uses it."""

    def __init__(
        self,
        ring: Ring,
        settings: Memory,
        available_bytes: Callable[[], int],
        report: Callable[[MemoryLow | MemoryWell], None],
    ) -> None:
        """`available_bytes` may raise `HalError`: a gauge that fails changes nothing."""
        self._ring, self._least_bytes = ring, settings.least_free_bytes
        self._available_bytes, self._report = available_bytes, report
        self._full_ceiling = ring.byte_ceiling
        self._halved_ns: int | None = None
        self._well_since_ns: int | None = None
        self._is_failing = False

    def look(self, now_ns: int) -> None:
        """Ask the gauge, and do what follows."""
        free_bytes = self._ask()
        if free_bytes is None:
            return
        if free_bytes >= WELL_FACTOR * self._least_bytes:
            self._grow(now_ns)
            return
        self._well_since_ns = None
        settled = self._halved_ns is None or now_ns - self._halved_ns >= SETTLE_NS
        if free_bytes < self._least_bytes and settled:
            self._halve(now_ns, free_bytes)

    def _ask(self) -> int | None:
        try:
            free_bytes = self._available_bytes()
        except HalError as error:
            if not self._is_failing:
                log.error("the memory is not watched: %s", error)
            self._is_failing = True
            return None
        self._is_failing = False
        return free_bytes

    def _halve(self, now_ns: int, free_bytes: int) -> None:
        smallest = self._full_ceiling // SMALLEST_PART
        ceiling = max(smallest, min(self._ring.byte_ceiling, self._ring.bytes) // 2)
        if ceiling >= self._ring.byte_ceiling:
            return
        self._halved_ns = now_ns
        self._ring.limit(ceiling)
        log.error("%.0f MB of memory are left, the ring may hold %s", free_bytes / 1e6, ceiling)
        self._report(MemoryLow(free_bytes, ceiling))

    def _grow(self, now_ns: int) -> None:
        if self._ring.byte_ceiling == self._full_ceiling:
            return
        if self._well_since_ns is None:
            self._well_since_ns = now_ns
        if now_ns - self._well_since_ns < WELL_NS:
            return
        self._well_since_ns = now_ns
        self._ring.limit(min(self._full_ceiling, 2 * self._ring.byte_ceiling))
        if self._ring.byte_ceiling == self._full_ceiling:
            self._report(MemoryWell())
