"""A terminal that gives single keys as they are pressed; used by the keyboard button."""

import atexit
import logging
import os
import select
import termios
import tty
from typing import Any

from hal.errors import DeviceMissingError

_log = logging.getLogger(__name__)


class KeyReader:
    """Holds a terminal in cbreak mode from `open` to `close`.

    Whatever happens, the terminal is put back as it was: one that is left in cbreak mode does
    not show what its user types.
    """

    def __init__(self, device: str) -> None:
        """`device`: a terminal, "/dev/tty" for that of this process."""
        self._device = device

    def open(self) -> None:
        """Raises `DeviceMissingError` when there is no terminal, or it is not ours now."""
        try:
            self._fd = os.open(self._device, os.O_RDWR | os.O_NOCTTY)
        except OSError as error:
            raise DeviceMissingError(_no_keys(self._device, str(error))) from error
        try:
            self._before = _settings(self._fd, self._device)
        except DeviceMissingError:
            os.close(self._fd)
            raise
        tty.setcbreak(self._fd, termios.TCSANOW)
        self._wake_in, self._wake_out = os.pipe()
        atexit.register(self.restore)

    def key(self) -> str | None:
        """Wait for the next key; None once `wake` was called or the terminal has gone."""
        readable, _, _ = select.select([self._fd, self._wake_in], [], [])
        if self._wake_in in readable:
            return None
        try:
            byte = os.read(self._fd, 1)
        except OSError:
            return None
        return byte.decode("latin-1") or None

    def wake(self) -> None:
        """End a wait in `key`; may come from another thread."""
        os.write(self._wake_out, b"x")

    def restore(self) -> None:
        """Put the terminal back as it was."""
        try:
            termios.tcsetattr(self._fd, termios.TCSANOW, self._before)
        except termios.error as error:
            _log.warning("%s could not be put back as it was: %s", self._device, error)

    def close(self) -> None:
        """Put the terminal back and let it go; nobody may be in `key` any more."""
        self.restore()
        atexit.unregister(self.restore)
        for fd in (self._fd, self._wake_in, self._wake_out):
            os.close(fd)


def _settings(fd: int, device: str) -> list[Any]:
    """The terminal's settings, once it is sure that it is a terminal and ours."""
    try:
        settings: list[Any] = termios.tcgetattr(fd)
    except termios.error as error:
        raise DeviceMissingError(_no_keys(device, str(error))) from error
    if _in_background(fd):
        raise DeviceMissingError(_no_keys(device, "this process is in the background"))
    return settings


def _in_background(fd: int) -> bool:
    """Whether the kernel would stop this process for changing the terminal's settings."""
    try:
        return os.tcgetpgrp(fd) != os.getpgrp()
    except OSError:
        return False  # not the terminal that controls this process: it does not stop it


def _no_keys(device: str, why: str) -> str:
    return f"no keys from {device} ({why}): run in a terminal, or choose another button driver"
