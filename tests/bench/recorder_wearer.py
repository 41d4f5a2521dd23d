"""A camera of mocks that records the scene while a wearer presses its button again and again.

Used by the benchmark of the recorder, which runs `main` in a process of its own. It notes when
the button went down, when light and sounder were told, and when each sync returned.
"""

import json
import os
import random
import sys
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bwv_device.agent.agent import Agent, Observation
from bwv_device.agent.assemble import assembled
from bwv_device.agent.board import Board
from bwv_device.firmware.events import Trigger
from bwv_device.firmware.states import State
from bwv_device.media import messages
from bwv_device.media.interpreter import favour_encoder
from hal import registry
from hal.drivers.button.mock import MockButton
from hal.drivers.light.mock import MockLight
from hal.drivers.sounder.recorder import RecorderSounder
from hal.interfaces.clock import Clock
from tests.bench.recorder_syncs import Sync, read_syncs
from tests.support.camera_process import configuration

PRE_RECORD_S = 3.0
_DOWN_S, _BETWEEN_S = 0.08, 0.12
"""How long a quick finger presses, and pauses."""
_SHORTEST_S, _LONGEST_S = 0.3, 1.0
"""Of a recording after its trigger, and of the pause after its stop. The shortest pause is
short enough for a trigger that comes while the clip before it is still open."""
_PAUSE_S = 0.01
_PROBE_BYTES, _PROBES = 256 * 1024, 100


@dataclass
class Observed:
    """Monotonic times in nanoseconds."""

    triggers_ns: list[int] = field(default_factory=list)
    red_ns: list[int] = field(default_factory=list)
    """When the recording light was told to be red."""
    beeps_ns: list[int] = field(default_factory=list)
    syncs: list[Sync] = field(default_factory=list)
    plain_ns: list[int] = field(default_factory=list)
    """How long this disk takes to write and sync as much as a first fragment has, idle."""


def main() -> None:
    """STORE TIMES SEED; what was observed, as JSON."""
    folder, times, chance = Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))
    favour_encoder()
    clock = registry.open_clock()
    observed = Observed(plain_ns=_plain_writes(folder, clock))
    ready = threading.Event()

    def listen(_at_ns: int, _state: State, observation: Observation) -> None:
        if isinstance(observation, messages.Capturing):
            ready.set()

    noted = folder / "syncs.json"
    command = (sys.executable, "-m", "tests.bench.recorder_syncs", str(noted))
    # Every frame has to be in the clips, however busy the machine is.
    settings = configuration(folder / "store", PRE_RECORD_S, {"overload_floor_hz": 120})
    with assembled(settings, clock, listen, command) as (agent, board):
        wear = threading.Thread(
            target=_wear, args=(agent, board, clock, ready, times, chance, observed), daemon=True
        )
        wear.start()
        agent.run()
    observed.syncs = read_syncs(noted)
    print(json.dumps(asdict(observed)))


def _wear(
    agent: Agent,
    board: Board,
    clock: Clock,
    ready: threading.Event,
    times: int,
    chance: random.Random,
    observed: Observed,
) -> None:
    assert isinstance(board.button, MockButton)
    ready.wait()
    clock.sleep_s(PRE_RECORD_S + 1.0)
    for _ in range(times):
        clock.sleep_s(chance.uniform(_PAUSE_S, _LONGEST_S))
        observed.triggers_ns.append(_double_press(board.button, clock))
        clock.sleep_s(chance.uniform(_SHORTEST_S, _LONGEST_S))
        agent.post_now(Trigger.STOP, "Button")
    clock.sleep_s(_LONGEST_S)
    _read_histories(board, observed)
    agent.post_now(Trigger.POWER_OFF)


def _double_press(button: MockButton, clock: Clock) -> int:
    """When the second press went down."""
    button.press()
    clock.sleep_s(_DOWN_S)
    button.release()
    clock.sleep_s(_BETWEEN_S)
    second_ns = clock.monotonic_ns()
    button.press(second_ns)
    clock.sleep_s(_DOWN_S)
    button.release()
    return second_ns


def _read_histories(board: Board, observed: Observed) -> None:
    light, sounder = board.recording_light, board.sounder
    assert isinstance(light, MockLight) and isinstance(sounder, RecorderSounder)
    observed.red_ns = [told.at_ns for told in light.history.entries if told.value.colour == "red"]
    observed.beeps_ns = [told.at_ns for told in sounder.history.entries]


def _plain_writes(folder: Path, clock: Clock) -> list[int]:
    """Nanoseconds of a write and sync into a file that grows."""
    path, data, taken_ns = folder / "plain", os.urandom(_PROBE_BYTES), []
    with path.open("wb", buffering=0) as file:
        for _ in range(_PROBES):
            begin_ns = clock.monotonic_ns()
            file.write(data)
            os.fdatasync(file.fileno())
            taken_ns.append(clock.monotonic_ns() - begin_ns)
    path.unlink()
    return taken_ns
