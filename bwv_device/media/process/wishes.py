"""What the recorder was asked for so far, and what a new media process has to be told of it.

Who uses it: the door, under its lock. No I/O: every command that was handed over is noted, and
every report is taken in.
"""

from collections import deque

from bwv_device.media.messages import Begin, End, Mark, RecordingBegun, Report, Resume
from bwv_device.media.process.wire import Arm, Command, Disarm

_REMEMBERED = 8
"""Stops and bookmarks; one may have been under way to a process that died before it acted."""


class Wishes:
    """Capture wanted or not, the recording that runs, and what was last asked about it."""

    def __init__(self) -> None:
        self.armed = False
        self._running: Begin | None = None
        self._recording_ids: deque[RecordingBegun] = deque(maxlen=_REMEMBERED)
        self._ends: deque[tuple[Begin, End]] = deque(maxlen=_REMEMBERED)
        self._marks: deque[Mark] = deque(maxlen=_REMEMBERED)

    def note(self, command: Command) -> None:
        """A command that was handed over."""
        match command:
            case Arm():
                self.armed = True
            case Disarm():
                self.armed = False
            case Begin():
                self.armed, self._running = True, command
                self._marks.clear()
            case Mark():
                self._marks.append(command)
            case End() if self._running is not None:
                self._ends.append((self._running, command))
                self._running = None
                self._marks.clear()

    def learn(self, report: Report) -> None:
        """What the process said."""
        if isinstance(report, RecordingBegun):
            self._recording_ids.append(report)

    @property
    def goes_on(self) -> int | None:
        """The journal's number of the recording that a new process has to go on with."""
        return self._id_of(self._running) if self._running is not None else None

    def ends(self) -> dict[int, tuple[int, End]]:
        """The stops that were asked for lately: by recording, its trigger and the stop."""
        found = ((self._id_of(begin), begin, end) for begin, end in self._ends)
        return {key: (begin.trigger_ns, end) for key, begin, end in found if key is not None}

    def again(self) -> list[Command]:
        """What makes a new process record what the one before did; empty without a recording.

        A recording that the journal never heard of is begun anew: there is nothing to go on
        with. Bookmarks come again; the journal knows the ones that it has.
        """
        if self._running is None:
            return []
        recording_id = self._id_of(self._running)
        if recording_id is None:
            return [self._running, *self._marks]
        return [Resume(recording_id, self._running.trigger_ns), *self._marks]

    def _id_of(self, begin: Begin) -> int | None:
        same = (each for each in self._recording_ids if each.trigger_ns == begin.trigger_ns)
        return next((each.recording_id for each in same), None)
