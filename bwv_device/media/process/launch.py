"""Starts media processes; the first one ahead of time, so that it imports its libraries while
the agent imports its own.

Who uses it: `bwv run`, before it imports anything large, and the media process's owner. So this
module imports nothing large itself. `subprocess` and not `multiprocessing.Process`: that one
starts a process more to keep book of it, and runs the agent's own main module again in the child.
Its `Connection` is used as it is: whole messages over a socket.
"""

import socket
import struct
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType

from bwv_device.media.errors import RecorderGoneError

COMMAND = (sys.executable, "-m", "bwv_device.media.process.main")
_SEND_LIMIT_S = 1
"""A thousand commands fit into the wire; who can't send one has a stalled reader."""
_STDERR = 2


@dataclass(frozen=True, slots=True)
class Launched:
    """A process that was told nothing yet, and the wire to it."""

    process: "subprocess.Popen[bytes]"
    connection: Connection

    def discard(self) -> None:
        """End one that nobody needs."""
        self.process.kill()
        self.connection.close()
        self.process.wait()


class Launcher:
    """Makes one process after the other; a context manager that leaves no unused one behind."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        """`command` starts a process that speaks as `media.process.main` does."""
        self._command = command
        self._spare: Launched | None = None

    def ahead(self) -> None:
        """Start the first process now. Raises `RecorderGoneError`."""
        self._spare = self._launch()

    def next(self) -> Launched:
        """The process that was started ahead, or a new one. Raises `RecorderGoneError`."""
        spare, self._spare = self._spare, None
        return spare if spare is not None else self._launch()

    def __enter__(self) -> "Launcher":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._spare is not None:
            self._spare.discard()
            self._spare = None

    def _launch(self) -> Launched:
        ours, theirs = socket.socketpair()
        with theirs:
            limit = struct.pack("ll", _SEND_LIMIT_S, 0)
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            connection = Connection(ours.detach())
            try:
                process = subprocess.Popen(
                    [*self._command, str(theirs.fileno())],
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=_STDERR,  # what a library prints must not get among our JSON
                )
            except OSError as error:
                connection.close()
                raise RecorderGoneError(f"the recorder can't be started: {error}") from error
        return Launched(process, connection)
