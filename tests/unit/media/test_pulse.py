"""When a media process counts as stalled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bwv_device.media.pulse import CARD_S, SILENT_S, STAGE_LIMITS_S, Pulse, Stage, judge

S = 1_000_000_000
NOW_NS = 1000 * S


def ago(seconds: float) -> int:
    return NOW_NS - round(seconds * S)


def test_a_process_at_rest_is_well() -> None:
    assert judge(Pulse(NOW_NS, None, 0, None), NOW_NS) is None


def test_a_process_that_says_nothing_is_stalled() -> None:
    pulse = Pulse(ago(SILENT_S + 0.1), None, 0, None)
    verdict = judge(pulse, NOW_NS)
    assert verdict is not None and verdict.fatal and "sign of life" in verdict.message


@pytest.mark.parametrize("stage", list(Stage))
def test_each_stage_has_its_own_patience(stage: Stage) -> None:
    limit_s = STAGE_LIMITS_S[stage]
    assert judge(Pulse(NOW_NS, stage, ago(limit_s - 0.1), None), NOW_NS) is None
    verdict = judge(Pulse(NOW_NS, stage, ago(limit_s + 0.1), None), NOW_NS)
    assert verdict is not None and verdict.fatal and stage in verdict.message


def test_a_card_that_does_not_answer_is_said_and_the_process_lives() -> None:
    verdict = judge(Pulse(NOW_NS, Stage.RUNNING, NOW_NS, ago(CARD_S + 0.1)), NOW_NS)
    assert verdict is not None and not verdict.fatal and "card" in verdict.message


def test_a_process_that_is_silent_for_a_moment_is_not_blamed_for_an_old_stage() -> None:
    # The stage is judged at the instant of the pulse: what went on since is not known.
    pulse = Pulse(ago(3.0), Stage.RUNNING, ago(3.0 + STAGE_LIMITS_S[Stage.RUNNING] - 0.5), None)
    assert judge(pulse, NOW_NS) is None


@given(
    silent_s=st.floats(0, 30),
    stage=st.none() | st.sampled_from(list(Stage)),
    stage_s=st.floats(0, 60),
    writing_s=st.none() | st.floats(0, 60),
)
def test_whoever_hangs_is_found_and_nobody_else(
    silent_s: float, stage: Stage | None, stage_s: float, writing_s: float | None
) -> None:
    at_ns = ago(silent_s)
    since_ns = at_ns - round(stage_s * S)
    writing_ns = None if writing_s is None else at_ns - round(writing_s * S)
    verdict = judge(Pulse(at_ns, stage, since_ns, writing_ns), NOW_NS)
    hangs = NOW_NS - at_ns > SILENT_S * S or (
        stage is not None and at_ns - since_ns > STAGE_LIMITS_S[stage] * S
    )
    waits = writing_ns is not None and at_ns - writing_ns > CARD_S * S
    assert (verdict is not None and verdict.fatal) == hangs
    assert (verdict is not None) == (hangs or waits)
