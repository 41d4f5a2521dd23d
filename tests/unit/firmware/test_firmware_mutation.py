"""Breaks every row of the table in every way that it can be broken: the expectations notice."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import pytest

from bwv_device.firmware import table_machine
from bwv_device.firmware.events import Trigger
from bwv_device.firmware.indications import Moment
from bwv_device.firmware.states import State
from bwv_device.firmware.table import TABLE, Action, Guard, Row
from tests.unit.firmware.firmware_behaviour import answer_of, wanted
from tests.unit.firmware.firmware_drive import camera_after
from tests.unit.firmware.firmware_rules import HISTORIES, broken_rules, name_of

WANTED = wanted()
Word = TypeVar("Word")


def broken(row: Row) -> Iterator[Row | None]:
    """`row` left out (None), and with each of its fields made wrong in each way."""
    yield None
    yield from (replace(row, dest=dest) for dest in (*State, None) if dest is not row.dest)
    yield from (replace(row, source=state) for state in State if state is not row.source)
    yield from (replace(row, trigger=name) for name in Trigger if name is not row.trigger)
    yield from (replace(row, guards=toggled(row.guards, guard)) for guard in Guard)
    yield from (replace(row, actions=toggled(row.actions, action)) for action in Action)
    yield from (replace(row, plays=toggled(row.plays, moment)) for moment in Moment)


def toggled(words: tuple[Word, ...], word: Word) -> tuple[Word, ...]:
    """`words` without `word` if it was there, else with it."""
    return tuple(w for w in words if w != word) if word in words else (*words, word)


def is_noticed(row: Row, wrong: Row | None) -> bool:
    """True when a rule or an expectation tells `wrong` from `row`; those of the same event come
    first, because they are the likeliest."""
    if wrong and broken_rules(wrong):
        return True
    likeliest_first = sorted(WANTED, key=lambda case: case[1] is not row.trigger)
    return any(answer_of(*case) != WANTED[case] for case in likeliest_first) or any(
        camera_after(history.triggers, history.policy).state != history.state
        for history in HISTORIES
    )


@pytest.mark.parametrize("position", range(len(TABLE)), ids=lambda place: name_of(TABLE[place]))
def test_a_broken_row_is_noticed(position: int, monkeypatch: pytest.MonkeyPatch) -> None:
    row = TABLE[position]
    for wrong in broken(row):
        rows = (*TABLE[:position], *filter(None, (wrong,)), *TABLE[position + 1 :])
        monkeypatch.setattr(table_machine, "TABLE", rows)
        assert is_noticed(row, wrong), wrong


def test_the_table_as_it_is_is_not_taken_for_broken() -> None:
    assert not is_noticed(TABLE[0], TABLE[0])
