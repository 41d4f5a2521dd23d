"""Whatever is commanded, reported or told becomes an entry that the ledger takes."""

import dataclasses
import json
import types
import typing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.agent.facts import TEXT_MAX, battery_said, said_of
from bwv_device.dock import events as dock
from bwv_device.evidence.ledger.entry import BEFORE_ALL, Stamp, make_line, parse_line
from bwv_device.evidence.ledger.kinds import Kind
from bwv_device.evidence.records import Clip, Recording
from bwv_device.firmware import commands
from bwv_device.media import messages
from hal.interfaces.battery import BatteryReading
from tests.support.stores import NEW_RECORDING

KINDS = [
    *typing.get_args(messages.Report),
    *typing.get_args(dock.DockEvent),
    *typing.get_args(commands.Command),
]
FAULTS = {"CaptureFailed", "CameraLost", "RecorderLost", "CardSilent", "WritingFailed"}


st.register_type_strategy(
    Clip, st.builds(types.SimpleNamespace, file=st.text(max_size=300), id=st.integers())
)
st.register_type_strategy(
    Recording, st.builds(types.SimpleNamespace, container=st.text(max_size=300))
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(deadline=None, max_examples=15)
@given(st.data())
def test_each_observation_becomes_entries_that_are_json(kind: type, data: st.DataObject) -> None:
    observation = data.draw(st.from_type(kind))
    said = list(said_of(observation))
    assert bool(said) == (kind not in (dock.Progress,) and _has_any(observation))
    for one in said:
        finite = json.loads(json.dumps(one.data), parse_constant=lambda _: None)
        line, _ = make_line(1, one.kind, "run", Stamp(0, None, 0), finite, BEFORE_ALL)
        assert parse_line(line).kind == one.kind


def _has_any(observation: Any) -> bool:
    """One that is about several files may be about none."""
    return not (isinstance(observation, messages.RoomMade) and not observation.files)


@given(st.sampled_from(KINDS))
def test_what_stands_in_the_way_of_recording_is_a_fault(kind: type) -> None:
    if kind.__name__ not in FAULTS:
        return
    names = [field.name for field in dataclasses.fields(kind)]
    (said,) = said_of(kind(**dict.fromkeys(names, "x" * 5000)))
    assert said.kind is Kind.FAULT and len(said.data["text"]) == TEXT_MAX


def test_a_gauge_that_reads_no_number_is_no_number() -> None:
    said = battery_said(BatteryReading(float("nan"), False, float("inf")))
    assert said.data == {"charge": None, "charging": False, "left_s": None}


def test_the_wearers_name_is_not_in_it() -> None:
    completed = dock.RecordingCompleted(
        typing.cast(Recording, types.SimpleNamespace(container="c", user_name="PC 4711")), 1, ()
    )
    assert NEW_RECORDING.user_name not in json.dumps([one.data for one in said_of(completed)])
