"""Puts a camera together from its configuration.

Who uses it: `bwv run` and `bwv demo`; tests and the simulator assemble their own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bwv_device.agent.agent import Agent, Listener
from bwv_device.agent.board import Board, make_board
from bwv_device.agent.sealing_start import accept_destination
from bwv_device.configuration.model import Configuration
from bwv_device.configuration.signer import open_signer
from bwv_device.evidence.errors import StoreBusyError
from bwv_device.evidence.store import Store
from bwv_device.firmware.indications_file import load_indications
from bwv_device.firmware.machine import Firmware
from bwv_device.firmware.policy import Policy
from bwv_device.firmware.states import State
from bwv_device.media.memory_need import available_in
from bwv_device.media.messages import Report
from bwv_device.media.port import RecorderPort
from bwv_device.media.process.launch import Launcher
from bwv_device.media.process.media_process import MediaProcess
from hal.interfaces.clock import Clock

PREDECESSOR_S = 30.0
"""So long a media process whose agent has died may take to close its clips."""
_LOOK_S = 0.1


def policy_of(configuration: Configuration) -> Policy:
    """The firmware's figures, as the configuration has them."""
    return Policy(
        ready_state=State(configuration.ready_state),
        pre_record_s=configuration.pre_record.length_s,
        reminder_interval_s=configuration.recording.reminder_interval_s,
        low_battery_interval_s=configuration.battery.alarm_interval_s,
    )


@contextmanager
def assembled(
    configuration: Configuration,
    clock: Clock,
    listener: Listener,
    launcher: Launcher | None = None,
) -> Iterator[tuple[Agent, Board]]:
    """A camera ready to `run`; its store is closed behind it. `launcher` makes its media
    processes, and may have begun with the first.

    Raises `ConfigurationError`, `HalError`, `StoreError`: nothing has been started then.
    """
    firmware = Firmware(policy_of(configuration), load_indications(configuration.indications.file))
    board = make_board(configuration, clock)
    store = open_store(configuration.storage.folder, clock)

    def build_recorder(report: Callable[[Report], None]) -> RecorderPort:
        if configuration.recording.own_process:
            return MediaProcess(configuration, clock, store, report, launcher or Launcher())
        # Here and not above: a camera's agent does without the media libraries, which take
        # as long to import as all the rest.
        from bwv_device.media.recorder import Recorder

        board.sources.check()
        return Recorder(
            *(configuration, clock, board.sources, store, free_bytes, report),
            available_bytes=available_in(board.memory) if board.memory is not None else None,
            open_signer=lambda: open_signer(configuration),
        )

    def free_bytes(folder: Path) -> int:
        return board.storage_space.read(folder).free_bytes

    try:
        accept_destination(configuration, store, clock)
        yield Agent(configuration, clock, board, store, firmware, listener, build_recorder), board
    finally:
        store.close()


def open_store(folder: Path, clock: Clock) -> Store:
    """Open the store. Where an agent has died and its media process still closes clips, that is
    waited for. Raises `StoreError`."""
    for _ in range(round(PREDECESSOR_S / _LOOK_S)):
        try:
            return Store.open(folder)
        except StoreBusyError as error:
            if not error.holder_has_died:
                raise
        clock.sleep_s(_LOOK_S)
    return Store.open(folder)
