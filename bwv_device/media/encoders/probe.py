"""Tries an encoder by encoding: is what comes out the picture that went in, and how fast?

Who uses it: the choice. A name in a list of codecs proves nothing: a chip may be missing, busy,
or give garbage.
"""

import math
from collections.abc import Sequence

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.codec.context import CodecContext
from av.error import FFmpegError
from av.video.frame import VideoFrame

from bwv_device.configuration.media import Video
from bwv_device.media.encoders.interface import MakeEncoder, Picture, VideoEncoder
from bwv_device.media.errors import EncoderError
from bwv_device.media.packets import EncodedPacket
from hal.interfaces.camera import CameraMode
from hal.interfaces.clock import NS_PER_S, Clock

PROBE_FRAMES = 30
COMFORTABLE = 2.0
"""An encoder is fast enough at this many times the wanted rate: a busy scene costs more than
the probe's, and sound, disk and the wearer want their part of the machine."""

_DISTINCT = 6
"""Different pictures, taken forth and back: 30 of 1080p would be 93 MB."""
_STEP_PX = 8
"""The picture moves by so much a frame, as in a brisk pan."""
_FEWEST = 6
_LEAST_BITS_PER_PIXEL = 0.05
"""Below, a right picture is hardly to be told from a wrong one, so a trial never gets less."""
_ALIKE = 0.8
"""Least correlation of a picture's means over blocks with those of what came back. Two of the
probe's own pictures, one step apart, have about 0.5."""
_BLOCK_PX = 8


def measure(make: MakeEncoder, mode: CameraMode, settings: Video, clock: Clock) -> float:
    """Frames a second (wall time) over `PROBE_FRAMES` moving pictures of the mode's size.

    An encoder that has used up the time in which it would have been fast enough is stopped
    there, so a trial costs about `PROBE_FRAMES / (COMFORTABLE * rate)`. Raises `EncoderError`
    when it fails, or when decoding does not bring the pictures back.
    """
    pictures = moving_pictures(mode)
    encoder = make(mode, _with_enough_bits(mode, settings), 0)
    try:
        begin_ns = clock.monotonic_ns()
        packets, count = _encode(encoder, pictures, mode, clock)
        took_ns = max(1, clock.monotonic_ns() - begin_ns)
        _check(encoder, packets, [_thumb(picture, mode) for picture in pictures], count)
    finally:
        encoder.close()
    return count * NS_PER_S / took_ns


def moving_pictures(mode: CameraMode) -> list[Picture]:
    """Blocks of chance, in grain, each picture further down than the one before."""
    chance = np.random.default_rng(7)
    height_px, width_px = mode.height_px, mode.width_px
    side_px = 2 * _BLOCK_PX
    sides = (height_px // side_px + 1, width_px // side_px + 1)
    coarse = chance.integers(60, 190, sides, dtype=np.uint8)
    blocks = coarse.repeat(side_px, axis=0).repeat(side_px, axis=1)[:height_px, :width_px]
    luma = blocks + chance.integers(0, 12, (height_px, width_px), dtype=np.uint8)
    chroma = np.full((height_px // 2, width_px), 128, np.uint8)
    return [
        np.concatenate([np.roll(luma, number * _STEP_PX, axis=0), chroma])
        for number in range(_DISTINCT)
    ]


def _with_enough_bits(mode: CameraMode, settings: Video) -> Video:
    pixel_hz = mode.width_px * mode.height_px * mode.rate_hz
    bitrate_bps = max(settings.bitrate_bps, round(_LEAST_BITS_PER_PIXEL * pixel_hz))
    return settings.model_copy(update={"bitrate_bps": bitrate_bps})


def _turn(number: int) -> int:
    """Which of the pictures is the n-th: forth and back, without a jump."""
    place = number % (2 * _DISTINCT - 2)
    return min(place, 2 * _DISTINCT - 2 - place)


def _encode(
    encoder: VideoEncoder, pictures: Sequence[Picture], mode: CameraMode, clock: Clock
) -> tuple[list[EncodedPacket], int]:
    """The packets, and how many pictures went in."""
    budget_ns = PROBE_FRAMES * NS_PER_S / (COMFORTABLE * mode.rate_hz)
    begin_ns = clock.monotonic_ns()
    packets: list[EncodedPacket] = []
    for number in range(PROBE_FRAMES):
        if number >= _FEWEST and clock.monotonic_ns() - begin_ns > budget_ns:
            break
        at_ns = round(number * NS_PER_S / mode.rate_hz)
        packets += encoder.encode(pictures[_turn(number)], at_ns, 0)
    else:
        number = PROBE_FRAMES
    return packets + encoder.finish(), number


def _check(
    encoder: VideoEncoder,
    packets: Sequence[EncodedPacket],
    thumbs: Sequence[npt.NDArray[np.float64]],
    count: int,
) -> None:
    """Raises `EncoderError` unless each picture comes back, in order, as it was."""
    frames = _decode(encoder, packets)
    if len(packets) != count or len(frames) != count or not packets[0].is_key:
        raise EncoderError(
            f"of {count} pictures came {len(packets)} packets and {len(frames)} pictures back"
        )
    for number, frame in enumerate(frames):
        came, wanted = _thumb_of(frame), thumbs[_turn(number)]
        if came.shape != wanted.shape or not _alike(came, wanted):
            raise EncoderError(f"picture {number} came back as another one")


def _decode(encoder: VideoEncoder, packets: Sequence[EncodedPacket]) -> list[VideoFrame]:
    decoder = CodecContext.create("h264", "r")
    decoder.extradata = encoder.stream.codec_context.extradata
    try:
        frames = [f for packet in packets for f in decoder.decode(av.Packet(packet.data))]
        return [f for f in [*frames, *decoder.decode(None)] if isinstance(f, VideoFrame)]
    except (FFmpegError, ValueError) as error:
        raise EncoderError(f"what came out can't be decoded: {error}") from error


def _alike(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> bool:
    one, other = one - one.mean(), other - other.mean()
    # Sums, not `linalg.norm`: that wakes the linear algebra's threads, which then spin for 0.1 s.
    norm = math.sqrt((one * one).sum() * (other * other).sum())
    return norm > 0 and float((one * other).sum()) / norm > _ALIKE


def _thumb_of(frame: VideoFrame) -> npt.NDArray[np.float64]:
    return _means(np.asarray(frame.to_ndarray(format="yuv420p"), np.uint8)[: frame.height])


def _thumb(picture: Picture, mode: CameraMode) -> npt.NDArray[np.float64]:
    return _means(picture[: mode.height_px])


def _means(luma: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    size = (luma.shape[1] // _BLOCK_PX, luma.shape[0] // _BLOCK_PX)
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.float64)
