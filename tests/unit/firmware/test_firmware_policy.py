"""The figures: what the camera does when nothing is set, and what it refuses."""

import pytest

from bwv_device.errors import ConfigurationError
from bwv_device.firmware.policy import Policy, to_ns
from bwv_device.firmware.states import State


def test_the_defaults_are_those_of_the_devices_on_the_market() -> None:
    assert Policy() == Policy(State.PRE_RECORD, 30, 120, 20, 0.5, 3, 1, 0.02, 20)


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        ("pre_record_s", -1),
        ("pre_record_s", 120.1),
        ("pre_record_s", float("nan")),
        ("reminder_interval_s", 601),
        ("fault_interval_s", -0.1),
        ("double_press_within_s", 0.05),
        ("hold_s", 0.5),
        ("bookmark_under_s", 0.1),
        ("debounce_s", 0.2),
    ],
)
def test_a_figure_out_of_its_range_is_refused_by_name(figure: str, value: float) -> None:
    with pytest.raises(ConfigurationError, match=rf"policy: {figure} is .* between"):
        Policy(**{figure: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("figures", "named"),
    [
        ({"bookmark_under_s": 2, "hold_s": 2}, r"bookmark_under_s \(2\) must be less than hold_s"),
        ({"double_press_within_s": 0.1, "debounce_s": 0.1}, r"debounce_s \(0.1\) must be less"),
        (
            {"double_press_within_s": 1, "hold_s": 1, "bookmark_under_s": 0.5},
            r"double_press_within_s \(1\) must be less than hold_s",
        ),
    ],
)
def test_figures_that_make_two_gestures_one_are_refused(
    figures: dict[str, float], named: str
) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Policy(**figures)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["recording", "redy", State.OFF])
def test_only_standby_and_pre_record_are_ready(state: str) -> None:
    with pytest.raises(ConfigurationError, match=r"ready_state is .*'standby' or 'pre_record'"):
        Policy(ready_state=state)  # type: ignore[arg-type]


def test_seconds_become_whole_nanoseconds() -> None:
    assert [to_ns(0.1), to_ns(0.02), to_ns(3)] == [100_000_000, 20_000_000, 3_000_000_000]
