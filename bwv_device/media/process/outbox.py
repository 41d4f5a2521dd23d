"""What the media process has to say, sent by a thread of its own.

Who uses it: the media process. Encode and keeper threads report and go on; should the agent's
process not read, only this thread waits.
"""

import logging
import queue
import threading
from multiprocessing.connection import Connection

from bwv_device.media.process.wire import Answer
from bwv_device.media.pulse import Pulse

log = logging.getLogger(__name__)


class Outbox:
    """From construction to `close`; `put` comes from any thread and never blocks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def put(self, answer: Answer) -> None:
        """Send, in order. A pulse is left out while older answers wait: the next one comes."""
        if isinstance(answer, Pulse) and not self._waiting.empty():
            return
        self._waiting.put(answer)

    def close(self, patience_s: float) -> None:
        """Send what waits, at most for so long."""
        self._waiting.put(None)
        self._thread.join(patience_s)

    def _run(self) -> None:
        while (answer := self._waiting.get()) is not None:
            try:
                self._connection.send(answer)
            except OSError as error:
                # The reader of commands sees the same end, and closes every clip.
                log.error("the agent has gone (%s), it was not told: %s", error, answer)
                return
