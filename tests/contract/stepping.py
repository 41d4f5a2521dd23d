"""Lets a virtual clock run while another thread waits on it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hal.drivers.clock.virtual import VirtualClock

Result = TypeVar("Result")


def stepping(clock: VirtualClock, call: Callable[[], Result], step_ns: int = 1_000_000) -> Result:
    """The result of `call`, made in a thread of its own while virtual time goes on."""
    breath = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(call)
        while not future.done():
            breath.wait(0.0005)
            clock.advance_ns(step_ns)
        return future.result()
