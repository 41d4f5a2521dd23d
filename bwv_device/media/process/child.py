"""A media process that runs, and the wire to it.

Who uses it: the supervisor.
"""

import logging
import subprocess
from multiprocessing.reduction import send_handle

from bwv_device.evidence.lock import StoreLock
from bwv_device.media.errors import RecorderGoneError
from bwv_device.media.process.launch import Launched
from bwv_device.media.process.wire import Answer, Command, Hello

log = logging.getLogger(__name__)

_KILL_PATIENCE_S = 2.0


class Child:
    """From its start until it has gone; `send` and `kill` come from any thread."""

    def __init__(self, launched: Launched, hello: Hello, lock: StoreLock) -> None:
        """Tell a process that was started what it is to be, and share the store with it."""
        self._process, self._connection = launched.process, launched.connection
        self._introduce(hello, lock)

    @property
    def pid(self) -> int:
        return self._process.pid

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

    def _introduce(self, hello: Hello, lock: StoreLock) -> None:
        """What does not arrive shows as an end when answers are read."""
        try:
            send_handle(self._connection, lock.handle, self.pid)
            self._connection.send(hello)
        except OSError as error:
            log.error("the recorder (process %s) was not told what to be: %s", self.pid, error)

    def _end(self) -> str:
        try:
            code = self._process.wait(_KILL_PATIENCE_S)
        except subprocess.TimeoutExpired:
            return "it closed its wire and goes on"
        return f"signal {-code}" if code < 0 else f"exit code {code}"
