"""UTC is set while the camera works: media stays where it is, and everything is written down."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.store import Store
from bwv_device.evidence.utc import ClockCorrection, UtcBasis, UtcStatement, utc_statement
from bwv_device.media.clock_watch import STEP_NS, ClockWatch
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.messages import Idle, Report, Resume, UtcChanged
from bwv_device.media.silence import Silence
from bwv_device.protocol.names import parse_clip_object, parse_recording_container
from hal.drivers.clock.virtual import VirtualClock
from tests.support.hasty import hasty_disk, hasty_folder
from tests.unit.media.media_live import live
from tests.unit.media.media_packets import MS, S
from tests.unit.media.media_rig import Rig, Rules

YEAR_S = 366 * 86_400.0
RULES = Rules(pre_record_s=2.0, split_after_s=3.0)


class Watched:
    """A watch over a clock that a test sets."""

    def __init__(self, journal: Journal) -> None:
        self.clock = VirtualClock(monotonic_ns=50 * S)
        self.reports: list[Report] = []
        self.journal = journal
        self.watch = ClockWatch(self.clock, journal, self.reports.append)

    def look_after_s(self, seconds: float) -> list[ClockCorrection]:
        self.clock.advance_s(seconds)
        self.watch.look()
        return self.journal.clock_corrections()


@pytest.fixture
def watched(store: Store) -> Watched:
    return Watched(store.journal)


@pytest.mark.parametrize("step_s", [0.051, -0.051, 3600.0, -3600.0, YEAR_S])
def test_a_step_is_noted_once_with_both_offsets(watched: Watched, step_s: float) -> None:
    before_ns = watched.clock.utc_reading().offset_ns
    assert watched.look_after_s(1) == []
    watched.clock.step_utc_s(step_s)
    (noted,) = watched.look_after_s(1)
    assert noted.offset_before_ns == before_ns
    assert noted.step_ns == round(step_s * S)
    assert noted.at_monotonic_ns == 52 * S
    assert (noted.error_before_ns, noted.error_after_ns) == (None, None)
    assert watched.look_after_s(1) == [noted]
    assert watched.reports == [UtcChanged(52 * S, pytest.approx(step_s), None)]


def test_slewing_is_followed_and_not_noted(watched: Watched) -> None:
    for _ in range(100):
        watched.clock.step_utc_s(STEP_NS / S)
        assert watched.look_after_s(1) == []


def test_it_is_noted_when_somebody_begins_to_answer_for_utc(watched: Watched) -> None:
    watched.clock.set_utc_error_s(0.02)
    (noted,) = watched.look_after_s(1)
    assert (noted.step_ns, noted.error_before_ns, noted.error_after_ns) == (0, None, 20 * MS)
    watched.clock.set_utc_error_s(None)
    assert watched.look_after_s(1) == [noted], "nothing is learnt by that"
    assert watched.watch.error_of(60 * S, noted.offset_after_ns) is None


def test_it_looks_once_a_second_unless_it_is_asked_for_the_time(watched: Watched) -> None:
    assert watched.look_after_s(1) == []
    watched.clock.step_utc_s(3600)
    assert watched.look_after_s(0.9) == []
    assert watched.watch.read().utc_ns == watched.clock.utc_ns()
    assert len(watched.look_after_s(0)) == 1


def test_an_error_of_a_time_made_from_an_older_offset_has_the_step_in_it(watched: Watched) -> None:
    offset_ns = watched.clock.utc_reading().offset_ns
    watched.clock.step_utc_s(10)
    watched.clock.set_utc_error_s(0.5)
    # Ten seconds before, at 500 ppm, are 5 ms more.
    assert watched.watch.error_of(40 * S, offset_ns) == 10 * S + 500 * MS + 5 * MS


def test_a_journal_that_fails_ends_nothing(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(watched.journal, "add_clock_correction", refuse)
    watched.clock.step_utc_s(3600)
    assert watched.look_after_s(1) == []
    assert watched.reports == [UtcChanged(51 * S, 3600.0, None)]


# In a keeper


@pytest.fixture
def rig(store: Store, templates: Templates, silence: Silence) -> Rig:
    return Rig(store, templates, silence, RULES, clock=synchronised(0.010))


def synchronised(error_s: float | None) -> VirtualClock:
    clock = VirtualClock()
    clock.set_utc_error_s(error_s)
    return clock


def statements(rig: Rig, recording: int = 0) -> list[UtcStatement | None]:
    journal = rig.store.journal
    found = journal.recordings()[recording]
    corrections = journal.clock_corrections()
    return [utc_statement(found, clip, corrections) for clip in rig.clips(recording)]


def record(rig: Rig, step_s: float, *, error_s: float | None, step_at_ms: int = 6_000) -> None:
    """Ten seconds of a session with a recording from 4 s to 9 s, and UTC set meanwhile."""
    rig.open_source()
    live(rig, 0, 4_000)
    rig.begin(4 * S)
    live(rig, 4_000, step_at_ms)
    rig.clock.step_utc_s(step_s)
    rig.clock.set_utc_error_s(error_s)
    live(rig, step_at_ms, 9_000)
    rig.end(9 * S)
    live(rig, 9_000, 10_000)
    rig.close_source()


@pytest.mark.parametrize("step_s", [3600.0, -3600.0, YEAR_S, -YEAR_S, -2.0])
@pytest.mark.parametrize("step_at_ms", [4_500, 6_000, 5_050])
def test_a_step_in_a_recording_moves_no_packet_and_no_time_of_it(
    rig: Rig, step_s: float, step_at_ms: int
) -> None:
    offset_ns = rig.clock.utc_reading().offset_ns
    record(rig, step_s, error_s=None, step_at_ms=step_at_ms)
    (recording,) = rig.store.journal.recordings()
    assert recording.utc_offset_ns == offset_ns and recording.utc_error_ns == 10 * MS
    assert recording.trigger_on_utc_ns == 4 * S + offset_ns
    assert recording.trigger_off_utc_ns == 9 * S + offset_ns
    clips = rig.clips()
    assert [clip.start_utc_ns - offset_ns for clip in clips] == [2 * S, 5 * S, 8 * S]
    assert rig.numbers() == list(range(20, 90))
    for clip in clips:
        times_ns = [each.time_ns for each in rig.written(clip) if each.track == "video"]
        assert times_ns == [number * 100 * MS for number in range(len(times_ns))]
    (noted,) = rig.store.journal.clock_corrections()
    assert noted.step_ns == round(step_s * S) and noted.clock_run == recording.clock_run
    assert step_at_ms * MS <= noted.at_monotonic_ns <= (step_at_ms + 1_100) * MS
    assert len(rig.reported(UtcChanged)) == 1
    assert rig.findings() == []


def test_a_clip_that_begins_behind_a_step_states_no_bound_that_nobody_knows(rig: Rig) -> None:
    record(rig, 3600.0, error_s=None)
    assert [clip.start_utc_error_ns for clip in rig.clips()] == [
        # What was read at the trigger, two seconds later, at 500 ppm.
        10 * MS + 1 * MS,
        10 * MS + rig_lag_ns(rig, 1),
        None,
    ]
    assert [said.basis for said in statements(rig) if said] == [UtcBasis.SYNCHRONISED] * 3
    # The third was opened when nobody answered any more; the trigger's bound stands, four
    # seconds later.
    third = statements(rig)[2]
    assert third is not None and third.error_ns == 10 * MS + 2 * MS


def rig_lag_ns(rig: Rig, clip: int) -> int:
    """What is added for the moment from the clip's first picture to its opening."""
    found = rig.clips()[clip].start_utc_error_ns
    assert found is not None and 0 <= found - 10 * MS <= MS
    return found - 10 * MS


