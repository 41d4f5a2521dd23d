"""What holds after any history whatever: arbitrary events and edges, early, late and jumbled."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bwv_device.firmware.commands import (
    Arm,
    BeginDocking,
    Command,
    Disarm,
    EndDocking,
    MarkBookmark,
    Note,
    NoteKind,
    StartRecording,
    StopRecording,
)
from bwv_device.firmware.events import Event, Trigger
from bwv_device.firmware.policy import Policy
from bwv_device.firmware.states import State
from hal.interfaces.button import ButtonEdge
from tests.unit.firmware.firmware_drive import (
    MS,
    READY,
    RECORDING,
    S,
    camera,
    of_kind,
    recording_light,
    sounds,
)

POLICIES = st.sampled_from(
    [
        Policy(),
        Policy(ready_state=State.STANDBY),
        Policy(pre_record_s=0),
        Policy(reminder_interval_s=0.7, fault_interval_s=0.3, debounce_s=0),
        Policy(double_press_within_s=1, hold_s=1.1, bookmark_under_s=0.2),
    ]
)
GAPS_NS = st.one_of(
    st.sampled_from([0, 1, 10 * MS, 20 * MS, 480 * MS, 500 * MS, 1 * S, 3 * S, 20 * S, 120 * S]),
    st.integers(0, 700 * MS),
)
HAPPENINGS = st.one_of(st.sampled_from(Trigger), st.booleans())
"""A trigger, or an edge of the button."""


def happening(what: Trigger | bool, at_ns: int) -> Event | ButtonEdge:
    if isinstance(what, Trigger):
        return Event(what, at_ns, message="why")
    return ButtonEdge(what, at_ns)


class AnyHistory(RuleBasedStateMachine):
    """Whatever is posted in whatever order, the promises hold."""

    def __init__(self) -> None:
        super().__init__()
        self.firmware = camera()
        self.now_ns = 0
        self.lit = self.recording = self.capturing = self.docking = False
        self.trigger_ns = 0
        self.edges = self.ignored = 0

    @initialize(triggers=st.sampled_from([(), READY, RECORDING]))
    def someone_switches_it_on(self, triggers: tuple[str, ...]) -> None:
        for trigger in triggers:
            self.obey(self.firmware.post(happening(Trigger(trigger), self.now_ns)))

    @rule(what=st.sampled_from(Trigger), gap_ns=GAPS_NS)
    def something_happens(self, what: Trigger, gap_ns: int) -> None:
        self.now_ns += gap_ns
        before = self.firmware.state
        commands = self.firmware.post(happening(what, self.now_ns))
        about = [note for note in of_kind(commands, Note) if note.text.find(f"{what}: why") >= 0]
        assert len(about) == 1, f"{what} in {before} is neither handled nor noted"
        self.obey(commands)

    @rule(what=st.sampled_from(Trigger), back_ns=st.integers(1, 200 * S))
    def something_comes_late(self, what: Trigger, back_ns: int) -> None:
        self.obey(self.firmware.post(happening(what, max(0, self.now_ns - back_ns))))

    @rule(pressed=st.booleans(), gap_ns=GAPS_NS)
    def the_button_moves(self, pressed: bool, gap_ns: int) -> None:
        self.now_ns += gap_ns
        self.edges += 1
        self.obey(self.firmware.post(ButtonEdge(pressed, self.now_ns)))

    @rule(gap_ns=GAPS_NS)
    def time_passes(self, gap_ns: int) -> None:
        self.now_ns += gap_ns
        self.obey(self.firmware.advance(self.now_ns))

    def obey(self, commands: Sequence[Command]) -> None:
        for lit in recording_light(commands):
            self.lit = lit
        for command in commands:
            self.obey_one(command)
        ignored = [n for n in of_kind(commands, Note) if n.kind is NoteKind.IGNORED_EVENT]
        self.ignored += len(ignored)

    def obey_one(self, command: Command) -> None:
        match command:
            case StartRecording():
                assert not self.recording
                self.recording = True
                self.trigger_ns = command.trigger_ns
            case StopRecording():
                assert self.recording
                assert command.stop_ns >= self.trigger_ns
                self.recording = False
            case MarkBookmark():
                assert self.recording
                assert command.at_ns >= self.trigger_ns
            case Arm():
                assert not self.recording
                self.capturing = True
            case Disarm():
                assert not self.recording
                self.capturing = False
            case BeginDocking() | EndDocking():
                assert self.docking is isinstance(command, EndDocking)
                self.docking = not self.docking

    @invariant()
    def the_red_light_is_lit_while_recording_and_at_no_other_time(self) -> None:
        assert self.lit is self.recording is (self.firmware.state is State.RECORDING)

    @invariant()
    def nothing_is_captured_where_nothing_may_be_kept(self) -> None:
        if self.firmware.state not in (State.PRE_RECORD, State.RECORDING):
            assert not self.capturing
        if self.firmware.state is State.PRE_RECORD:
            assert self.capturing

    @invariant()
    def clips_are_handed_over_in_the_dock_and_only_there(self) -> None:
        assert self.docking is (self.firmware.state is State.DOCKED)

    @invariant()
    def the_next_deadline_lies_ahead(self) -> None:
        deadline_ns = self.firmware.next_deadline_ns()
        assert deadline_ns is None or deadline_ns > self.now_ns

    @invariant()
    def everything_that_was_not_acted_on_is_counted(self) -> None:
        counters = self.firmware.counters
        assert counters.ignored_events == self.ignored
        assert counters.bounces + counters.unpaired_edges <= self.edges


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)

HISTORIES = st.lists(st.tuples(HAPPENINGS, GAPS_NS), max_size=40)


@settings(max_examples=150, deadline=None)
@given(policy=POLICIES, history=HISTORIES, steps_ns=st.integers(1, 30 * S))
def test_the_outcome_does_not_depend_on_how_late_the_owner_looks(
    policy: Policy, history: list[tuple[Trigger | bool, int]], steps_ns: int
) -> None:
    late, early = camera(policy), camera(policy)
    from_late: list[Command] = []
    from_early: list[Command] = []
    at_ns = 0
    for trigger in (Trigger.POWER_ON, Trigger.BOOT_DONE, Trigger.START):
        from_late += late.post(Event(trigger, 0))
        from_early += early.post(Event(trigger, 0))
    for what, gap_ns in history:
        for step_ns in range(at_ns, at_ns + gap_ns, max(steps_ns, gap_ns // 20 + 1)):
            from_early += early.advance(step_ns)
        while (deadline_ns := early.next_deadline_ns()) and deadline_ns <= at_ns + gap_ns:
            from_early += early.advance(deadline_ns)
        at_ns += gap_ns
        from_late += late.post(happening(what, at_ns))
        from_early += early.post(happening(what, at_ns))
    from_late += late.advance(at_ns + 200 * S)
    from_early += early.advance(at_ns + 200 * S)
    assert from_early == from_late
    assert early.state is late.state


@settings(max_examples=100, deadline=None)
@given(policy=POLICIES, history=HISTORIES)
def test_every_change_of_recording_is_heard(
    policy: Policy, history: list[tuple[Trigger | bool, int]]
) -> None:
    firmware = camera(policy)
    commands: list[Command] = []
    at_ns = 0
    for what, gap_ns in [(Trigger.POWER_ON, 0), (Trigger.BOOT_DONE, 0), *history]:
        at_ns += gap_ns
        commands += firmware.post(happening(what, at_ns))
    heard = [name for name in sounds(commands) if name in ("start", "stop")]
    asked = [c for c in commands if isinstance(c, StartRecording | StopRecording)]
    assert heard == ["start" if isinstance(c, StartRecording) else "stop" for c in asked]
    assert heard == [("start", "stop")[place % 2] for place in range(len(heard))]
