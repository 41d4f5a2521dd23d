"""The file camera: every kind of file that a person might have, whole and damaged."""

import logging
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from hal.drivers.camera.file import FileCamera
from hal.drivers.camera.scene import ScenePicture
from hal.drivers.clip_file import measure
from hal.drivers.clock.virtual import VirtualClock
from hal.drivers.scene_code import read_counter
from hal.errors import DeviceLostError, DeviceMissingError
from hal.interfaces.camera import CameraMode, ColourMatrix, Frame
from hal.interfaces.clock import NS_PER_S
from tests.contract.clips import SceneClip, footage

TENTH_NS = NS_PER_S // 10


def played(path: Path, seconds: float, epoch_ns: int = 0) -> tuple[CameraMode, list[Frame]]:
    """What the camera gives within `seconds` of its epoch to a reader that keeps up."""
    clock = VirtualClock()
    camera = FileCamera(clock, path=path)
    mode = camera.start(epoch_ns)
    frames = list(read_all(camera, clock, seconds))
    camera.close()
    return mode, frames


def read_all(camera: FileCamera, clock: VirtualClock, seconds: float) -> Iterator[Frame]:
    end_ns = round(seconds * NS_PER_S)
    while True:
        while (frame := camera.read(0)) is not None:
            yield frame
        if clock.monotonic_ns() >= end_ns:
            return
        clock.advance_ns(min(TENTH_NS, end_ns - clock.monotonic_ns()))


def numbers_of(frames: list[Frame], mode: CameraMode) -> list[int | None]:
    return [read_counter(frame.pixels[: mode.height_px]) for frame in frames]


@pytest.mark.parametrize(
    ("name", "clip"),
    [
        ("plain.mp4", SceneClip(10)),
        ("b frames.mp4", SceneClip(10, b_frames=3)),
        ("matroska.mkv", SceneClip(10)),
        ("transport.ts", SceneClip(10)),
        ("raw.h264", SceneClip(10, sound=False)),
        ("ntsc.mp4", SceneClip(10, rate_hz=Fraction(30000, 1001))),
        ("4:2:2.mkv", SceneClip(10, pixel_format="yuv422p")),
        ("4:4:4.mkv", SceneClip(10, pixel_format="yuv444p")),
        ("ten bit.mkv", SceneClip(10, pixel_format="yuv420p10le")),
        ("rgb.mkv", SceneClip(10, pixel_format="bgr0", video_codec="ffv1")),
        ("grey.mkv", SceneClip(10, pixel_format="gray", video_codec="ffv1")),
        ("full range.mkv", SceneClip(10, pixel_format="yuvj420p", video_codec="mjpeg")),
        ("odd size.mkv", SceneClip(10, 641, 481, video_codec="ffv1")),
        ("% and ünïcode 🚔 and spaces.mp4", SceneClip(10)),
    ],
)
def test_every_kind_of_file_plays_all_its_frames(
    name: str, clip: SceneClip, tmp_path: Path
) -> None:
    path = clip.write(tmp_path / name)
    mode, frames = played(path, float(9.5 / clip.rate_hz))
    assert (mode.width_px, mode.height_px) == (clip.width_px & ~1, clip.height_px & ~1)
    assert float(mode.rate_hz) == pytest.approx(float(clip.rate_hz), rel=1e-3)
    assert numbers_of(frames, mode) == list(range(10))
    assert [frame.sequence for frame in frames] == list(range(10))
    for number, frame in enumerate(frames):
        assert abs(frame.capture_ns - number * NS_PER_S / clip.rate_hz) < 1_100_000


def test_full_range_and_high_bit_pictures_become_limited_range(tmp_path: Path) -> None:
    """White is 235 and black 16, whatever the file has."""
    for name, pixel_format, codec in (
        ("full.mkv", "yuvj420p", "mjpeg"),
        ("deep.mkv", "yuv420p10le", "ffv1"),
        ("rgb.mkv", "bgr0", "ffv1"),
    ):
        clip = SceneClip(2, pixel_format=pixel_format, video_codec=codec, bit_rate=8_000_000)
        mode, frames = played(clip.write(tmp_path / name), 0.01)
        luma = frames[0].pixels[: mode.height_px].astype(int)
        expected = ScenePicture(320, 240, Fraction(25)).draw(0)[:240].astype(int)
        assert np.abs(luma - expected).mean() < 3, name


def test_a_plain_clip_is_copied_to_the_bit(tmp_path: Path) -> None:
    path = SceneClip(3).write(tmp_path / "plain.mp4")
    _, frames = played(path, 0.1)
    with av.open(str(path)) as container:
        decoded = [frame.to_ndarray() for frame in container.decode(video=0)]
    for frame, expected in zip(frames, decoded, strict=True):
        assert np.array_equal(frame.pixels, expected)


