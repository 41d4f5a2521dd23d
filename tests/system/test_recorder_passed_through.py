"""A camera that encodes is recorded, pulled out and plugged in again, in real time; the finished
clips are the judges: its pictures are in them bit by bit, and the slates between."""

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import av
import pytest

from bwv_device.evidence.check import check
from bwv_device.evidence.records import Clip, EndReason
from bwv_device.media.encoders.annex_b import AccessUnit
from bwv_device.media.messages import CameraBack, CameraLost, RecordingClosed
from bwv_device.media.pass_loop import PASSED, SLATES
from hal import registry
from hal.interfaces.camera import Camera
from tests.contract.h264_clips import H264Clip
from tests.support.measure import Measured, measure
from tests.support.signed_files import read_file
from tests.support.signed_streams import letters, without_seis
from tests.support.slates import is_slate, lumas
from tests.system.test_recorder_unplugged import AWAY_S, STEP_S, Bench, PulledCamera

RATE_HZ = 25
FRAMES, GOP = 250, 10
"""Ten seconds: in no test is one picture met twice."""


class EncodedBench(Bench):
    """A recorder with a camera that encodes, and the two plugs."""

    def __init__(self, folder: Path, clip: Path) -> None:
        self._clip = clip
        super().__init__(folder)

    def _open_camera(self) -> Camera:
        options = {"source": str(self._clip)}
        inner = registry.open_camera("h264", clock=self.clock, options=options)
        return PulledCamera(self.no_camera, inner)


class Recorded(NamedTuple):
    """The clips of one recording, and what they were made from."""

    clips: list[Clip]
    paths: list[Path]
    measured: list[Measured]
    source: list[bytes]
    """Each picture, as the camera sent it."""


def slices(path: Path) -> list[bytes]:
    """Of each picture in a file, in order, what is between the start codes or the lengths, but
    for the signatures."""
    with av.open(str(path)) as container:
        (stream,) = container.streams.video
        filter = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        packets = [each for packet in container.demux(stream) for each in filter.filter(packet)]
    return [
        without_seis(AccessUnit.parse(bytes(packet)).without_parameter_sets())
        for packet in packets
        if packet.size
    ]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder = tmp_path_factory.mktemp("passed")
    clip = H264Clip(frames=FRAMES, gop=GOP).write(folder / "camera.mp4")
    bench = EncodedBench(folder / "store", clip)
    try:
        bench.begin()
        bench.clock.sleep_s(1.5)
        bench.no_camera.set()
        bench.until(CameraLost)
        bench.clock.sleep_s(AWAY_S)
        bench.no_camera.clear()
        bench.until(CameraBack)
        bench.clock.sleep_s(2.0)
        bench.stop()
        bench.until(RecordingClosed)
    finally:
        bench.close()
    clips = bench.store.journal.clips()
    paths = [bench.store.path(each) for each in clips]
    findings = check(bench.folder, bench.store.journal)
    bench.store.close()
    assert findings == []
    return Recorded(clips, paths, [measure(path) for path in paths], slices(clip))


def test_loss_and_return_split_the_recording_into_three_whole_clips(recorded: Recorded) -> None:
    reasons = [clip.end_reason for clip in recorded.clips]
    assert reasons == [EndReason.SPLIT, EndReason.SPLIT, EndReason.STOP]
    assert [clip.picture_stream for clip in recorded.clips] == [PASSED, SLATES, PASSED]
    assert [len(each.pictures) for each in recorded.measured] == [
        clip.frames for clip in recorded.clips
    ]
    assert all(each.starts_with_key for each in recorded.measured)


def test_the_camera_s_pictures_are_in_the_clips_bit_by_bit(recorded: Recorded) -> None:
    for path in (recorded.paths[0], recorded.paths[2]):
        written = slices(path)
        first = recorded.source.index(written[0])
        assert written == recorded.source[first : first + len(written)]


def test_the_camera_s_pictures_and_the_slates_are_signed(recorded: Recorded) -> None:
    for clip, path in zip(recorded.clips, recorded.paths, strict=True):
        assert letters(read_file(path)) == "." * ((clip.frames or 0) - 1) + "_"


def test_slates_stand_between(recorded: Recorded) -> None:
    assert all(is_slate(luma) for _, luma in lumas(recorded.paths[1]))
    for path in (recorded.paths[0], recorded.paths[2]):
        assert not any(is_slate(luma) for _, luma in lumas(path))


def test_one_clip_ends_where_the_next_begins(recorded: Recorded) -> None:
    """The sound of each lasts as long as its stretch of the recording, to a packet of sound."""
    starts_s = [clip.start_utc_ns / 1e9 for clip in recorded.clips]
    for (start_s, next_s), measured in zip(pairwise(starts_s), recorded.measured, strict=False):
        sound = measured.sound
        assert sound is not None
        assert sound.end_s == pytest.approx(next_s - start_s, abs=2 * STEP_S)


def test_no_sound_is_missing_inside_a_clip(recorded: Recorded) -> None:
    for measured in recorded.measured:
        packets = measured.sound_packets
        steps = [
            after.time_s - before.time_s - before.duration_s for before, after in pairwise(packets)
        ]
        assert max(map(abs, steps)) < 0.001
        assert packets[0].time_s < 0.1


def test_pictures_of_the_three_and_those_lost_are_all_that_the_camera_had(
    recorded: Recorded,
) -> None:
    first, slates, last = recorded.clips
    span_s = (last.start_utc_ns - first.start_utc_ns) / 1e9
    due = round(span_s * RATE_HZ)
    came = (first.frames or 0) + (slates.frames_dropped or 0) + (first.frames_dropped or 0)
    # The newest frame of the gap may be the one with which the camera comes back.
    assert came == pytest.approx(due, abs=2)
