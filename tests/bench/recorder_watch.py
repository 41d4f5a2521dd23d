"""CPU and memory of the process that looks, between instants that it chooses.

Used by the benchmarks in which a recorder runs in real time.
"""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.paced_camera import PacedCamera

_LOOK_S = 0.05


class Watch:
    """CPU at the instants that matter, and the most memory."""

    def __init__(self, camera: PacedCamera) -> None:
        self._camera = camera
        self._begun = (0.0, 0)
        self.most_bytes = 0

    def begin(self) -> None:
        """From now on CPU counts."""
        self._begun = time.process_time(), self._camera.taken

    def ms_a_frame(self) -> float:
        """CPU since `begin` for each frame that was taken; not a number when none was."""
        cpu_s, taken = self._begun
        frames = self._camera.taken - taken
        return (time.process_time() - cpu_s) * 1e3 / frames if frames else math.nan

    @contextmanager
    def memory(self) -> Iterator[None]:
        """Look at the memory all the time, inside the block."""
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(_LOOK_S):
                self.most_bytes = max(self.most_bytes, anonymous_bytes())

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def anonymous_bytes() -> int:
    """Memory of this process that is not a mapped file, as Linux counts it."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("RssAnon:"))
    return int(line.split()[1]) * 1024
