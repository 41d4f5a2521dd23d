"""Every encoder of the picture keeps the same promises; one suite over those that run here.

The chip's encoder has no chip here: its class runs over libx264 without global headers, which
states SPS and PPS in-band as chips do, once at once and once with pictures kept waiting.
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from bwv_device.configuration.media import Video
from bwv_device.media.encoders.ffmpeg_process import FfmpegEncoder
from bwv_device.media.encoders.interface import MakeEncoder, Picture, VideoEncoder
from bwv_device.media.encoders.v4l2m2m import InBandCodec, V4l2m2mEncoder
from bwv_device.media.encoders.x264 import X264Encoder
from bwv_device.media.errors import EncoderError
from bwv_device.media.packets import EncodedPacket
from hal.drivers.camera.scene import ScenePicture
from hal.interfaces.camera import CameraMode, ColourMatrix, PixelFormat
from tests.needs import need

S = 1_000_000_000
MODE = CameraMode(320, 240, Fraction(10), PixelFormat.I420)
VIDEO = Video(preset="ultrafast", bitrate_bps=2_000_000)
EPOCH_NS = 7 * S
_X264 = {"preset": "ultrafast", "forced-idr": "1", "sc_threshold": "0"}
AT_ONCE = InBandCodec("libx264", _X264 | {"tune": "zerolatency"})
WAITING = InBandCodec("libx264", _X264 | {"x264-params": "rc-lookahead=4:sync-lookahead=0"})


def at_once(mode: CameraMode, settings: Video, epoch_ns: int) -> VideoEncoder:
    return V4l2m2mEncoder(mode, settings, epoch_ns, AT_ONCE)


def waiting(mode: CameraMode, settings: Video, epoch_ns: int) -> VideoEncoder:
    return V4l2m2mEncoder(mode, settings, epoch_ns, WAITING)


@pytest.fixture(params=[X264Encoder, at_once, waiting, FfmpegEncoder])
def make(request: pytest.FixtureRequest) -> MakeEncoder:
    if request.param is FfmpegEncoder:
        need("ffmpeg")
    made: MakeEncoder = request.param
    return made


@pytest.fixture
def encoder(make: MakeEncoder) -> Iterator[VideoEncoder]:
    opened = make(MODE, VIDEO, EPOCH_NS)
    yield opened
    opened.close()


def scene(number: int) -> Picture:
    return ScenePicture(MODE.width_px, MODE.height_px, MODE.rate_hz).draw(number)


def run(encoder: VideoEncoder, times_ns: list[int]) -> list[EncodedPacket]:
    packets = [
        packet
        for number, at_ns in enumerate(times_ns)
        for packet in encoder.encode(scene(number), at_ns, number % 3)
    ]
    return packets + encoder.finish()


def decoded(encoder: VideoEncoder, packets: list[EncodedPacket]) -> list[Picture]:
    """The pictures of a file whose head is the encoder's template."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={"movflags": "empty_moov"}) as container:
        stream = container.add_stream_from_template(encoder.stream)
        stream.time_base = Fraction(1, 1000)
        for number, packet in enumerate(packets):
            raw = av.Packet(packet.data)
            raw.stream, raw.time_base = stream, stream.time_base
            raw.pts = raw.dts = number
            raw.is_keyframe = packet.is_key
            container.mux(raw)
    with av.open(io.BytesIO(file.getvalue())) as container:
        return [f.to_ndarray(format="yuv420p") for f in container.decode(video=0)]


def psnr_db(a: Picture, b: Picture) -> float:
    error = float(np.mean((a.astype(float) - b.astype(float)) ** 2))
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def test_each_picture_comes_out_in_order_with_its_time_and_its_losses(
    encoder: VideoEncoder,
) -> None:
    times_ns = [EPOCH_NS + n * S // 10 + n * 37 % 11 for n in range(25)]
    packets = run(encoder, times_ns)
    assert [packet.time_ns for packet in packets] == times_ns
    assert [packet.lost_before for packet in packets] == [n % 3 for n in range(25)]
    assert packets[0].is_key and {p.duration_ns for p in packets} == {S // 10}


def test_the_pictures_are_the_right_ones(encoder: VideoEncoder) -> None:
    packets = run(encoder, [EPOCH_NS + n * S // 10 for n in range(15)])
    pictures = decoded(encoder, packets)
    assert len(pictures) == 15
    for number, picture in enumerate(pictures):
        best = max(range(15), key=lambda other: psnr_db(scene(other), picture))
        assert best == number and psnr_db(scene(number), picture) > 30


def test_key_frames_come_by_time_when_the_camera_is_slow_and_after_a_gap(
    encoder: VideoEncoder,
) -> None:
    slow_ns = [EPOCH_NS + n * S * 4 // 10 for n in range(12)]
    times_ns = slow_ns + [slow_ns[-1] + 6 * S + n * S // 10 for n in range(15)]
    packets = run(encoder, times_ns)
    keys_ns = [packet.time_ns for packet in packets if packet.is_key]
    assert times_ns[12] in keys_ns, "the first one behind the gap"
    assert all(b - a <= 1.45 * S for a, b in pairwise(keys_ns) if b != times_ns[12])
    assert all(b - a >= 0.5 * S for a, b in pairwise(keys_ns))
    assert len(keys_ns) < len(packets) / 2


def test_decoding_can_begin_at_every_key_frame(encoder: VideoEncoder) -> None:
    packets = run(encoder, [EPOCH_NS + n * S // 10 for n in range(25)])
    keys = [number for number, packet in enumerate(packets) if packet.is_key]
    assert len(keys) >= 3
    pictures = decoded(encoder, packets[keys[1] :])
    assert len(pictures) == 25 - keys[1]
    assert psnr_db(scene(keys[1]), pictures[0]) > 30


def test_times_that_stand_still_or_fall_cost_no_picture(encoder: VideoEncoder) -> None:
    times_ns = [EPOCH_NS + at * S // 100 for at in (0, 10, 10, 10, 5, 20)]
    assert [packet.time_ns for packet in run(encoder, times_ns)] == times_ns


@pytest.mark.parametrize(("matrix", "code"), [(ColourMatrix.BT601, 6), (ColourMatrix.BT709, 1)])
def test_the_template_states_size_and_colours_before_the_first_picture(
    make: MakeEncoder, matrix: ColourMatrix, code: int
) -> None:
    opened = make(replace(MODE, matrix=matrix), VIDEO, 0)
    try:
        context = opened.stream.codec_context
        assert (context.width, context.height) == (320, 240) and context.extradata
        assert (context.colorspace, context.color_primaries, context.color_trc) == (code,) * 3
        assert context.color_range == 1
    finally:
        opened.close()


@pytest.mark.parametrize("size", [(321, 240), (0, 240)])
def test_a_size_that_can_not_be_is_refused(make: MakeEncoder, size: tuple[int, int]) -> None:
    with pytest.raises(EncoderError):
        make(replace(MODE, width_px=size[0], height_px=size[1]), VIDEO, 0)


def test_a_picture_of_another_size_is_refused(encoder: VideoEncoder) -> None:
    with pytest.raises(EncoderError, match="refused a picture"):
        encoder.encode(np.full((60, 40), 128, np.uint8), EPOCH_NS, 0)


def test_close_is_fine_twice_and_with_pictures_inside(encoder: VideoEncoder) -> None:
    for number in range(3):
        encoder.encode(scene(number), EPOCH_NS + number * S // 10, 0)
    encoder.close()
    encoder.close()
    with pytest.raises(EncoderError):
        encoder.encode(scene(3), EPOCH_NS + S, 0)
