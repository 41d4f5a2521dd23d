"""What a person at the terminal is told: every fault, in words of its own."""

from typing import get_args

import pytest

from bwv_device.cli import words
from bwv_device.cli.words import Tone, words_of
from bwv_device.evidence.records import EndReason
from bwv_device.media import messages

FAULTS = [
    messages.CaptureFailed("no camera"),
    messages.CameraLost("unplugged"),
    messages.RecorderLost("signal 9"),
    messages.CardSilent("no answer"),
    messages.SoundFailed("no microphone"),
    messages.WritingFailed("no room", full=True),
    messages.PacketsLost(7),
    messages.SoundLost(0.25),
    messages.SigningFailed("the token is gone"),
]


@pytest.mark.parametrize("report", FAULTS, ids=lambda report: type(report).__name__)
def test_whatever_costs_footage_is_an_alarm(report: messages.Report) -> None:
    said = words_of(report)
    assert said is not None and said[0] is Tone.ALARM and said[1]


def test_a_clip_says_what_it_lacks_and_why_it_ends() -> None:
    closed = messages.ClipClosed("clips/x/a.mp4", EndReason.FAULT, 12.034, 361, 3, 0)
    assert words_of(closed) == (
        Tone.PLAIN,
        "clip closed: a.mp4, 12.03 s, 361 frames, 3 lost (Fault)",
    )


def test_what_a_person_need_not_know_is_not_said() -> None:
    assert words_of(messages.RecorderReady()) is None
    assert words_of(messages.Capturing(1, 64, 64, 10.0)) is None


def test_each_report_that_is_told_is_one() -> None:
    known = set(get_args(messages.Report))
    ours = {kind for kind in words._ROWS if kind.__module__ == messages.__name__}
    assert ours <= known
