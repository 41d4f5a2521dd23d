"""The firmware: events and time in, commands out.

Who uses it: the agent's owner thread on a real camera and the simulator in virtual time, both
unchanged. It has no thread and no clock and does no I/O; one thread calls it. The owner posts
what its queue holds, in order of time, before it calls `advance`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bwv_device.firmware import showing
from bwv_device.firmware.actions import ACTIONS
from bwv_device.firmware.commands import Command, Note, NoteKind
from bwv_device.firmware.controls import CONTROLS, Controls
from bwv_device.firmware.events import Event, Reason
from bwv_device.firmware.indications import Indications
from bwv_device.firmware.memory import Memory
from bwv_device.firmware.policy import Policy
from bwv_device.firmware.presses import Gesture
from bwv_device.firmware.reminders import Reminders
from bwv_device.firmware.states import State
from bwv_device.firmware.table import Row
from bwv_device.firmware.table_machine import TableMachine
from hal.interfaces.button import ButtonEdge


@dataclass(frozen=True, slots=True)
class Counters:
    """What was heard and not acted on since the start, for the journal and the log."""

    ignored_events: int
    bounces: int
    unpaired_edges: int


class Firmware:
    """The camera's behaviour. Nothing here raises on an event: what has no row is noted.

    Commands are in the order in which they are to be carried out: lights, sound and haptic
    first, because their delay after a trigger is what people notice and what is measured;
    then the work; then the screen, which may be slow; then notes.

    A deadline comes before an event of the same instant, so the outcome does not depend on
    how late `advance` is called.
    """

    def __init__(self, policy: Policy, indications: Indications) -> None:
        self._indications = indications
        self._memory = Memory()
        self._table = TableMachine(policy, self._memory)
        self._controls = Controls(policy)
        self._reminders = Reminders(policy)
        self._now_ns = 0
        self._ignored_events = 0

    @property
    def state(self) -> State:
        """The present state."""
        return self._table.state

    @property
    def counters(self) -> Counters:
        """What was not acted on so far."""
        return Counters(self._ignored_events, self._controls.bounces, self._controls.unpaired)

    def post(self, happening: Event | ButtonEdge) -> tuple[Command, ...]:
        """Act on `happening`, after every deadline that is due by its instant.

        One that was overtaken on its way, so that its instant has passed, is acted on now.
        """
        commands = list(self.advance(happening.at_ns))
        if isinstance(happening, ButtonEdge):
            commands += self._edge(happening)
        else:
            commands += self._settle_presses()
            commands += self._handle(happening)
        return (*commands, *self._run_due())

    def advance(self, now_ns: int) -> tuple[Command, ...]:
        """Act on every deadline up to and including `now_ns` (monotonic), in order of time."""
        self._now_ns = max(self._now_ns, now_ns)
        return self._run_due()

    def next_deadline_ns(self) -> int | None:
        """When `advance` next has something to do; later than all that was passed in so far."""
        deadlines = (self._controls.next_deadline_ns(), self._reminders.next_deadline_ns())
        return min((at_ns for at_ns in deadlines if at_ns is not None), default=None)

    def _run_due(self) -> tuple[Command, ...]:
        commands: list[Command] = []
        while (deadline_ns := self.next_deadline_ns()) is not None and deadline_ns <= self._now_ns:
            commands += self._at_deadline(deadline_ns)
        return tuple(commands)

    def _at_deadline(self, deadline_ns: int) -> tuple[Command, ...]:
        if self._controls.next_deadline_ns() == deadline_ns:
            return self._gestures(self._controls.due(deadline_ns))
        moment = self._reminders.due(deadline_ns)
        if moment is None:
            return ()
        note = Note(deadline_ns, NoteKind.REMINDER, f"{moment} in {self.state}")
        return (*showing.moments(self._indications, (moment,)), note)

    def _edge(self, edge: ButtonEdge) -> tuple[Command, ...]:
        unpaired = self._controls.unpaired
        commands = self._gestures(self._controls.edge(edge))
        if self._controls.unpaired == unpaired:
            return commands
        way = "pressed" if edge.pressed else "released"
        return (*commands, Note(edge.at_ns, NoteKind.GESTURE, f"button {way} twice in a row"))

    def _settle_presses(self) -> tuple[Command, ...]:
        """A finished press belongs to the recording in which it was made, and what comes now
        may end it. Elsewhere it waits on: it may be half of a start."""
        if self.state is not State.RECORDING:
            return ()
        return self._gestures(self._controls.settle())

    def _gestures(self, gestures: Iterable[Gesture]) -> tuple[Command, ...]:
        return tuple(command for gesture in gestures for command in self._gesture(gesture))

    def _gesture(self, gesture: Gesture) -> tuple[Command, ...]:
        control = CONTROLS.get(gesture.kind)
        if control is None:
            text = "press too long for a single press, too short for a hold"
            return (Note(gesture.at_ns, NoteKind.GESTURE, text),)
        return self._handle(
            Event(control.trigger, gesture.at_ns, Reason.BUTTON.value, since_ns=gesture.began_ns)
        )

    def _handle(self, event: Event) -> tuple[Command, ...]:
        before = self.state
        row = self._table.fire(event)
        if row is None:
            self._ignored_events += 1
            return (Note(event.at_ns, NoteKind.IGNORED_EVENT, f"{event} ignored in {before}"),)
        if row.dest is None:
            note = Note(event.at_ns, NoteKind.HANDLED, f"{event} in {before}")
        else:
            text = f"{before} -> {row.dest}: {event}"
            note = Note(event.at_ns, NoteKind.STATE_CHANGED, text, self.state)
        return (*self._carry_out(row, event), note)

    def _carry_out(self, row: Row, event: Event) -> tuple[Command, ...]:
        before = self._as_felt(row.source)
        work = [ACTIONS[action](event, self._memory) for action in row.actions]
        entered, felt = row.dest, self._as_felt(row.dest or row.source)
        if entered or felt is not before:
            self._reminders.enter(felt, event.at_ns)
        self._reminders.battery(felt, is_low=self._memory.battery_low, at_ns=event.at_ns)
        if entered:
            lights = showing.lights(self._indications, entered)
        else:
            lights = showing.status_light(self._indications, felt) if felt is not before else ()
        return (
            *lights,
            *showing.moments(self._indications, row.plays),
            *(command for command in work if command is not None),
            *(showing.screen(self._indications, entered) if entered else ()),
        )

    def _as_felt(self, state: State) -> State:
        """What the wearer's light and alarm say: a recording without a picture is felt as a
        fault, while the light that the public sees goes on to say that it records."""
        lost = state is State.RECORDING and self._memory.fault_stands
        return State.FAULT if lost else state