@pytest.mark.parametrize("degrees", [90, 180, 270, -90])
def test_a_clip_that_was_filmed_on_its_side_stands_upright(degrees: int, tmp_path: Path) -> None:
    path = SceneClip(2, rotation_deg=degrees).write(tmp_path / "turned.mp4")
    mode, frames = played(path, 0.01)
    lying = degrees % 180 == 90
    assert (mode.width_px, mode.height_px) == ((240, 320) if lying else (320, 240))
    with av.open(str(path)) as container:
        source = next(container.decode(video=0))
    turned = np.rot90(source.to_ndarray()[:240], source.rotation // 90)
    assert source.rotation % 360 == degrees % 360
    assert np.array_equal(frames[0].pixels[: mode.height_px], turned)


@pytest.mark.parametrize(
    ("height", "matrix"), [(240, ColourMatrix.BT601), (720, ColourMatrix.BT709)]
)
def test_untagged_colours_are_taken_as_players_take_them(
    height: int, matrix: ColourMatrix, tmp_path: Path
) -> None:
    path = SceneClip(2, 320 * height // 240, height, sound=False).write(tmp_path / "a.mp4")
    assert played(path, 0.01)[0].matrix is matrix


def test_rounds_follow_each_other_without_a_gap_and_without_drift() -> None:
    mode, frames = played(footage(), 15.99)
    assert mode.matrix is ColourMatrix.BT709
    assert len(frames) == 400
    for number, frame in enumerate(frames):
        assert frame.capture_ns == number * 40_000_000
        assert frame.sequence == number
    assert np.array_equal(frames[0].pixels, frames[132].pixels)
    assert np.array_equal(frames[131].pixels, frames[131 + 132].pixels)


def test_rounds_of_a_length_that_is_no_whole_nanosecond_do_not_drift(tmp_path: Path) -> None:
    rate = Fraction(30000, 1001)
    path = SceneClip(7, rate_hz=rate, sound=False).write(tmp_path / "ntsc.mp4")
    length = measure(path).length
    assert length == 7 / rate
    _, frames = played(path, 20)
    for number, frame in enumerate(frames):
        assert frame.capture_ns == int(number * NS_PER_S / rate)


def test_a_start_hours_late_begins_in_the_middle_of_the_right_round(tmp_path: Path) -> None:
    path = SceneClip(750, 160, 144, sound=False, bit_rate=100_000).write(tmp_path / "long.mp4")
    clock = VirtualClock(monotonic_ns=3 * 3600 * NS_PER_S + 25 * NS_PER_S)
    camera = FileCamera(clock, path=path)
    mode = camera.start(0)
    frame = camera.read(0)
    assert frame is not None
    assert frame.capture_ns == clock.monotonic_ns()
    assert numbers_of([frame], mode) == [25 * 25]
    camera.close()


@pytest.mark.parametrize("content", [b"", b"not a video", bytes(100_000)])
def test_a_file_that_is_no_video_says_so(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(DeviceMissingError, match=r"clip.mp4.*choose another"):
        FileCamera(VirtualClock(), path=path).start(0)


def test_a_folder_and_a_missing_file_say_so(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone.mp4"):
        with pytest.raises(DeviceMissingError, match="there is no file"):
            FileCamera(VirtualClock(), path=path).start(0)


def test_a_sound_file_is_no_camera(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), "s16", "mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
    with pytest.raises(DeviceMissingError, match="no pictures"):
        FileCamera(VirtualClock(), path=path).start(0)


def test_a_clip_whose_index_was_cut_off_says_so(tmp_path: Path) -> None:
    """The index of a plain MP4 is written last: a recorder that lost power leaves none."""
    whole = SceneClip(50).write(tmp_path / "whole.mp4").read_bytes()
    path = tmp_path / "torn.mp4"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DeviceMissingError, match=r"torn.mp4.*cut off"):
        FileCamera(VirtualClock(), path=path).start(0)


def index_first(source: Path, path: Path) -> bytes:
    """The clip with its index in front, as streaming wants it."""
    with (
        av.open(str(source)) as given,
        av.open(str(path), "w", options={"movflags": "faststart"}) as made,
    ):
        stream = made.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.size:
                packet.stream = stream
                made.mux(packet)
    return path.read_bytes()


def test_a_clip_that_is_cut_off_plays_what_it_has(tmp_path: Path) -> None:
    """Half of the clip is missing, its index in front promises all of it."""
    path = tmp_path / "half.mp4"
    whole = index_first(footage(), path)
    assert measure(path).length == Fraction(132, 25)
    path.write_bytes(whole[: len(whole) // 2])
    length = measure(path).length
    assert 1 < length < 4
    _, frames = played(path, 5.99)
    assert [frame.capture_ns for frame in frames] == [n * 40_000_000 for n in range(150)]
    assert np.array_equal(frames[0].pixels, frames[int(length * 25)].pixels)


def damaged(tmp_path: Path) -> Path:
    """Footage with rubbish in its middle."""
    content = bytearray(footage().read_bytes())
    middle = len(content) // 2
    content[middle : middle + 60_000] = np.random.default_rng(1).bytes(60_000)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    return path


def test_a_clip_with_rubbish_in_its_middle_plays_on_and_warns_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "hal"):
        _, frames = played(damaged(tmp_path), 11)
    warnings = [record for record in caplog.records if "damaged" in record.getMessage()]
    assert len(warnings) == 1
    assert "of 132 packets broken" in warnings[0].getMessage()
    times = [frame.capture_ns for frame in frames]
    assert times == sorted(set(times))
    assert times[0] == 0
    assert times[-1] > 10.5 * NS_PER_S
    broken = 132 * 2 - len([t for t in times if t < 2 * 132 * 40_000_000])
    assert broken > 0
    assert frames[-1].sequence >= len(frames)


def test_a_file_that_vanishes_is_a_lost_device(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    shutil.copy(SceneClip(5, sound=False).write(tmp_path / "source.mp4"), path)
    clock = VirtualClock()
    camera = FileCamera(clock, path=path)
    camera.start(0)
    path.unlink()
    with pytest.raises(DeviceLostError, match=r"gone.*clip.mp4"):
        list(read_all(camera, clock, 2))
    with pytest.raises(DeviceLostError):
        camera.read(0)
    camera.close()


def test_a_single_picture_is_a_short_clip(tmp_path: Path) -> None:
    path = SceneClip(1, video_codec="mjpeg", pixel_format="yuvj420p", sound=False).write(
        tmp_path / "still.mkv"
    )
    _, frames = played(path, 1)
    assert len(frames) >= 10
