"""The design page names what the code has."""

from pathlib import Path

import pytest

from bwv_device.protocol.keys import ContainerKey, ObjectKey
from bwv_device.protocol.statuses import ACTIONS

PAGE = Path(__file__).parents[3] / "docs" / "design" / "dock-protocol.md"

OURS = (
    ObjectKey.SHA256,
    ObjectKey.FRAMES,
    ObjectKey.FRAMES_DROPPED,
    ObjectKey.FRAMES_SKIPPED,
    ObjectKey.OVERLOAD,
    ObjectKey.PRE_RECORD_ASKED_S,
    ObjectKey.PRE_RECORD_DELIVERED_S,
    ObjectKey.PRE_RECORD_SHORT_REASON,
    ObjectKey.DURATION_S,
    ObjectKey.END_REASON,
    ObjectKey.CLIP_NUMBER,
    ObjectKey.INTEGRITY_PROBLEM,
    ObjectKey.RECORDED_SHA256,
    ContainerKey.CLIP_COUNT,
    ContainerKey.MISSING_CLIPS,
)


@pytest.mark.parametrize("key", OURS)
def test_every_key_of_our_own_is_in_the_table(key: str) -> None:
    assert f"`{key}`" in PAGE.read_text()


@pytest.mark.parametrize("status", [status for status in ACTIONS if 400 <= status < 500])
def test_every_refusal_is_in_the_table(status: int) -> None:
    assert str(status) in PAGE.read_text()
