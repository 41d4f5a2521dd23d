"""What is said of a clip's times: never more than was known, and never nearer than it is."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bwv_device.evidence import schema
from bwv_device.evidence.records import Clip, ClipState, EndReason, Recording
from bwv_device.evidence.store import Store
from bwv_device.evidence.utc import (
    ClockCorrection,
    UtcBasis,
    UtcStatement,
    correction_of,
    error_at,
    steps_after_trigger,
    utc_statement,
)

S, MS = 10**9, 10**6
TRUE_OFFSET_NS = 1_790_000_000 * S
RUN = "run"
errors = st.one_of(st.none(), st.integers(0, 20 * S))
shares = st.floats(-1, 1)


def recording(offset_ns: int | None, error_ns: int | None, trigger_ns: int = 100 * S) -> Recording:
    """Triggered at `trigger_ns` of monotonic time, for a minute."""
    utc_ns = trigger_ns + (TRUE_OFFSET_NS if offset_ns is None else offset_ns)
    return Recording(
        *(1, "c", "7CF7", "u", "PC", "B", "M", "0", "Button", utc_ns, "Button", utc_ns + 60 * S),
        pre_record_asked_ns=0,
        time_zone="UTC",
        completed_utc_ns=None,
        clock_run=RUN,
        utc_offset_ns=offset_ns,
        utc_error_ns=error_ns,
    )


def clip(of: Recording, start_ns: int, error_ns: int | None = None) -> Clip:
    """A clip that starts at `start_ns` of monotonic time."""
    return Clip(
        *(1, 1, 1, "clips/x/y.mp4", ClipState.FINALISED),
        start_utc_ns=start_ns + (of.utc_offset_ns or TRUE_OFFSET_NS),
        pre_record_delivered_ns=0,
        pre_record_short_reason=None,
        frame_ns=1,
        end_reason=EndReason.STOP,
        duration_ns=S,
        frames=1,
        frames_dropped=0,
        bytes=1,
        sha256="a",
        md5="b",
        destination=None,
        problem=None,
        start_utc_error_ns=error_ns,
    )


def correction(at_ns: int, before_ns: int, after_ns: int, error_ns: int | None) -> ClockCorrection:
    return ClockCorrection(RUN, at_ns, before_ns, after_ns, None, error_ns)


def wrong_by(error_ns: int | None, share: float, whatever_ns: int) -> int:
    """An offset that is as wrong as its bound allows; without a bound, as wrong as anything."""
    return TRUE_OFFSET_NS + (whatever_ns if error_ns is None else int(error_ns * share))


@given(
    trigger=st.tuples(errors, shares, st.integers(-(10**17), 10**17)),
    later=st.lists(
        st.tuples(st.integers(101, 5000), errors, shares, st.integers(-(10**17), 10**17)),
        max_size=4,
    ),
    start_s=st.integers(70, 4000),
)
def test_the_truth_is_within_whatever_bound_is_stated(
    trigger: tuple[int | None, float, int],
    later: list[tuple[int, int | None, float, int]],
    start_s: int,
) -> None:
    made = recording(wrong_by(*trigger), trigger[0])
    offset_ns = wrong_by(*trigger)
    found = []
    for at_s, error_ns, share, whatever_ns in sorted(later, key=lambda each: each[0]):
        before_ns, offset_ns = offset_ns, wrong_by(error_ns, share, whatever_ns)
        found.append(correction(at_s * S, before_ns, offset_ns, error_ns))
    one = clip(made, start_s * S)
    said = utc_statement(made, one, found)
    assert said is not None
    truth_ns = start_s * S + TRUE_OFFSET_NS
    knows = trigger[0] is not None or any(each[1] is not None for each in later)
    assert (said.error_ns is not None) == knows
    assert (said.basis is UtcBasis.UNSYNCHRONISED) == (not knows)
    if said.error_ns is not None:
        assert abs(one.start_utc_ns - truth_ns) <= said.error_ns
    assert (said.correction_ns is not None) == (said.basis is UtcBasis.CORRECTED)
    if said.correction_ns is not None and said.corrected_error_ns is not None:
        assert abs(one.start_utc_ns + said.correction_ns - truth_ns) <= said.corrected_error_ns
        assert trigger[0] is None, "readings that are right never contradict each other"


def test_a_bound_grows_by_what_a_clock_may_run_wrong_and_is_rounded_up() -> None:
    assert error_at(10 * MS, 0) == 10 * MS
    assert error_at(10 * MS, 20 * S) == error_at(10 * MS, -20 * S) == 20 * MS
    assert error_at(0, 1) == 1


def test_a_later_time_that_contradicts_a_stated_bound_counts() -> None:
    made = recording(TRUE_OFFSET_NS, 10 * MS)
    agrees = correction(120 * S, TRUE_OFFSET_NS + S, TRUE_OFFSET_NS + 25 * MS, 20 * MS)
    assert correction_of(made, [agrees]) is None
    differs = correction(120 * S, TRUE_OFFSET_NS, TRUE_OFFSET_NS + S, 20 * MS)
    assert correction_of(made, [differs]) is differs
    unanswered = replace(differs, error_after_ns=None)
    assert correction_of(made, [unanswered]) is None


def test_only_what_the_same_run_saw_after_the_trigger_counts() -> None:
    made = recording(TRUE_OFFSET_NS - S, None)
    good = correction(120 * S, TRUE_OFFSET_NS - S, TRUE_OFFSET_NS, MS)
    assert correction_of(made, [good]) is good
    assert correction_of(made, [replace(good, clock_run="another")]) is None
    assert correction_of(made, [replace(good, at_monotonic_ns=99 * S)]) is None
    better = replace(good, at_monotonic_ns=130 * S)
    assert correction_of(made, [good, better]) is better


def test_steps_are_told_from_the_trigger_to_the_stop() -> None:
    made = recording(TRUE_OFFSET_NS, MS)
    steps = [
        correction(at_s * S, TRUE_OFFSET_NS, TRUE_OFFSET_NS + at_s * S, None)
        for at_s in (90, 110, 150, 161)
    ]
    assert steps_after_trigger(made, steps) == [(10 * S, 110 * S), (50 * S, 150 * S)]
    running = replace(made, trigger_off=None, trigger_off_utc_ns=None)
    assert len(steps_after_trigger(running, steps)) == 3


def test_what_was_read_at_the_clips_opening_is_nearer_than_what_was_at_the_trigger() -> None:
    made = recording(TRUE_OFFSET_NS, 10 * MS)
    late = clip(made, 3700 * S, error_ns=7 * MS)
    assert utc_statement(made, late, []) == UtcStatement(UtcBasis.SYNCHRONISED, 7 * MS)
    unread = replace(late, start_utc_error_ns=None)
    assert utc_statement(made, unread, []) == UtcStatement(UtcBasis.SYNCHRONISED, 1810 * MS)


def test_a_recording_that_does_not_say_is_not_judged() -> None:
    made = recording(None, None)
    good = correction(120 * S, TRUE_OFFSET_NS - S, TRUE_OFFSET_NS, MS)
    assert utc_statement(made, clip(made, 100 * S), [good]) is None
    assert correction_of(made, [good]) is None and steps_after_trigger(made, [good]) == []


def test_a_store_of_an_older_version_says_nothing_of_its_clocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = next(n for n, step in enumerate(schema.STEPS) if "clock_correction" in step)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "STEPS", schema.STEPS[:before])
        patch.setattr(schema, "VERSION", before)
        older = Store.open(tmp_path)
        older.journal._run(_OLD_RECORDING, ())
        older.journal._run(_OLD_CLIP, ())
        older.close()
    store = Store.open(tmp_path)
    (found,), (of,) = store.journal.clips(), store.journal.recordings()
    assert (found.start_utc_error_ns, found.drift_ppm) == (None, None)
    assert (of.clock_run, of.utc_offset_ns, of.utc_error_ns) == ("", None, None)
    assert utc_statement(of, found, store.journal.clock_corrections()) is None
    assert store.journal.problems() == []
    store.close()


_OLD_RECORDING = """
INSERT INTO recording (container, short_id, user_id, user_name, serial, model, firmware_version,
    trigger_on, trigger_on_utc_ns, pre_record_asked_ns, time_zone)
VALUES ('c', '7CF7', 'u', 'PC', 'B', 'M', '0', 'Button', 1000, 0, 'UTC')
"""
_OLD_CLIP = """
INSERT INTO clip (recording_id, number, file, state, start_utc_ns,
    pre_record_delivered_ns, frame_ns)
VALUES (1, 1, 'clips/c/x.mp4', 'recording', 1000, 0, 1)
"""
