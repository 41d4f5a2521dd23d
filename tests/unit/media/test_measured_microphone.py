"""A microphone whose clock is measured; and the way of the figure into a clip's row."""

import logging

import pytest

from bwv_device.media.drift import Drift
from bwv_device.media.measured_microphone import MeasuredMicrophone
from bwv_device.media.messages import DriftMeasured
from hal.errors import DeviceLostError
from hal.interfaces.microphone import AudioBlock, MicrophoneMode
from tests.unit.media.media_live import live
from tests.unit.media.media_packets import MS, S
from tests.unit.media.media_pictures import tone_blocks
from tests.unit.media.media_rig import Rig, Rules


class Blocks:
    """A microphone that gives blocks, and then is lost."""

    def __init__(self, blocks: list[AudioBlock]) -> None:
        self._blocks = list(blocks)
        self.closed = 0

    def start(self, _epoch_ns: int) -> MicrophoneMode:
        return MicrophoneMode(48_000, 1)

    def read(self, _timeout_s: float) -> AudioBlock | None:
        if not self._blocks:
            raise DeviceLostError("unplugged")
        return self._blocks.pop(0)

    def close(self) -> None:
        self.closed += 1


def test_the_drift_is_told_every_ten_seconds_once_it_is_known(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    told: list[Drift] = []
    inner = Blocks(list(tone_blocks(45, drift_ppm=-150.0)))
    microphone = MeasuredMicrophone(inner, told.append)
    assert microphone.start(0) == MicrophoneMode(48_000, 1)
    with pytest.raises(DeviceLostError):
        while microphone.read(0.2) is not None:
            pass
    assert [drift.ppm for drift in told] == [pytest.approx(-150.0, abs=0.05)] * 2
    microphone.close()
    microphone.close()
    assert inner.closed == 2
    said = [record.getMessage() for record in caplog.records]
    assert said[0].startswith("the microphone's clock is -150.0 +/- 0.0 ppm off")
    assert said[1:] == ["the microphone's clock was -150.0 ppm off"]


def test_blocks_pass_through_untouched() -> None:
    blocks = list(tone_blocks(0.1))
    microphone = MeasuredMicrophone(Blocks(blocks), lambda _drift: None)
    microphone.start(0)
    assert [microphone.read(0.2) for _ in blocks] == blocks


# In a keeper


@pytest.fixture
def rig(store, templates, silence) -> Rig:  # type: ignore[no-untyped-def]
    return Rig(store, templates, silence, Rules(split_after_s=2.0))


def test_a_clip_has_what_was_known_when_it_was_closed(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 3_000)
    rig.begin(3 * S)
    live(rig, 3_000, 4_000)
    rig.at(4 * S, DriftMeasured(120.0))
    live(rig, 4_000, 5_600)
    rig.at(5_600 * MS, DriftMeasured(121.5))
    live(rig, 5_600, 6_000)
    rig.end(6 * S)
    live(rig, 6_000, 7_000)
    rig.begin(7 * S)
    rig.end(7 * S + S // 2)
    live(rig, 7_000, 8_000)
    assert [clip.drift_ppm for clip in rig.clips()] == [None, 120.0, 121.5]
    assert [clip.drift_ppm for clip in rig.clips(1)] == [121.5] * len(rig.clips(1))


def test_a_new_session_knows_nothing_of_the_one_before(rig: Rig) -> None:
    rig.open_source()
    rig.at(0, DriftMeasured(120.0))
    rig.close_source()
    rig.open_source()
    live(rig, 0, 1_000)
    rig.begin(1 * S)
    rig.end(1 * S + S // 2)
    live(rig, 1_000, 2_000)
    assert [clip.drift_ppm for clip in rig.clips()] == [None]