def test_a_year_wrong_at_boot_set_right_in_mid_recording_is_told_as_a_correction(
    rig: Rig,
) -> None:
    rig.clock.set_utc_error_s(None)
    record(rig, YEAR_S, error_s=0.020)
    first = statements(rig)[0]
    assert first is not None and first.basis is UtcBasis.CORRECTED
    assert first.correction_ns == round(YEAR_S * S)
    assert first.corrected_error_ns is not None
    assert 20 * MS <= first.corrected_error_ns <= 23 * MS
    assert first.error_ns == first.correction_ns + first.corrected_error_ns
    assert {said.correction_ns for said in statements(rig) if said} == {round(YEAR_S * S)}


def test_a_clock_that_nobody_ever_answers_for_says_so(rig: Rig) -> None:
    rig.clock.set_utc_error_s(None)
    record(rig, 3600.0, error_s=None)
    unknown = UtcStatement(UtcBasis.UNSYNCHRONISED, None)
    assert statements(rig) == [unknown] * 3
    assert rig.store.journal.recordings()[0].utc_error_ns is None


def test_a_clock_that_is_set_right_after_the_recording_corrects_it_too(rig: Rig) -> None:
    rig.clock.set_utc_error_s(None)
    record(rig, 0.0, error_s=None)
    rig.clock.step_utc_s(-3600)
    rig.clock.set_utc_error_s(0.020)
    rig.at(20 * S, Idle())
    assert {said.correction_ns for said in statements(rig) if said} == {-3600 * S}


def test_another_run_of_the_program_corrects_nothing(
    rig: Rig, templates: Templates, silence: Silence
) -> None:
    rig.clock.set_utc_error_s(None)
    record(rig, 0.0, error_s=None)
    later = Rig(rig.store, templates, silence, rig.rules, clock=VirtualClock())
    later.clock.step_utc_s(3600)
    later.clock.set_utc_error_s(0.020)
    later.at(30 * S, Idle())
    assert len(rig.store.journal.clock_corrections()) == 1
    assert {said.basis for said in statements(rig) if said} == {UtcBasis.UNSYNCHRONISED}


