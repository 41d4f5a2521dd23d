"""The picture's encoder: key frames by time, one packet a picture, colours as they are."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.configuration.media import Video
from bwv_device.media.encoders.x264 import X264Encoder
from bwv_device.media.errors import EncoderError
from bwv_device.media.packets import EncodedPacket, Track
from hal.interfaces.camera import CameraMode, ColourMatrix, PixelFormat
from tests.unit.media.media_packets import MS, S
from tests.unit.media.media_pictures import plain

MODE = CameraMode(64, 64, Fraction(30), PixelFormat.I420)
FRAME_NS = round(S / 30)


def encoder(mode: CameraMode = MODE, *, key_s: float = 1.0, epoch_ns: int = 0) -> X264Encoder:
    return X264Encoder(mode, Video(preset="ultrafast", key_frame_interval_s=key_s), epoch_ns)


def encode(video: X264Encoder, times_ns: list[int]) -> list[EncodedPacket]:
    """A plain picture at each of the times."""
    picture = plain()
    return [packet for at_ns in times_ns for packet in video.encode(picture, at_ns, 0)]


def test_each_picture_gives_its_packet_at_once_with_its_exact_time() -> None:
    times_ns = [5 * S + n * FRAME_NS + n % 7 for n in range(40)]
    video = encoder(epoch_ns=5 * S)
    for at_ns in times_ns:
        (packet,) = video.encode(plain(), at_ns, lost_before=3)
        assert (packet.track, packet.time_ns, packet.lost_before) == (Track.VIDEO, at_ns, 3)
        assert packet.duration_ns == FRAME_NS and packet.data


def test_a_steady_camera_has_its_key_frames_a_second_apart_to_the_frame() -> None:
    """Also when rounded times fall a few nanoseconds short of the second."""
    packets = encode(encoder(), [n * FRAME_NS for n in range(121)])
    assert [n for n, packet in enumerate(packets) if packet.is_key] == [0, 30, 60, 90, 120]


@settings(max_examples=25, deadline=None)
@given(
    jitter_ns=st.lists(st.integers(-15 * MS, 15 * MS), min_size=1, max_size=90),
    key_s=st.sampled_from([0.2, 0.5, 1.0]),
)
def test_key_frames_keep_their_distance_under_jitter(jitter_ns: list[int], key_s: float) -> None:
    times_ns = [S + n * FRAME_NS + jitter for n, jitter in enumerate(jitter_ns)]
    packets = encode(encoder(key_s=key_s), times_ns)
    keys_ns = [packet.time_ns for packet in packets if packet.is_key]
    assert packets[0].is_key
    slack_ns = FRAME_NS + 31 * MS
    assert all(abs(b - a - key_s * S) <= slack_ns for a, b in pairwise(keys_ns))
    assert times_ns[-1] - keys_ns[-1] <= key_s * S + slack_ns


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1 * MS, 3_000 * MS), min_size=1, max_size=40))
def test_after_a_gap_the_next_picture_is_a_key_frame_when_one_is_due(gaps_ns: list[int]) -> None:
    times_ns = [sum(gaps_ns[: n + 1]) for n in range(len(gaps_ns))]
    packets = encode(encoder(), times_ns)
    last_key_ns = packets[0].time_ns
    for before, packet in pairwise(packets):
        if packet.is_key:
            last_key_ns = packet.time_ns
        assert packet.time_ns - last_key_ns <= 1 * S + FRAME_NS
        if packet.time_ns - before.time_ns > 1 * S:
            assert packet.is_key


def test_a_scene_that_changes_makes_no_key_frame_of_its_own() -> None:
    video = encoder()
    packets = [
        packet
        for n in range(29)
        for packet in video.encode(plain(30 if n % 5 else 200), n * FRAME_NS, 0)
    ]
    assert [packet.is_key for packet in packets] == [True] + [False] * 28


@pytest.mark.parametrize(("matrix", "code"), [(ColourMatrix.BT601, 6), (ColourMatrix.BT709, 1)])
def test_the_stream_says_how_its_colours_are_meant(matrix: ColourMatrix, code: int) -> None:
    video = encoder(replace(MODE, matrix=matrix))
    context = av.CodecContext.create("h264", "r")
    context.extradata = video.stream.codec_context.extradata
    (packet,) = video.encode(plain(), 0, 0)
    (frame,) = [*context.decode(av.Packet(packet.data)), *context.decode(None)]
    assert (frame.colorspace, frame.color_primaries, frame.color_trc) == (code, code, code)
    assert frame.color_range == 1, "limited"


@pytest.mark.parametrize("size", [(64, 64), (66, 66), (98, 66), (130, 74), (640, 360)])
def test_any_even_size_comes_out_as_it_went_in(size: tuple[int, int]) -> None:
    width_px, height_px = size
    video = encoder(replace(MODE, width_px=width_px, height_px=height_px))
    (packet,) = video.encode(plain(170, width_px, height_px), 0, 0)
    context = av.CodecContext.create("h264", "r")
    context.extradata = video.stream.codec_context.extradata
    (frame,) = [*context.decode(av.Packet(packet.data)), *context.decode(None)]
    luma = frame.to_ndarray(format="yuv420p")[:height_px]
    assert (frame.width, frame.height) == size and abs(luma.mean() - 170) < 2


def test_frames_of_one_instant_and_of_falling_instants_are_encoded() -> None:
    times_ns = [0, 33 * MS, 33 * MS, 33 * MS, 20 * MS, 66 * MS]
    assert [packet.time_ns for packet in encode(encoder(), times_ns)] == times_ns


def test_a_picture_of_the_wrong_shape_is_refused_by_name() -> None:
    with pytest.raises(EncoderError, match="refused a picture"):
        encoder().encode(plain()[:, :-2].copy()[:10], 0, 0)


def test_an_encoder_that_keeps_a_picture_to_itself_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    video = encoder()

    class Swallows:
        def encode(self, _frame: av.VideoFrame) -> list[av.Packet]:
            return []

    monkeypatch.setattr(video, "stream", Swallows())
    with pytest.raises(EncoderError, match="0 packets"):
        video.encode(plain(), 0, 0)
