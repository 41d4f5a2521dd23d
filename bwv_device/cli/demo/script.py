"""The incident: what the wearer does, and when, from power on to power off.

Who uses it: `bwv demo`. It acts on the camera as a wearer does, by the button and the dock,
and waits for what the camera shows; it never reaches inside.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bwv_device.agent.agent import Agent, Observation
from bwv_device.dock.events import Finished, Problem, PushSummary
from bwv_device.errors import BwvError, Kind
from bwv_device.firmware.events import Trigger
from bwv_device.firmware.states import State
from bwv_device.media import messages
from hal.interfaces.clock import NS_PER_S, Clock

_HOLD_S = 3.0
"""A hold of this length stops a recording; it ends on the second that was asked for."""

_STANDBY_S = 1.0
_LEAD_S = 1.5
"""Longer than the pre-record by this before the trigger: one group of pictures and some."""

_PATIENCE_S = 30.0
"""For a webcam that opens slowly, and for a server on a busy machine."""


class ScriptError(BwvError):
    """The camera did not do what the script waits for."""

    kind = Kind.FAULT


class PressableButton(Protocol):
    """A button that a program can press, such as the `mock` driver."""

    def press(self, at_ns: int | None = None) -> None: ...

    def release(self, at_ns: int | None = None) -> None: ...


class MovableContact(Protocol):
    """A dock contact that a program can close, such as the `mock` driver."""

    def dock(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """How long each part lasts; `seconds_s` is from trigger to stop."""

    pre_record_s: float
    seconds_s: float


class Signals:
    """What the script waits for; set by the agent's listener."""

    def __init__(self) -> None:
        self.capturing = threading.Event()
        self.recording_closed = threading.Event()
        self.delivered = threading.Event()
        self.summary: PushSummary | None = None
        self.problems: list[str] = []

    def hear(self, observation: Observation) -> None:
        """Learn from one observation."""
        match observation:
            case messages.Capturing():
                self.capturing.set()
            case messages.RecordingClosed():
                self.recording_closed.set()
            case Finished(summary=summary):
                self.summary = summary
                self.delivered.set()
            case messages.CaptureFailed(message=message) | messages.SoundFailed(message=message):
                self._give_up(message)
            case messages.WritingFailed(message=message) | Problem(text=message):
                self._give_up(message)

    def _give_up(self, message: str) -> None:
        self.problems.append(message)
        for event in (self.capturing, self.recording_closed, self.delivered):
            event.set()


class Script:
    """Runs in a thread of its own beside the agent; `failure` says what went wrong."""

    def __init__(
        self,
        plan: Plan,
        clock: Clock,
        agent: Agent,
        button: PressableButton,
        contact: MovableContact,
        signals: Signals,
    ) -> None:
        self._plan, self._clock, self._agent = plan, clock, agent
        self._button, self._contact, self._signals = button, contact, signals
        self._thread = threading.Thread(target=self._run, name="wearer", daemon=True)
        self.failure: BwvError | None = None

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        try:
            self._live_through()
        except BwvError as error:
            self.failure = error
        finally:
            self._agent.post_now(Trigger.POWER_OFF)

    def _live_through(self) -> None:
        self._await_state(State.STANDBY)
        self._clock.sleep_s(_STANDBY_S)
        if self._plan.pre_record_s > 0:
            self._agent.post_now(Trigger.ARM)
            self._await(self._signals.capturing, "the camera to give its first picture")
            self._clock.sleep_s(self._plan.pre_record_s + _LEAD_S)
        trigger_ns = self._press_twice(self._clock.monotonic_ns())
        self._await(self._signals.capturing, "the camera to give its first picture")
        self._hold_until(trigger_ns + round(self._plan.seconds_s * NS_PER_S))
        self._await(self._signals.recording_closed, "the recording to be closed")
        self._contact.dock()
        self._await(self._signals.delivered, "the dock to take the clips over")

    def _press_twice(self, start_ns: int) -> int:
        """A double press; the instant of the second one is the trigger."""
        trigger_ns = start_ns + NS_PER_S // 4
        self._click(start_ns)
        self._click(trigger_ns)
        return trigger_ns

    def _click(self, at_ns: int) -> None:
        self._edge(self._button.press, at_ns)
        self._edge(self._button.release, at_ns + NS_PER_S // 10)

    def _hold_until(self, stop_ns: int) -> None:
        self._edge(self._button.press, stop_ns - round(_HOLD_S * NS_PER_S))
        self._edge(self._button.release, stop_ns + NS_PER_S // 5)

    def _edge(self, act: Callable[[int], None], at_ns: int) -> None:
        """Act at `at_ns`, and stamp it with that very instant."""
        self._clock.sleep_s((at_ns - self._clock.monotonic_ns()) / NS_PER_S)
        act(at_ns)

    def _await(self, signal: threading.Event, what: str) -> None:
        if not self._clock.wait(signal, _PATIENCE_S):
            raise ScriptError(f"waited {_PATIENCE_S:.0f} s for {what}: run with -v to see why")
        if self._signals.problems:
            raise ScriptError("; ".join(self._signals.problems))

    def _await_state(self, state: State) -> None:
        deadline_ns = self._clock.monotonic_ns() + round(_PATIENCE_S * NS_PER_S)
        while self._agent.state is not state:
            if self._clock.monotonic_ns() > deadline_ns:
                raise ScriptError(f"the camera is {self._agent.state}, not {state}")
            self._clock.sleep_s(0.02)
