"""The supervisor with processes of paper: what it reports, and what it tells the next one."""

import queue
import threading
from pathlib import Path

import pytest

from bwv_device.evidence.records import ClipState, EndReason, NewClip, NewRecording
from bwv_device.evidence.store import Store
from bwv_device.media import messages
from bwv_device.media.errors import RecorderGoneError
from bwv_device.media.messages import Begin, End, Mark, RecordingBegun, Resume
from bwv_device.media.process.door import Door
from bwv_device.media.process.supervisor import EARLY_S, RETRY_S, Supervisor
from bwv_device.media.process.wire import Arm, Close, Disarm, Refused
from bwv_device.media.pulse import CARD_S, SILENT_S, Pulse, Stage
from hal.drivers.clock.virtual import VirtualClock
from tests.unit.media.media_socket import wait_until

S = 1_000_000_000
_PATIENCE_S = 20.0


class PaperChild:
    """Says what the test puts in, and remembers what it was told."""

    pid = 4711

    def __init__(self) -> None:
        self.told: list[object] = []
        self.killed = self.buried = False
        self._says: queue.Queue[object] = queue.Queue()

    def say(self, answer: object) -> None:
        self._says.put(answer)

    def die(self, how: str = "the recorder's process has ended (signal 11)") -> None:
        self._says.put(RecorderGoneError(how))

    def send(self, command: object) -> bool:
        if self.buried:
            return False
        self.told.append(command)
        return True

    def receive(self, timeout_s: float) -> object:
        try:
            said = self._says.get(timeout=min(timeout_s, 0.01))
        except queue.Empty:
            return None
        if isinstance(said, RecorderGoneError):
            raise said
        return said

    def kill(self) -> None:
        self.killed = True
        self.die("the recorder's process has ended (signal 9)")

    def bury(self) -> None:
        self.buried = True


