"""Every second is accounted for, and nothing is known that nobody vouches for."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bwv_device.evidence.ledger.account import (
    BEFORE,
    BEHIND,
    CUT,
    MISSING,
    NOT_KEPT,
    OFF,
    SILENCE_MAX_NS,
    SILENT,
    UNKNOWN,
    Account,
    account,
    shifts,
)
from bwv_device.evidence.ledger.check import Checked, check_segments
from bwv_device.evidence.ledger.entry import Entry, Stamp
from bwv_device.evidence.ledger.kinds import HEARTBEAT_S, Kind, Own
from bwv_device.evidence.ledger.segment import segment_file
from tests.support.ledgers import START_UTC_NS, Hand, S, open_ledger, read_segments


class Diary:
    """Entries by hand: the ledger's own are of no matter here."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.hand = Hand()
        self.run = "run-0"

    def enter(self, kind: str, after_s: float = 0.0, **data: object) -> None:
        stamp = self.hand.go_on_s(after_s)
        number = len(self.entries) + 1
        self.entries.append(Entry(number, kind, self.run, stamp, data, "00" * 32))

    def boot(self, off_s: float = 0.0) -> None:
        if self.entries:
            self.hand.reboot(off_s)
        self.run = f"run-{len(self.entries)}"
        self.enter(Kind.BOOT)

    def state(self, state: str, after_s: float = 1.0) -> None:
        self.enter(Kind.STATE, after_s, state=state)

    def live(self, seconds: float, state: str) -> None:
        for _ in range(round(seconds / HEARTBEAT_S)):
            self.enter(Kind.ALIVE, HEARTBEAT_S, state=state)


def seconds(made: Account) -> list[tuple[str, float, str]]:
    return [(each.state, each.length_ns / S, each.why) for each in made.stretches]


def test_a_shift_from_the_dock_to_the_dock() -> None:
    diary = Diary()
    diary.boot()
    diary.state("docked")
    diary.live(20, "docked")
    diary.state("pre_record")
    diary.live(60, "pre_record")
    diary.state("recording", 2)
    diary.live(30, "recording")
    diary.state("pre_record", 2)
    diary.state("docked", 4)
    diary.live(10, "docked")
    (shift,) = shifts(account(diary.entries))[1:]
    assert seconds(shift) == [("pre_record", 62, ""), ("recording", 32, ""), ("pre_record", 4, "")]
    assert shift.unknown == ()


def test_a_power_cut_is_unknown_up_to_the_next_start_and_a_switching_off_is_off() -> None:
    diary = Diary()
    diary.boot()
    diary.state("standby")
    diary.live(20, "standby")
    diary.boot(off_s=40)
    diary.state("standby")
    diary.enter(Kind.OFF, 2)
    diary.boot(off_s=600)
    diary.state("standby")
    assert seconds(account(diary.entries)) == [
        ("booting", 1, ""),
        ("standby", 20, ""),
        (UNKNOWN, 40, CUT),
        ("booting", 1, ""),
        ("standby", 2, ""),
        (OFF, 600, ""),
        ("booting", 1, ""),
    ]


def test_no_sign_of_life_is_unknown_and_a_late_one_is_not() -> None:
    diary = Diary()
    diary.boot()
    diary.state("standby", 0)
    diary.enter(Kind.ALIVE, SILENCE_MAX_NS / S, state="standby")
    diary.enter(Kind.ALIVE, SILENCE_MAX_NS / S + 1, state="standby")
    assert seconds(account(diary.entries)) == [
        ("standby", SILENCE_MAX_NS / S, ""),
        (UNKNOWN, SILENCE_MAX_NS / S + 1, SILENT),
    ]


def test_entries_that_are_missing_or_were_not_kept_leave_their_time_unknown() -> None:
    diary = Diary()
    diary.boot()
    diary.state("standby", 0)
    diary.live(30, "standby")
    begin_ns = diary.hand.mono_ns
    diary.hand.go_on_s(3)
    diary.enter(Own.LOST, count=7, from_mono_ns=begin_ns + S, to_mono_ns=begin_ns + 3 * S)
    without = [each for each in diary.entries if each.number != 5]
    assert seconds(account(without)) == [
        ("standby", 10, ""),
        (UNKNOWN, 10, MISSING),
        ("standby", 11, ""),
        (UNKNOWN, 2, NOT_KEPT),
    ]


def test_what_was_asked_beyond_the_ledger_is_unknown() -> None:
    diary = Diary()
    diary.boot()
    diary.state("standby", 5)
    begin_ns = START_UTC_NS + 100 * S
    made = account(diary.entries, begin_ns - 10 * S, begin_ns + 20 * S)
    assert seconds(made) == [(UNKNOWN, 10, BEFORE), ("booting", 5, ""), (UNKNOWN, 15, BEHIND)]
    assert seconds(account([], 0, 9 * S)) == [(UNKNOWN, 9, BEFORE)]
    assert account([]).stretches == ()


