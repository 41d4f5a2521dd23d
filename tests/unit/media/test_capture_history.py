"""Why a pre-record is short, by how capture came to run."""

import pytest

from bwv_device.media.capture_history import CaptureHistory
from bwv_device.protocol.buffer_certificate import ShortCause
from tests.unit.media.media_packets import S


def why(history: CaptureHistory, trigger_s: int = 20, *, at_ceiling: bool = False) -> str:
    return str(history.why_short(trigger_s * S, at_ceiling=at_ceiling))


@pytest.mark.parametrize(
    ("first", "before", "running"),
    [
        (
            ShortCause.BOOTED,
            "just switched on, capture had not begun",
            "booted, capture had begun 11.0 s before the trigger",
        ),
        (
            ShortCause.WOKE,
            "started from standby, where nothing is kept",
            "woke up, capture had begun 11.0 s before the trigger",
        ),
        (
            ShortCause.CAPTURE_RESTARTED,
            "capture had broken off, there was nothing to keep",
            "capture had broken off, and had begun again 11.0 s before the trigger",
        ),
    ],
)
def test_the_first_session_says_what_it_came_from(
    first: ShortCause, before: str, running: str
) -> None:
    history = CaptureHistory(first)
    assert why(history) == before
    history.opened(9 * S)
    assert why(history) == running


def test_a_session_after_one_that_was_ended_on_request_woke_up() -> None:
    history = CaptureHistory(ShortCause.BOOTED)
    history.opened(S)
    history.closed(None)
    assert why(history) == "started from standby, where nothing is kept"
    history.opened(18 * S)
    assert why(history) == "woke up, capture had begun 2.0 s before the trigger"


def test_a_session_after_one_that_broke_off_says_so() -> None:
    history = CaptureHistory(ShortCause.BOOTED)
    history.opened(S)
    history.closed("the camera has gone")
    assert why(history) == "capture had broken off, there was nothing to keep"
    history.opened(18 * S)
    assert why(history) == "capture had broken off, and had begun again 2.0 s before the trigger"


def test_a_ring_at_its_ceiling_is_the_reason_whatever_came_before() -> None:
    history = CaptureHistory(ShortCause.BOOTED)
    history.opened(9 * S)
    assert why(history, at_ceiling=True) == "the ring had reached its byte cap"


def test_a_trigger_from_before_the_session_counts_no_negative_seconds() -> None:
    history = CaptureHistory(ShortCause.BOOTED)
    history.opened(21 * S)
    assert why(history) == "booted, capture had begun 0.0 s before the trigger"
