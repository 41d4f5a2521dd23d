"""The media process: capture, encode, ring and writer, away from the state machine.

Who uses it: the agent starts it as `python -m bwv_device.media.process.main SOCKET`, a file
descriptor that it inherits; what it is to be comes over that, with the lock of the store. It ends
when it is told to, or when the agent has gone: then every clip is closed whole first.
"""

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from pathlib import Path

from bwv_device.configuration.signer import open_signer
from bwv_device.errors import BwvError
from bwv_device.evidence.lock import StoreLock
from bwv_device.evidence.records import EndReason
from bwv_device.evidence.store import Store
from bwv_device.media.interpreter import favour_encoder
from bwv_device.media.memory_need import available_in
from bwv_device.media.process.outbox import Outbox
from bwv_device.media.process.perform import perform
from bwv_device.media.process.wire import Close, Command, Hello, Refused
from bwv_device.media.pulse import PULSE_EVERY_S
from bwv_device.media.recorder import Recorder
from bwv_device.media.sources import make_sources
from hal import registry
from hal.errors import HalError
from hal.interfaces.clock import Clock

log = logging.getLogger(__name__)

_LAST_WORDS_S = 5.0


def main() -> int:
    """Live until told to end; the exit code is 0 when all clips were closed."""
    _leave_signals_to_the_agent()
    favour_encoder()
    connection = Connection(int(sys.argv[1]))
    try:
        lock, hello = _introduction(connection)
    except (EOFError, OSError):
        return 0  # the agent has gone, or had no need of us
    logging.basicConfig(
        level=hello.log_level, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    clock, outbox = registry.open_clock(), Outbox(connection)
    try:
        with _recorder(hello, clock, lock, outbox) as recorder, _pulse(recorder, clock, outbox):
            _serve(connection, recorder, clock)
    except HalError as error:
        outbox.put(Refused(str(error), is_final=True))
        return 1
    except BwvError as error:
        outbox.put(Refused(str(error)))
        return 1
    finally:
        outbox.close(_LAST_WORDS_S)
    return 0


def _introduction(connection: Connection) -> tuple[StoreLock, Hello]:
    """Raises `EOFError` or `OSError` when none comes."""
    lock = StoreLock.inherited(recv_handle(connection))
    hello = connection.recv()
    assert isinstance(hello, Hello)
    return lock, hello


def _leave_signals_to_the_agent() -> None:
    """Ctrl-C and the end of a terminal go to the whole group: the agent closes us in order."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def _recorder(hello: Hello, clock: Clock, lock: StoreLock, outbox: Outbox) -> Iterator[Recorder]:
    configuration = hello.configuration
    space_part = configuration.parts.storage_space
    space = registry.open_storage_space(space_part.driver, clock=clock, options=space_part.options)

    memory_part = configuration.parts.memory
    memory = (
        None
        if memory_part.absent
        else registry.open_memory(memory_part.driver, clock=clock, options=memory_part.options)
    )

    def free_bytes(folder: Path) -> int:
        return space.read(folder).free_bytes

    store = Store.join(configuration.storage.folder, lock)
    try:
        sources = make_sources(configuration, clock)
        sources.check()
        recorder = Recorder(
            *(configuration, clock, sources, store, free_bytes, outbox.put),
            first_session=hello.first_session,
            available_bytes=available_in(memory) if memory is not None else None,
            open_signer=lambda: open_signer(configuration),
        )
        recorder.start()
        yield recorder
    finally:
        store.close()
        space.close()
        if memory is not None:
            memory.close()


@contextmanager
def _pulse(recorder: Recorder, clock: Clock, outbox: Outbox) -> Iterator[None]:
    """Tell the agent all the time that we live, until the last clip is closed."""
    closing = threading.Event()

    def beat() -> None:
        while not clock.wait(closing, PULSE_EVERY_S):
            outbox.put(recorder.pulse())

    thread = threading.Thread(target=beat, name="pulse", daemon=True)
    thread.start()
    try:
        yield
    finally:
        closing.set()
        thread.join()


def _serve(connection: Connection, recorder: Recorder, clock: Clock) -> None:
    """Carry out commands, until `Close` or the end of the agent; then close the recorder."""
    while (command := _next_command(connection)) is not None:
        if isinstance(command, Close):
            return recorder.close(command.at_ns)
        perform(command, recorder)
    log.error("the agent has gone: every clip is closed whole")
    now_ns = clock.monotonic_ns()
    recorder.end(now_ns, EndReason.FAULT.value, EndReason.FAULT)
    return recorder.close(now_ns)


def _next_command(connection: Connection) -> Command | None:
    """None when the agent has gone."""
    try:
        command: Command = connection.recv()
    except (EOFError, OSError):
        return None
    return command


if __name__ == "__main__":
    sys.exit(main())
