"""The life of a part: made, perhaps started, closed. The base of the drivers, nobody else's.

A part may be closed from another thread than the one that uses it: `closing` is set first,
so that every wait on it ends.
"""

import threading
from typing import NoReturn

from hal.errors import DeviceClosedError, DeviceStartedError, NotAnOutputError


class Driver:
    """A part that can be used as soon as it is made, until `close`."""

    def __init__(self, title: str) -> None:
        """`title` names the part in messages: "the scene camera"."""
        self.title = title
        self.closing = threading.Event()

    def close(self) -> None:
        """Give everything back; closing twice is allowed."""
        self.closing.set()

    def require_open(self) -> None:
        """Raises `DeviceClosedError` after `close`."""
        if self.closing.is_set():
            raise DeviceClosedError(f"{self.title} was closed: open a new one")


class StartedDriver(Driver):
    """A part that has to be started, once, before it can be used."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self._started = False

    def begin(self) -> None:
        """Note the start. Raises `DeviceClosedError` after `close`, `DeviceStartedError` the
        second time."""
        self.require_open()
        if self._started:
            raise DeviceStartedError(f"{self.title} was started already: one start a part")
        self._started = True

    def require_started(self) -> None:
        """Raises `DeviceClosedError` before `start` and after `close`."""
        self.require_open()
        if not self._started:
            raise DeviceClosedError(f"{self.title} was not started: call start first")


class InputDriver(StartedDriver):
    """A part that only reports. A line that is wired as an input can't be driven."""

    def drive(self, level: bool) -> NoReturn:
        """Raises `NotAnOutputError`, always: `level` would fight the contact behind it."""
        raise NotAnOutputError(f"{self.title} is an input: it can't be driven ({level=})")
