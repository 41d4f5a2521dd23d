"""Sees when UTC is stepped, and when somebody begins to answer for it.

Who uses it: the keeper, on its thread. Media is timed by monotonic time, so a step moves no
packet and no file; it is written down, so that a clip's times can be understood later.
"""

import logging
import secrets
from collections.abc import Callable

from bwv_device.errors import BwvError
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import Recording
from bwv_device.evidence.utc import ClockCorrection, error_at
from bwv_device.media.messages import Report, UtcChanged
from hal.interfaces.clock import NS_PER_S, Clock, UtcReading

log = logging.getLogger(__name__)

STEP_NS = NS_PER_S // 20
"""A smaller change from look to look is slewing, or the two clocks being read apart."""
_LOOK_NS = NS_PER_S


class ClockWatch:
    """From construction on; one thread uses it."""

    def __init__(self, clock: Clock, journal: Journal, report: Callable[[Report], None]) -> None:
        self._clock, self._journal, self._report = clock, journal, report
        self.run = secrets.token_hex(8)
        """Names the time in which this watch's monotonic times can be compared."""
        self._last = clock.utc_reading()
        self._due_ns = 0

    def go_on(self, recording: Recording) -> None:
        """Go on with the watch of a process that has died while it made `recording`: what was
        done to UTC since then is seen, and belongs to the same run."""
        if recording.utc_offset_ns is None:
            return
        self.run = recording.clock_run
        seen = [each for each in self._journal.clock_corrections() if each.clock_run == self.run]
        offset_ns, error_ns = (
            (seen[-1].offset_after_ns, seen[-1].error_after_ns)
            if seen
            else (recording.utc_offset_ns, recording.utc_error_ns)
        )
        now_ns = self._clock.monotonic_ns()
        self._last = UtcReading(now_ns + offset_ns, now_ns, error_ns)
        self.read()

    def look(self) -> None:
        """See what has become of UTC; more than once a second nothing is looked at."""
        if self._clock.monotonic_ns() >= self._due_ns:
            self.read()

    def read(self) -> UtcReading:
        """UTC now, and how good it is; a change since the last look is noted first."""
        before, now = self._last, self._clock.utc_reading()
        self._last, self._due_ns = now, now.monotonic_ns + _LOOK_NS
        is_step = abs(now.offset_ns - before.offset_ns) > STEP_NS
        if is_step or (now.is_synchronised and not before.is_synchronised):
            self._note(before, now)
        return now

    def error_of(self, at_ns: int, utc_offset_ns: int) -> int | None:
        """How far UTC made from `at_ns` (monotonic) by `utc_offset_ns` may be from the truth, as
        far as is known now; None where nobody knows."""
        now = self.read()
        if now.error_ns is None:
            return None
        apart_ns = at_ns - now.monotonic_ns
        return error_at(now.error_ns, apart_ns) + abs(now.offset_ns - utc_offset_ns)

    def _note(self, before: UtcReading, now: UtcReading) -> None:
        change = ClockCorrection(
            self.run,
            now.monotonic_ns,
            before.offset_ns,
            now.offset_ns,
            before.error_ns,
            now.error_ns,
        )
        log.warning(
            "UTC was set by %+.3f s, right within %s before and %s now; media goes on as before",
            change.step_ns / NS_PER_S,
            *map(_said, (before.error_ns, now.error_ns)),
        )
        try:
            self._journal.add_clock_correction(change)
        except BwvError as error:
            # The log has it, and footage must not end for it.
            log.error("the change of UTC could not be noted: %s", error)
        self._report(
            UtcChanged(now.monotonic_ns, change.step_ns / NS_PER_S, _seconds(now.error_ns))
        )


def _said(error_ns: int | None) -> str:
    return "an unknown bound" if error_ns is None else f"{error_ns / NS_PER_S:.3f} s"


def _seconds(error_ns: int | None) -> float | None:
    return None if error_ns is None else error_ns / NS_PER_S
