"""A dock contact that is closed while a flag file exists: `touch` docks, `rm` undocks."""

import threading
from collections.abc import Callable
from pathlib import Path

from hal.drivers.lifecycle import InputDriver
from hal.drivers.options import require_positive
from hal.interfaces.clock import Clock

_JOIN_S = 2.0


class FileDockContact(InputDriver):
    """The `file` dock contact. A thread of its own looks and reports."""

    def __init__(self, clock: Clock, *, path: Path, interval_s: float = 0.25) -> None:
        """`path`: the flag file; `interval_s`: between two looks. Raises
        `DriverOptionError`."""
        super().__init__(f"the file dock contact {path}")
        require_positive("interval_s", interval_s)
        self._clock = clock
        self._path = Path(path)
        self._interval_s = interval_s
        self._thread: threading.Thread | None = None

    def start(self, on_change: Callable[[bool], None]) -> None:
        """Report the present state, then each change that lasts as long as the interval."""
        self.begin()
        self._thread = threading.Thread(
            target=self._run, args=(on_change,), name="dock contact", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop looking. The file stays as it is."""
        super().close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_JOIN_S)

    def _run(self, on_change: Callable[[bool], None]) -> None:
        reported: bool | None = None
        while not self.closing.is_set():
            docked = self._path.exists()
            if docked is not reported:
                reported = docked
                on_change(docked)
            self._clock.wait(self.closing, self._interval_s)
