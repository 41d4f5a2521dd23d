"""What the camera remembers of a destination, over restarts and other destinations."""

import json
from pathlib import Path

import pytest

from bwv_device.dock.errors import DockError
from bwv_device.dock.memory import FILE_NAME, Memory, RejectedContent, Why
from bwv_device.protocol.capabilities import ALL_CAPABILITIES, NO_CAPABILITIES
from bwv_device.protocol.categories import DEFAULT_CATEGORIES, Category
from tests.support.docking_camera import Rig

REJECTED = RejectedContent(container="R", at_utc_ns=1, reason="no", whole_recording=True)


def test_everything_is_there_again_after_a_restart(tmp_path: Path, rig: Rig) -> None:
    memory = Memory.open(tmp_path)
    memory.meet(rig.connection, False)
    memory.bind()
    memory.learn_capabilities(ALL_CAPABILITIES)
    memory.learn_categories((Category("Name", "id"),), 5)
    memory.put_aside(3, Why.REJECTED, "why")
    memory.reject("c", REJECTED)
    again = Memory.open(tmp_path)
    assert again.bound
    assert again.system_id == memory.system_id
    assert again.connection_id == memory.connection_id
    assert again.capabilities == ALL_CAPABILITIES
    assert again.categories == (Category("Name", "id"),)
    assert again.categories_utc_ns == 5
    aside = again.set_aside(3)
    assert aside is not None
    assert (aside.why, aside.text) == (Why.REJECTED, "why")
    assert again.rejected("c") == REJECTED


def test_it_is_for_nobody_else_to_read(tmp_path: Path, rig: Rig) -> None:
    Memory.open(tmp_path).meet(rig.connection, False)
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert rig.connection.blob_api_key not in (tmp_path / FILE_NAME).read_text()


def test_another_destination_starts_afresh_with_the_same_camera(tmp_path: Path, rig: Rig) -> None:
    memory = Memory.open(tmp_path)
    memory.meet(rig.connection, False)
    memory.bind()
    memory.learn_capabilities(ALL_CAPABILITIES)
    system_id = memory.system_id
    memory.meet(rig.make_connection(blob_api_user_name="another"), False)
    assert not memory.bound
    assert memory.capabilities == NO_CAPABILITIES
    assert memory.categories == DEFAULT_CATEGORIES
    assert memory.system_id == system_id


def test_a_new_key_is_the_same_destination_and_another_chance(tmp_path: Path, rig: Rig) -> None:
    memory = Memory.open(tmp_path)
    memory.meet(rig.connection, False)
    memory.bind()
    memory.put_aside(3, Why.REJECTED, "why")
    memory.reject("c", REJECTED)
    memory.meet(rig.make_connection(blob_api_key="new"), False)
    assert memory.bound
    assert memory.set_aside(3) is None
    kept = memory.rejected("c")
    assert kept is not None
    assert (kept.container, kept.whole_recording) == ("R", False)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": "x"}', b"\xff"])
def test_a_broken_memory_costs_no_footage(
    rig: Rig, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (rig.folder / FILE_NAME).write_bytes(content)
    rig.record()
    assert rig.push().ok
    assert "begun anew" in caplog.text


def test_a_newer_memory_is_left_alone(tmp_path: Path) -> None:
    text = json.dumps({"version": 2})
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(DockError, match="newer version"):
        Memory.open(tmp_path)
    assert (tmp_path / FILE_NAME).read_text() == text


def test_a_crash_while_writing_leaves_nothing_in_the_way(tmp_path: Path, rig: Rig) -> None:
    (tmp_path / f"{FILE_NAME}.new").write_bytes(b"half")
    memory = Memory.open(tmp_path)
    memory.meet(rig.connection, False)
    memory.bind()
    assert Memory.open(tmp_path).bound