@pytest.mark.parametrize("before_death_s", [0.0, 60.0])
def test_a_media_process_that_takes_over_sees_what_was_done_to_utc_meanwhile(
    rig: Rig, templates: Templates, silence: Silence, before_death_s: float
) -> None:
    rig.clock.set_utc_error_s(None)
    rig.open_source()
    live(rig, 0, 3_000)
    rig.begin(3 * S)
    live(rig, 3_000, 5_500)
    rig.clock.step_utc_s(before_death_s)
    live(rig, 5_500, 7_000)
    (recording,) = rig.store.journal.recordings()
    rig.clock.step_utc_s(3600)
    heir = Rig(rig.store, templates, silence, RULES, clock=rig.clock)
    heir.at(8 * S, Resume(recording.id, 3 * S))
    steps_s = [each.step_ns / S for each in rig.store.journal.clock_corrections()]
    assert steps_s == [*([before_death_s] if before_death_s else []), 3600.0]
    heir.clock.step_utc_s(-3600)
    heir.clock.set_utc_error_s(0.010)
    heir.at(10 * S, Idle())
    corrections = rig.store.journal.clock_corrections()
    assert {each.clock_run for each in corrections} == {recording.clock_run}
    said = utc_statement(recording, rig.clips()[0], corrections)
    assert said is not None and said.correction_ns == round(before_death_s * S)


def test_names_stay_unique_when_utc_goes_back_over_a_split_and_a_whole_recording(
    rig: Rig,
) -> None:
    record(rig, -3.0, error_s=0.010, step_at_ms=7_950)
    # Now UTC has the seconds once more at which the first recording was triggered and split.
    rig.open_source()
    for again in (0, 1):
        first_ms = 10_000 + 10_000 * again
        live(rig, first_ms, first_ms + 2_000)
        rig.begin((first_ms + 2_000) * MS)
        live(rig, first_ms + 2_000, first_ms + 8_000)
        rig.end((first_ms + 8_000) * MS)
        live(rig, first_ms + 8_000, first_ms + 9_000)
        rig.clock.step_utc_s(-10.0)
    rig.close_source()
    recordings = rig.store.journal.recordings()
    assert len({recording.container for recording in recordings}) == 3
    files = [clip.file for clip in rig.store.journal.clips()]
    assert len(files) == len(set(files)) and all(Path(file).suffix == ".mp4" for file in files)
    for recording in recordings:
        assert parse_recording_container(recording.container).serial == recording.serial
        starts = [clip.start_utc_ns for clip in rig.store.journal.clips(recording.id)]
        assert starts == sorted(starts) and len(set(starts)) == len(starts)
        for clip in rig.store.journal.clips(recording.id):
            named_ns = parse_clip_object(Path(clip.file).name).start_ns
            assert named_ns == clip.start_utc_ns // S * S
    assert rig.findings() == []


@settings(deadline=None, max_examples=25)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 9_900),
            st.floats(-1e6, 1e6).map(lambda value: round(value, 3)),
            st.sampled_from([None, 0.001, 0.5]),
        ),
        max_size=4,
    ),
    first_error_s=st.sampled_from([None, 0.010]),
)
def test_whatever_is_done_to_utc_all_times_of_a_recording_belong_together(
    steps: list[tuple[int, float, float | None]],
    first_error_s: float | None,
    templates: Templates,
    silence: Silence,
) -> None:
    acts: list[tuple[int, Callable[[Rig], None]]] = [
        (4_000, lambda rig: rig.begin(4 * S)),
        (9_000, lambda rig: rig.end(9 * S)),
        *((at_ms, partial(set_utc, step_s=by_s, error_s=bound)) for at_ms, by_s, bound in steps),
        (10_000, Rig.close_source),
    ]
    with hasty_folder() as folder, hasty_disk():
        store = Store.open(folder / "store")
        rig = Rig(store, templates, silence, RULES, clock=synchronised(first_error_s))
        rig.open_source()
        now_ms = 0
        for at_ms, act in sorted(acts, key=lambda each: each[0]):
            live(rig, now_ms, at_ms)
            act(rig)
            now_ms = at_ms
        (recording,) = store.journal.recordings()
        offset_ns = recording.utc_offset_ns
        assert offset_ns is not None
        assert recording.trigger_on_utc_ns - offset_ns == 4 * S
        assert [clip.start_utc_ns - offset_ns for clip in rig.clips()] == [2 * S, 5 * S, 8 * S]
        assert rig.numbers() == list(range(20, 90))
        assert rig.findings() == []
        store.close()


def set_utc(rig: Rig, *, step_s: float, error_s: float | None) -> None:
    rig.clock.step_utc_s(step_s)
    rig.clock.set_utc_error_s(error_s)
