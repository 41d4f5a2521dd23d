"""Puts a camera together from its configuration.

Who uses it: `bwv run` and `bwv demo`; tests and the simulator assemble their own.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from bwv_device.agent.agent import Agent, Listener
from bwv_device.agent.board import Board, make_board
from bwv_device.configuration.model import Configuration
from bwv_device.evidence.store import Store
from bwv_device.firmware.indications_file import load_indications
from bwv_device.firmware.machine import Firmware
from bwv_device.firmware.policy import Policy
from bwv_device.firmware.states import State
from hal.interfaces.clock import Clock


def policy_of(configuration: Configuration) -> Policy:
    """The firmware's figures, as the configuration has them."""
    return Policy(
        ready_state=State(configuration.ready_state),
        pre_record_s=configuration.pre_record.length_s,
        reminder_interval_s=configuration.recording.reminder_interval_s,
    )


@contextmanager
def assembled(
    configuration: Configuration, clock: Clock, listener: Listener
) -> Iterator[tuple[Agent, Board]]:
    """A camera ready to `run`; its store is closed behind it.

    Raises `ConfigurationError`, `HalError`, `StoreError`: nothing has been started then.
    """
    firmware = Firmware(policy_of(configuration), load_indications(configuration.indications.file))
    board = make_board(configuration, clock)
    store = Store.open(configuration.storage.folder)
    try:
        yield Agent(configuration, clock, board, store, firmware, listener), board
    finally:
        store.close()