def test_utc_that_is_set_while_it_runs_neither_adds_nor_takes_a_second() -> None:
    diary = Diary()
    diary.hand.error_ns = None
    diary.boot()
    diary.state("standby", 0)
    diary.live(20, "standby")
    diary.hand.offset_ns += 3600 * S
    diary.hand.error_ns = 1000
    diary.live(20, "standby")
    made = account(diary.entries)
    assert seconds(made) == [("standby", 40, "")]
    assert made.stretches[0].from_ns == START_UTC_NS + (100 + 3600) * S, "by what was known best"
    assert any("UTC was set by +3600.000 s" in remark for remark in made.remarks)


def test_utc_set_back_between_two_runs_is_remarked_and_counts_no_second_twice() -> None:
    diary = Diary()
    diary.boot()
    diary.state("standby", 0)
    diary.live(20, "standby")
    diary.boot(off_s=-15)
    diary.state("recording", 0)
    diary.live(30, "recording")
    made = account(diary.entries)
    assert seconds(made) == [("standby", 20, ""), ("recording", 15, "")]
    assert any("set back" in remark for remark in made.remarks)


def test_a_run_that_nobody_gave_the_time_is_remarked() -> None:
    diary = Diary()
    diary.hand.error_ns = None
    diary.boot()
    diary.live(5, "standby")
    assert any("nobody answered for UTC" in remark for remark in account(diary.entries).remarks)


def test_a_change_of_state_that_was_heard_of_late_counts_from_then_on() -> None:
    diary = Diary()
    diary.boot()
    diary.state("booting", 0)
    diary.enter(Kind.ALIVE, 2, state="booting")
    diary.state("pre_record", 0)
    late = diary.entries[-1]
    stamp = Stamp(late.stamp.utc_ns - S, late.stamp.utc_error_ns, late.stamp.mono_ns - S)
    diary.entries[-1] = replace(late, stamp=stamp)
    diary.enter(Kind.ALIVE, 5, state="pre_record")
    assert seconds(account(diary.entries)) == [("booting", 2, ""), ("pre_record", 5, "")]


WORDS = st.sampled_from(["standby", "pre_record", "recording", "docked", "fault"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("state"), WORDS, st.floats(0, 30)),
        st.tuples(st.just("alive"), WORDS, st.floats(0, 30)),
        st.tuples(st.just("boot"), st.just(""), st.floats(-50, 500)),
        st.tuples(st.just("off"), st.just(""), st.floats(0, 3)),
        st.tuples(st.just("step"), st.just(""), st.floats(-500, 500)),
        st.tuples(st.just("other"), st.just(""), st.floats(-5, 5)),
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=200)
@given(STEPS, st.data())
def test_stretches_cover_what_is_asked_without_hole_or_overlap(
    steps: list[tuple[str, str, float]], data: st.DataObject
) -> None:
    diary = Diary()
    diary.boot()
    for what, word, length_s in steps:
        if what == "boot":
            diary.boot(length_s)
        elif what == "step":
            diary.hand.offset_ns += round(length_s * S)
        elif what == "other":
            stamp = Stamp(0, None, max(0, diary.hand.mono_ns + round(length_s * S)))
            number = len(diary.entries) + 1
            diary.entries.append(Entry(number, Kind.BUTTON, diary.run, stamp, {}, "00" * 32))
        else:
            diary.enter({"off": Kind.OFF}.get(what, what), length_s, state=word)
    kept = [each for each in diary.entries if each.number == 1 or data.draw(st.integers(0, 9))]
    begin_ns = START_UTC_NS + data.draw(st.integers(-100, 2000)) * S
    end_ns = begin_ns + data.draw(st.integers(1, 3000)) * S
    made = account(kept, begin_ns, end_ns)
    assert made.stretches[0].from_ns == begin_ns and made.stretches[-1].to_ns == end_ns
    for here, there in zip(made.stretches, made.stretches[1:], strict=False):
        assert here.to_ns == there.from_ns and here.length_ns > 0
    assert all(bool(each.why) == (each.state == UNKNOWN) for each in made.stretches)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 1000))
def test_cut_at_any_byte_and_started_again_no_second_is_claimed_that_was_not_seen(
    tmp_path_factory: pytest.TempPathFactory, thousandth: int
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    hand = Hand()
    ledger = open_ledger(folder, hand)
    ledger.append(Kind.BOOT, {}, hand.go_on_s(1))
    for _ in range(10):
        ledger.append(Kind.ALIVE, {"state": "standby"}, hand.go_on_s(HEARTBEAT_S))
    ledger.abandon()
    path = segment_file(folder, 1)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 4 + len(whole) * 3 // 4 * thousandth // 1000])
    last = _checked(folder).entries[-1]
    hand.reboot(off_s=30)
    again = open_ledger(folder, hand)
    again.append(Kind.BOOT, {})
    again.close()
    made = account(_checked(folder).entries)
    (unknown,) = made.unknown
    assert unknown.why == CUT
    assert unknown.from_ns == last.stamp.utc_ns and unknown.to_ns == hand.now().utc_ns


def _checked(folder: Path) -> Checked:
    return check_segments(read_segments(folder))
