"""The design page says what the firmware does: its tables are the ones that run."""

import re
import shutil
from pathlib import Path

import pytest

from bwv_device.firmware.describe import BLOCKS, COPY, PAGE, filled, state_diagram, write
from bwv_device.firmware.states import State
from bwv_device.firmware.table import TABLE

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")


def test_the_page_is_up_to_date() -> None:
    assert filled(TEXT) == TEXT, "run scripts/docs"


def test_the_page_holds_every_block_and_every_row() -> None:
    assert all(write_block() in TEXT for write_block in BLOCKS.values())
    assert all(row.follows in TEXT for row in TABLE)


def test_the_diagram_has_an_edge_for_every_change_of_state() -> None:
    edges = set(re.findall(r"^    (\w+) --> (\w+) : ", state_diagram(), re.MULTILINE))
    assert edges == {(row.source, row.dest) for row in TABLE if row.dest}
    assert {state for edge in edges for state in edge} == {state.value for state in State}


def test_a_page_that_is_out_of_date_is_noticed_and_written_anew(tmp_path: Path) -> None:
    for file in (PAGE, COPY):
        (tmp_path / file).parent.mkdir(parents=True)
        shutil.copy(ROOT / file, tmp_path / file)
    (tmp_path / PAGE).write_text(TEXT.replace("| start |", "| strat |"), encoding="utf-8")
    (tmp_path / COPY).write_text("", encoding="utf-8")
    write(tmp_path)
    assert (tmp_path / PAGE).read_text(encoding="utf-8") == TEXT
    assert (tmp_path / COPY).read_bytes() == (ROOT / COPY).read_bytes()


def test_a_page_that_lost_a_marker_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for 'moments'"):
        filled(TEXT.replace("<!-- begin moments", "<!-- begin momnts"))
