"""A media process that runs, and the wire to it.

Who uses it: the supervisor. `subprocess` and not `multiprocessing.Process`: that one starts a
process more to keep book of it, and runs the agent's own main module again in the child. Its
`Connection` is used as it is: whole messages over a socket.
"""

import logging
import socket
import struct
import subprocess
import sys
from multiprocessing.connection import Connection

from bwv_device.evidence.lock import StoreLock
from bwv_device.media.errors import RecorderGoneError
from bwv_device.media.process.wire import Answer, Command, Hello

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "bwv_device.media.process.main")
_SEND_LIMIT_S = 1
"""A thousand commands fit into the wire; who can't send one has a stalled reader."""
_KILL_PATIENCE_S = 2.0
_STDERR = 2


class Child:
    """From its start until it has gone; `send` and `kill` come from any thread."""

    def __init__(self, hello: Hello, lock: StoreLock, command: tuple[str, ...]) -> None:
        """Raises `RecorderGoneError` when it can't be started."""
        ours, theirs = socket.socketpair()
        with theirs:
            limit = struct.pack("ll", _SEND_LIMIT_S, 0)
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            self._connection = Connection(ours.detach())
            try:
                self._process = subprocess.Popen(
                    [*command, str(theirs.fileno()), str(lock.handle)],
                    pass_fds=(theirs.fileno(), lock.handle),
                    stdin=subprocess.DEVNULL,
                    stdout=_STDERR,  # what a library prints must not get among our JSON
                )
            except OSError as error:
                self._connection.close()
                raise RecorderGoneError(f"the recorder can't be started: {error}") from error
        self.send_hello(hello)

    @property
    def pid(self) -> int:
        return self._process.pid

    def send_hello(self, hello: Hello) -> None:
        """The first word. One that does not arrive shows as an end when answers are read."""
        try:
            self._connection.send(hello)
        except OSError as error:
            log.error("the recorder (process %s) was not told what to be: %s", self.pid, error)

    def send(self, command: Command) -> bool:
        """Whether the command is on its way; False when the process has gone or reads no more."""
        try:
            self._connection.send(command)
        except OSError as error:
            log.error("%s did not reach the recorder: %s", command, error)
            return False
        return True

    def receive(self, timeout_s: float) -> Answer | None:
        """The next answer, None when none came in time. Raises `RecorderGoneError` behind the
        last one."""
        try:
            if not self._connection.poll(timeout_s):
                return None
            answer: Answer = self._connection.recv()
        except (EOFError, OSError) as error:
            raise RecorderGoneError(f"the recorder's process has ended ({self._end()})") from error
        return answer

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._process.kill()

    def bury(self) -> None:
        """Kill what may be left of it and close the wire."""
        self._process.kill()
        self._connection.close()
        try:
            self._process.wait(_KILL_PATIENCE_S)
        except subprocess.TimeoutExpired:
            log.error("process %s can't be killed: it waits in the kernel, for a card", self.pid)

    def _end(self) -> str:
        try:
            code = self._process.wait(_KILL_PATIENCE_S)
        except subprocess.TimeoutExpired:
            return "it closed its wire and goes on"
        return f"signal {-code}" if code < 0 else f"exit code {code}"