class Scene:
    """A supervisor, its processes in order, and its reports."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.store, self.door = VirtualClock(), Store.open(folder), Door()
        self.clock.advance_s(100)
        self.children: list[PaperChild] = []
        self.reports: list[messages.Report] = []
        self.refuse_starts = 0
        self.supervisor = Supervisor(
            self.clock, self.store, self.door, self._begin, self.reports.append
        )

    def _begin(self) -> PaperChild:
        if self.refuse_starts:
            self.refuse_starts -= 1
            raise RecorderGoneError("the recorder can't be started: no memory")
        self.children.append(PaperChild())
        return self.children[-1]

    def start(self) -> PaperChild:
        self.supervisor.start()
        return self.children[-1]

    def grow_old(self) -> None:
        """Live past the time in which an end counts as early, with a pulse at its end."""
        self.clock.advance_s(EARLY_S + 1)
        self.pulse()

    def pulse(self, stage: Stage | None = None, since_s: float = 0.0, **values: int) -> None:
        now_ns = self.clock.monotonic_ns()
        since_ns = now_ns - round(since_s * S)
        self.children[-1].say(Pulse(now_ns, stage, since_ns, values.get("writing_since_ns")))

    def await_child(self, number: int) -> PaperChild:
        wait_until(lambda: len(self.children) >= number and self.door.pid is not None)
        return self.children[number - 1]

    def await_report(self, kind: type) -> messages.Report:
        wait_until(lambda: any(isinstance(each, kind) for each in self.reports))
        return next(each for each in reversed(self.reports) if isinstance(each, kind))

    def kinds(self) -> list[type]:
        return [type(each) for each in self.reports]

    def record(self) -> int:
        """A recording whose clip has not a fragment yet, as a process that died leaves it."""
        new = NewRecording("u", "n", "S", "m", "1", "Button", 50 * S, 0, "UTC")
        recording = self.store.begin_recording(new)
        self.store.open_clip(recording, NewClip(recording.id, 1, 50 * S, 0, None, 33_333_333))
        return recording.id


@pytest.fixture
def scene(tmp_path: Path):
    made = Scene(tmp_path)
    yield made
    made.supervisor.expect_end()
    made.door.tell(Close(0))
    if made.children and not made.children[-1].buried:
        made.children[-1].die("exit code 0")
    closing = threading.Thread(target=made.supervisor.close, args=(_PATIENCE_S,))
    closing.start()
    closing.join(_PATIENCE_S)
    assert not closing.is_alive()
    made.store.close()


def test_reports_are_passed_on_in_order(scene: Scene) -> None:
    child = scene.start()
    said = [messages.RecorderReady(), messages.Capturing(1, 64, 64, 10.0), RecordingBegun(1, 2)]
    for each in said:
        child.say(each)
    wait_until(lambda: len(scene.reports) == 3)
    assert scene.reports == said


def test_a_process_that_dies_in_a_recording_is_followed_by_one_that_goes_on(scene: Scene) -> None:
    child = scene.start()
    scene.grow_old()
    recording_id = scene.record()
    for command in (Arm(), Begin(10, "Button"), Mark(11)):
        scene.door.tell(command)
    child.say(RecordingBegun(recording_id, 10))
    child.die()
    lost = scene.await_report(messages.RecorderLost)
    assert "signal 11" in lost.message and child.buried
    after = scene.await_child(2)
    assert after.told == [Arm(), Resume(recording_id, 10), Mark(11)]
    scene.clock.advance_s(0.5)
    after.say(messages.RecorderReady())
    after.say(messages.Capturing(1, 64, 64, 10.0))
    assert scene.await_report(messages.RecorderBack).gap_s == pytest.approx(0.5)
    # The clip that had nothing whole is settled, the recording itself goes on.
    (clip,) = scene.store.journal.clips()
    assert clip.end_reason is EndReason.NOTHING_RECORDED
    assert scene.store.journal.recording(recording_id).trigger_off is None
    assert messages.RecorderReady not in scene.kinds(), "said twice, a boot would end twice"


def test_what_is_asked_while_there_is_no_process_waits_for_the_next(scene: Scene) -> None:
    child = scene.start()
    held = threading.Event()
    real = scene.supervisor._report

    def slow(report: messages.Report) -> None:
        real(report)
        if isinstance(report, messages.RecorderLost):
            scene.door.tell(Begin(20, "Button"))
            scene.door.tell(Mark(21))
            held.set()

    scene.supervisor._report = slow
    child.die()
    assert held.wait(_PATIENCE_S)
    assert scene.await_child(2).told == [Begin(20, "Button"), Mark(21)]


def test_a_stop_that_a_dead_process_may_not_have_entered_is_entered(scene: Scene) -> None:
    child = scene.start()
    scene.grow_old()
    recording_id = scene.record()
    scene.door.tell(Begin(10 * S, "Button"))
    child.say(RecordingBegun(recording_id, 10 * S))
    scene.await_report(RecordingBegun)
    scene.door.tell(End(12 * S, "Button", EndReason.STOP))
    child.die()
    assert scene.await_child(2).told == [Arm()]
    recording = scene.store.journal.recording(recording_id)
    assert (recording.trigger_off, recording.trigger_off_utc_ns) == ("Button", 52 * S)


def test_a_process_that_gives_no_sign_of_life_is_killed(scene: Scene) -> None:
    child = scene.start()
    scene.grow_old()
    wait_until(lambda: scene.supervisor._pulse.at_ns == scene.clock.monotonic_ns())
    scene.clock.advance_s(SILENT_S + 0.1)
    lost = scene.await_report(messages.RecorderLost)
    assert child.killed and "no sign of life" in lost.message
    scene.await_child(2)


def test_a_camera_driver_that_hangs_costs_the_process(scene: Scene) -> None:
    child = scene.start()
    scene.grow_old()
    scene.pulse(Stage.RUNNING, since_s=60)
    scene.await_report(messages.RecorderLost)
    assert child.killed
    scene.await_child(2)


def test_a_card_that_does_not_answer_is_told_once_and_when_it_does_again(scene: Scene) -> None:
    child = scene.start()
    scene.grow_old()
    stuck_ns = scene.clock.monotonic_ns() - round((CARD_S + 1) * S)
    for _ in range(3):
        scene.pulse(Stage.RUNNING, writing_since_ns=stuck_ns)
    scene.await_report(messages.CardSilent)
    scene.pulse(Stage.RUNNING)
    scene.await_report(messages.CardBack)
    assert scene.kinds() == [messages.CardSilent, messages.CardBack]
    assert not child.killed


def test_one_early_end_is_forgiven_the_second_is_a_fault(scene: Scene) -> None:
    scene.start().die()
    scene.await_child(2)
    assert messages.CaptureFailed not in scene.kinds()
    scene.children[1].die()
    failed = scene.await_report(messages.CaptureFailed)
    assert "does not stay alive" in failed.message
    assert len(scene.children) == 2, "no third one without a pause"
    scene.clock.until_waiting(1)
    scene.clock.advance_s(RETRY_S)
    scene.await_child(3)


def test_a_machine_that_starts_no_process_is_a_fault_and_asked_again(scene: Scene) -> None:
    child = scene.start()
    scene.grow_old()
    scene.refuse_starts = 2
    child.die()
    failed = scene.await_report(messages.CaptureFailed)
    assert "no memory" in failed.message
    scene.clock.until_waiting(1)
    scene.clock.advance_s(RETRY_S)
    scene.await_child(2)


def test_a_process_that_refuses_to_begin_says_why(scene: Scene) -> None:
    child = scene.start()
    child.say(Refused("no driver `x`"))
    child.die("the recorder's process has ended (exit code 1)")
    assert "no driver `x`" in scene.await_report(messages.RecorderLost).message
    scene.await_child(2)


def test_a_camera_that_cannot_be_had_ends_it_and_nothing_is_started_anew(scene: Scene) -> None:
    child = scene.start()
    child.say(Refused("there is no camera driver 'x'", is_final=True))
    child.die("the recorder's process has ended (exit code 1)")
    assert scene.await_report(messages.CannotBegin).message == "there is no camera driver 'x'"
    scene.supervisor.expect_end()
    scene.supervisor.close(30.0)
    assert len(scene.children) == 1
    assert messages.RecorderLost not in scene.kinds()


def test_one_that_recorded_before_is_started_anew_whatever_it_says(scene: Scene) -> None:
    child = scene.start()
    child.say(messages.RecorderReady())
    scene.await_report(messages.RecorderReady)
    child.say(Refused("a library has gone", is_final=True))
    child.die("the recorder's process has ended (exit code 1)")
    assert "a library has gone" in scene.await_report(messages.RecorderLost).message
    scene.await_child(2)


def test_a_camera_that_fails_in_the_new_process_ends_the_waiting_for_it(scene: Scene) -> None:
    child = scene.start()
    scene.grow_old()
    scene.door.tell(Arm())
    child.die()
    after = scene.await_child(2)
    after.say(messages.CaptureFailed("no camera"))
    scene.await_report(messages.CaptureFailed)
    after.say(messages.Capturing(1, 64, 64, 10.0))
    scene.await_report(messages.Capturing)
    assert messages.RecorderBack not in scene.kinds()


def test_a_process_that_dies_while_closing_is_not_followed_and_its_clips_are_kept(
    scene: Scene,
) -> None:
    child = scene.start()
    recording_id = scene.record()
    scene.supervisor.expect_end()
    scene.door.tell(Disarm(1))
    child.die()
    scene.supervisor.close(_PATIENCE_S)
    assert scene.children == [child]
    assert scene.store.journal.clips(state=ClipState.RECORDING) == []
    assert scene.store.journal.recording(recording_id).trigger_off == "Recovered"
