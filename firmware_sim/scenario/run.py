"""Runs a scenario in virtual time and says what was true. Procedure S6 of
docs/design/simulator.md.

Who uses it: `bwv sim run`, and tests.
"""

import random
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from bwv_device.configuration.model import Configuration
from bwv_device.configuration.problems import Source, describe
from firmware_sim.camera.camera import SimulatedCamera
from firmware_sim.dock.server import ServerBeside
from firmware_sim.errors import ScenarioError
from firmware_sim.event_log import EventLog, Fact
from firmware_sim.media.footage import make_footage
from firmware_sim.scenario.model import Look, Scenario, Step
from firmware_sim.scenario.statements import Statement, read_statement
from firmware_sim.world import World
from hal.interfaces.clock import NS_PER_S

LOOK_EVERY_NS = 10_000_000
"""While something may still become true. No figure of the field is finer."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What was expected and not so, and what happened around it."""

    at_ns: int
    expected: str
    found: str
    around: tuple[Fact, ...]

    def __str__(self) -> str:
        lines = "\n".join(f"    {fact}" for fact in self.around)
        told = f"expected {self.expected}, found {self.found}"
        return f"at {self.at_ns / NS_PER_S:.3f} s: {told}\n{lines}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run."""

    failures: tuple[Failure, ...]
    looked: int
    log: EventLog
    ended_ns: int

    @property
    def passed(self) -> bool:
        return not self.failures


def run_scenario(scenario: Scenario, folder: Path, seed: int = 0) -> Outcome:
    """Run it with a card (and a server) below `folder`, which must be empty. Raises
    `ScenarioError` for a statement that says nothing, or a camera that can't be so."""
    with ExitStack() as stack:
        server = stack.enter_context(ServerBeside(folder / "server")) if scenario.server else None
        run = _Run(scenario, folder / "card", seed, server)
        run.world.run_until(scenario.ends)
        run.look_at_the_whole()
    return Outcome(tuple(run.failures), run.looked, run.camera.log, run.world.now_ns)


class _Run:
    def __init__(
        self, scenario: Scenario, card: Path, seed: int, server: ServerBeside | None
    ) -> None:
        self.world, self.failures, self.looked = World(), list[Failure](), 0
        configuration = configuration_of(scenario, card, server)
        footage = make_footage(configuration.video, configuration.sound)
        chance = random.Random(seed)
        self.camera = SimulatedCamera(configuration, self.world, footage, chance)
        self._whole = [read_statement(text) for text in scenario.in_the_end]
        for step in scenario.steps:
            self.world.at(step.at, partial(_act, self.camera, step))
        for look in scenario.looks:
            self.world.at(look.at, partial(self._look, look, read_statement(look.expect)))

    def look_at_the_whole(self) -> None:
        """What must be true in the end."""
        for statement in self._whole:
            self._judge(statement, statement.holds(self.camera), statement.text)

    def _look(self, look: Look, statement: Statement) -> None:
        # Behind what happens at this instant.
        self.world.soon(partial(self._look_until, look, statement))

    def _look_until(self, look: Look, statement: Statement) -> None:
        holds, now_ns = statement.holds(self.camera), self.world.now_ns
        if holds or now_ns >= look.at + look.within:
            within = f" within {look.within / NS_PER_S:g} s" if look.within else ""
            self._judge(statement, holds, f"{statement.text}{within}")
        else:
            due_ns = min(now_ns + LOOK_EVERY_NS, look.at + look.within)
            self.world.at(due_ns, partial(self._look_until, look, statement))

    def _judge(self, statement: Statement, holds: bool, expected: str) -> None:
        self.looked += 1
        if not holds:
            now_ns, found = self.world.now_ns, str(statement.found(self.camera))
            around = tuple(self.camera.log.around(now_ns))
            self.failures.append(Failure(now_ns, expected, found, around))


_ACTS: Mapping[str, Callable[[SimulatedCamera, float], None]] = {
    "power_on": lambda camera, _value: camera.power_on(),
    "power_off": lambda camera, _value: camera.power_off(),
    "cut_power": lambda camera, _value: camera.cut_power(),
    "press": lambda camera, _value: camera.press(),
    "double_press": lambda camera, _value: camera.double_press(),
    "hold": lambda camera, value: camera.hold(value),
    "dock": lambda camera, _value: camera.dock(),
    "undock": lambda camera, _value: camera.undock(),
    "set_battery": lambda camera, value: camera.set_battery(value),
}


def _act(camera: SimulatedCamera, step: Step) -> None:
    _ACTS[step.do](camera, step.value or 0.0)


SMALL = {"width_px": 160, "height_px": 120, "rate_hz": 5.0, "bitrate_bps": 100_000}
"""What a picture shows is of no matter here: small ones write fast, and play all the same."""


def configuration_of(
    scenario: Scenario, card: Path, server: ServerBeside | None = None
) -> Configuration:
    """The camera's configuration. Raises `ScenarioError`."""
    sections = {
        "video": SMALL,
        "sound": {"rate_hz": 16000},
        **scenario.camera,
        "storage": {**scenario.camera.get("storage", {}), "folder": str(card)},
    }
    if server is not None:
        dock = scenario.camera.get("dock", {})
        sections["dock"] = {**dock, "connection_file": str(server.connection_file)}
    try:
        return Configuration.model_validate(sections)
    except ValidationError as error:
        source = Source("the scenario's camera", "", frozenset())
        raise ScenarioError(describe(error, Configuration, source)) from error
