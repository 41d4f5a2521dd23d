"""The gauges' thread on a clock that stands still, with a battery in the test's hands."""

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from bwv_device.agent.battery_watch import LOOK_EVERY_S as READ_EVERY_S
from bwv_device.agent.battery_watch import Level
from bwv_device.agent.facts import Said
from bwv_device.agent.gauges import LOOK_EVERY_S, Gauges
from bwv_device.configuration.battery import Battery
from bwv_device.evidence.ledger.kinds import Kind
from bwv_device.firmware.events import Event, Trigger
from hal.drivers.battery.fixed import FixedBattery
from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DeviceLostError
from hal.interfaces.battery import BatteryReading


class Gauge(FixedBattery):
    """Counts its readings; fails while it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.is_gone = False

    def read(self) -> BatteryReading:
        self.reads += 1
        if self.is_gone:
            raise DeviceLostError("the gauge does not answer")
        return super().read()


@dataclass
class World:
    """The gauges and what they tell."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    battery: Gauge = field(default_factory=Gauge)
    events: "queue.SimpleQueue[Event]" = field(default_factory=queue.SimpleQueue)
    notes: list[tuple[str, str]] = field(default_factory=list)
    facts: list[Said] = field(default_factory=list)

    def __post_init__(self) -> None:
        board: Any = SimpleNamespace(battery=self.battery, locator=None)
        scribe: Any = SimpleNamespace(
            note=lambda kind, text: self.notes.append((kind, text)), enter=self.facts.append
        )
        self.gauges = Gauges(
            *(self.clock, board, lambda: False, lambda _fix: None, scribe),
            *(Battery(), self.events.put),
        )
        self.gauges.start()
        self.clock.until_waiting()

    def pass_s(self, seconds: float) -> None:
        for _ in range(round(seconds / LOOK_EVERY_S)):
            self.clock.advance_s(LOOK_EVERY_S)
            self.clock.until_waiting()

    def heard(self) -> list[Trigger]:
        return [self.events.get().trigger for _ in range(self.events.qsize())]


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    closing = threading.Thread(target=made.gauges.close)
    closing.start()
    while closing.is_alive():
        made.clock.advance_s(LOOK_EVERY_S)
        closing.join(0.01)


def test_a_battery_that_runs_down_is_low_and_then_empty(world: World) -> None:
    world.battery.set(charge=0.09)
    world.pass_s(READ_EVERY_S[Level.WELL])
    assert world.heard() == [Trigger.BATTERY_LOW]
    world.battery.set(charge=0.02)
    world.pass_s(READ_EVERY_S[Level.LOW] + 2 * READ_EVERY_S[Level.EMPTY])
    assert world.heard() == [Trigger.BATTERY_EMPTY]
    world.battery.set(charge=0.02, charging=True)
    world.pass_s(READ_EVERY_S[Level.EMPTY])
    assert world.heard() == [Trigger.BATTERY_WELL]


def test_a_gauge_that_does_not_answer_is_no_empty_battery_and_is_noted_once(world: World) -> None:
    world.battery.is_gone = True
    world.pass_s(300)
    assert world.heard() == [] and world.battery.reads > 5
    assert [kind for kind, _ in world.notes if kind == "part_failed"] == ["part_failed"]
    world.battery.is_gone = False
    world.pass_s(READ_EVERY_S[Level.WELL])
    assert ("battery", "100%, in use, left unknown") in world.notes
    said = [(fact.kind, fact.data.get("what"), fact.data.get("charge")) for fact in world.facts]
    assert said[-3:] == [
        (Kind.FAULT, "battery", None),
        (Kind.FAULT_OVER, "battery", None),
        (Kind.BATTERY, None, 1.0),
    ] or said[-3:] == [
        (Kind.FAULT, "battery", None),
        (Kind.BATTERY, None, 1.0),
        (Kind.FAULT_OVER, "battery", None),
    ]


def test_one_reading_a_minute_is_noted_and_every_change(world: World) -> None:
    world.pass_s(120)
    world.battery.set(charge=0.05)
    world.pass_s(READ_EVERY_S[Level.WELL])
    texts = [text for kind, text in world.notes if kind == "battery"]
    assert texts.count("100%, in use, left unknown") == 3
    assert texts[-1] == "5%, in use, left unknown"
