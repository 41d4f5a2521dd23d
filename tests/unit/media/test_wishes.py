"""What a new media process is told, after any commands to the one before."""

from hypothesis import given
from hypothesis import strategies as st

from bwv_device.evidence.records import EndReason
from bwv_device.media.messages import Begin, End, Mark, RecordingBegun, Resume
from bwv_device.media.process.wire import Arm, Disarm
from bwv_device.media.process.wishes import Wishes

BEGIN, END = Begin(100, "Button"), End(200, "Button", EndReason.STOP)


def wishes(*happened: object) -> Wishes:
    made = Wishes()
    for each in happened:
        if isinstance(each, RecordingBegun):
            made.learn(each)
        else:
            made.note(each)
    return made


def test_a_recording_that_the_journal_knows_goes_on_with_its_bookmarks() -> None:
    told = wishes(Arm(), BEGIN, RecordingBegun(7, 100), Mark(150))
    assert told.armed
    assert told.goes_on == 7
    assert told.again() == [Resume(7, 100), Mark(150)]


def test_a_recording_that_the_journal_never_heard_of_is_begun_anew() -> None:
    told = wishes(BEGIN, RecordingBegun(6, 50), Mark(150))
    assert told.armed
    assert told.goes_on is None
    assert told.again() == [BEGIN, Mark(150)]


def test_a_recording_that_was_stopped_does_not_go_on_and_its_stop_is_remembered() -> None:
    told = wishes(BEGIN, RecordingBegun(7, 100), Mark(150), END, Disarm(210))
    assert not told.armed
    assert (told.goes_on, told.again()) == (None, [])
    assert told.ends() == {7: (100, END)}


def test_a_stop_of_a_recording_that_the_journal_never_heard_of_has_nothing_to_end() -> None:
    assert wishes(BEGIN, END).ends() == {}


def test_the_next_recording_does_not_go_on_with_the_bookmarks_of_the_one_before() -> None:
    second = Begin(300, "Button")
    told = wishes(BEGIN, RecordingBegun(7, 100), Mark(150), END, second, RecordingBegun(8, 300))
    assert told.again() == [Resume(8, 300)]
    assert told.ends() == {7: (100, END)}


@st.composite
def shifts(draw: st.DrawFn) -> list[object]:
    """Commands as the firmware gives them; each begin is known to the journal or not yet."""
    happened: list[object] = []
    running = False
    for at_ns in range(draw(st.integers(0, 30))):
        kind = draw(st.sampled_from(["arm", "disarm", "begin", "end", "mark"]))
        if kind == "begin" and not running:
            running = True
            happened.append(Begin(at_ns, "Button"))
            if draw(st.booleans()):
                happened.append(RecordingBegun(at_ns + 1000, at_ns))
        elif kind == "end" and running:
            running = False
            happened.append(End(at_ns, "Button", EndReason.STOP))
        elif kind == "mark" and running:
            happened.append(Mark(at_ns))
        elif kind == "arm":
            happened.append(Arm())
        elif kind == "disarm" and not running:
            happened.append(Disarm(at_ns))
    return happened


@given(shifts())
def test_a_new_process_does_what_the_old_one_was_asked_for(happened: list[object]) -> None:
    told = wishes(*happened)
    begins = [each for each in happened if isinstance(each, Begin)]
    ends = [each for each in happened if isinstance(each, End)]
    runs = len(begins) > len(ends)
    again = told.again()
    assert bool(again) == runs
    if runs:
        known = {each.trigger_ns: each.recording_id for each in happened if
                 isinstance(each, RecordingBegun)}  # fmt: skip
        last = begins[-1]
        first = Resume(known[last.trigger_ns], last.trigger_ns) if (
            last.trigger_ns in known) else last  # fmt: skip
        marks = [each for each in happened[happened.index(last) :] if isinstance(each, Mark)]
        assert again == [first, *marks[-8:]]
    assert len(told.ends()) <= min(8, len(ends))
