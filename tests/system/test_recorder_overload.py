"""A real recorder whose real encoder is slowed down for a while: what the finished clip says is
held against the numbers that its pictures show."""

import threading
from itertools import pairwise
from pathlib import Path

import pytest

from bwv_device.configuration.keeping import Storage
from bwv_device.configuration.media import PreRecord, Video
from bwv_device.configuration.model import Configuration
from bwv_device.evidence.overload import from_text
from bwv_device.media.encoders.x264 import X264Encoder
from bwv_device.media.messages import Overloaded, OverloadOver
from bwv_device.media.packets import EncodedPacket
from hal.interfaces.clock import NS_PER_S
from tests.support.measure import measure
from tests.support.recording import Source, finished, real_recorder

RATE_HZ, FLOOR_HZ = 20, 5
SMALL = Source("scene", {"width_px": 320, "height_px": 240, "rate_hz": RATE_HZ})
SLOW_S = 0.08
"""1.6 times the time that there is for a frame."""


def test_what_an_overload_costs_is_in_the_clip_and_in_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, pause, real_encode = threading.Event(), threading.Event(), X264Encoder.encode

    def encode(encoder: X264Encoder, *picture: object) -> list[EncodedPacket]:
        if slow.is_set():
            pause.wait(SLOW_S)
        return real_encode(encoder, *picture)  # type: ignore[arg-type]

    monkeypatch.setattr(X264Encoder, "encode", encode)
    wanted = Configuration(
        video=Video(encoder="x264", preset="ultrafast", overload_floor_hz=FLOOR_HZ),
        pre_record=PreRecord(length_s=1.0),
        storage=Storage(folder=tmp_path),
    )
    with real_recorder(tmp_path, wanted, SMALL, SMALL) as real:
        real.begin()
        slow.set()
        real.until_reported(Overloaded)
        real.clock.sleep_s(1.5)
        slow.clear()
        real.until_reported(OverloadOver)
        real.clock.sleep_s(0.5)
        real.end()
        (recording,) = finished(real, [0.0])
        found, clip = measure(recording.path), recording.clip
        rates_hz = [report.rate_hz for report in real.reports_of(Overloaded)]
    numbers = [number for number in found.numbers if number is not None]
    assert len(numbers) == clip.frames, "every picture shows its number"
    missing = sum(after - before - 1 for before, after in pairwise(numbers))
    assert clip.frames_skipped and clip.frames_dropped is not None
    counted = clip.frames_skipped + clip.frames_dropped
    # Behind the last picture, up to the stop, at most what one step leaves out is missing.
    assert missing <= counted < missing + RATE_HZ // FLOOR_HZ
    stretches = from_text(clip.overload or "")
    assert stretches and all(FLOOR_HZ <= stretch.rate_hz < RATE_HZ for stretch in stretches)
    assert min(stretch.rate_hz for stretch in stretches) == pytest.approx(min(rates_hz), abs=0.01)
    assert clip.frame_ns == NS_PER_S // RATE_HZ, "the nominal one"
    assert clip.account is not None
    assert clip.account.pictures.frames_skipped == clip.frames_skipped
    assert sum(gap.frames_missing for gap in clip.account.pictures.gaps) == clip.frames_dropped
