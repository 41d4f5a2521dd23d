"""The way of a camera that encodes, on a clock that stands still: what is passed on, and what
is left out and counted because nobody could decode it."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.codec.context import CodecContext
from av.video.stream import VideoStream
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.configuration.keeping import Storage
from bwv_device.configuration.media import Video
from bwv_device.configuration.model import Configuration
from bwv_device.media.encoders.annex_b import AccessUnit
from bwv_device.media.errors import CameraSilentError
from bwv_device.media.messages import KeyFramesSeldom
from bwv_device.media.packets import EncodedPacket
from bwv_device.media.pass_loop import PASSED, SLATES, PassLoop
from bwv_device.media.slate import draw_slate
from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DeviceLostError
from hal.interfaces.camera import CameraMode, Frame, PixelFormat
from tests.unit.media.media_packets import MS, S
from tests.unit.media.media_units import HEIGHT_PX, WIDTH_PX, luma_of, unit_frame, units

MODE = CameraMode(WIDTH_PX, HEIGHT_PX, Fraction(10), PixelFormat.H264)
TWENTY = units(20)


@dataclass
class Row:
    """A camera that gives frames at their instants, then what is asked, then nothing."""

    clock: VirtualClock
    frames: list[Frame]
    then: Exception | None = None
    takes_wishes: bool = False
    wishes_ns: list[int] = field(default_factory=list)

    def read(self, timeout_s: float) -> Frame | None:
        if self.frames:
            frame = self.frames.pop(0)
            self.clock.advance_ns(max(0, frame.capture_ns - self.clock.monotonic_ns()))
            return frame
        if self.then is not None:
            raise self.then
        self.clock.advance_s(timeout_s)
        return None

    def request_key_frame(self) -> bool:
        self.wishes_ns.append(self.clock.monotonic_ns())
        return self.takes_wishes


@dataclass
class Bench:
    """A pass loop with its camera, and what came out: packets and changes of stream, in order."""

    folder: Path
    frames: list[Frame]
    then: Exception | None = None
    takes_wishes: bool = False
    out: list[EncodedPacket | VideoStream] = field(default_factory=list)
    reports: list[KeyFramesSeldom] = field(default_factory=list)
    about: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = VirtualClock()
        self.camera = Row(self.clock, self.frames, self.then, self.takes_wishes)
        video = Video(encoder="x264", preset="ultrafast")
        storage = Storage.model_construct(folder=self.folder, reserve_bytes=0)
        configuration = Configuration().model_copy(update={"video": video, "storage": storage})
        self.loop = PassLoop(
            self.camera,  # type: ignore[arg-type]
            MODE,
            configuration,
            self.clock,
            0,
            self.reports.append,
        )

    def run(self, end_ns: Callable[[], int | None]) -> "Bench":
        self.loop.run(self.out.append, self._change, end_ns)
        self.loop.close()
        return self

    def _change(self, stream: VideoStream, about: str) -> None:
        self.out.append(stream)
        self.about.append(about)

    def run_out(self) -> "Bench":
        """Up to the last frame."""
        last_ns = self.frames[-1].capture_ns if self.frames else 0
        return self.run(lambda: None if self.frames else last_ns)

    @property
    def packets(self) -> list[EncodedPacket]:
        return [each for each in self.out if isinstance(each, EncodedPacket)]

    @property
    def times_ms(self) -> list[int]:
        return [packet.time_ns // MS for packet in self.packets]

    @property
    def lost(self) -> list[int]:
        return [packet.lost_before for packet in self.packets]

    def streams(self) -> Iterator[tuple[VideoStream, list[EncodedPacket]]]:
        """Each stream with its packets."""
        starts = [n for n, each in enumerate(self.out) if isinstance(each, VideoStream)]
        for start, end in pairwise([*starts, len(self.out)]):
            stream = self.out[start]
            assert isinstance(stream, VideoStream)
            yield stream, [e for e in self.out[start + 1 : end] if isinstance(e, EncodedPacket)]


def frames(data: list[bytes], first: int = 0) -> list[Frame]:
    return [unit_frame(each, first + number) for number, each in enumerate(data)]


def decoded(stream: VideoStream, packets: list[EncodedPacket]) -> list[int]:
    """The grey of each picture, decoded with the head alone that a clip would have."""
    context = CodecContext.create("h264", "r")
    context.extradata = stream.codec_context.extradata
    pictures = [p for packet in packets for p in context.decode(av.Packet(packet.data))]
    pictures += context.decode(None)
    planes = [p.to_ndarray(format="yuv420p") for p in pictures]
    return [round(float(each[:HEIGHT_PX].mean())) for each in planes]


def test_every_unit_is_passed_on_with_its_instant_and_decodes_under_the_clips_head(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, frames(TWENTY)).run_out()
    assert bench.times_ms == [100 * number for number in range(20)]
    assert [packet.is_key for packet in bench.packets] == [n % 5 == 0 for n in range(20)]
    ((stream, packets),) = bench.streams()
    assert decoded(stream, packets) == pytest.approx([luma_of(n) for n in range(20)], abs=2)
    assert (bench.loop.count.captured, bench.loop.count.lost) == (20, 0)


def test_packets_hold_neither_parameter_sets_nor_anything_changed(tmp_path: Path) -> None:
    bench = Bench(tmp_path, frames(TWENTY)).run_out()
    for packet, data in zip(bench.packets, TWENTY, strict=True):
        assert AccessUnit.parse(packet.data).parameter_sets == ()
        assert packet.data == AccessUnit.parse(data).without_parameter_sets()


def test_what_comes_before_the_first_key_frame_is_left_out_and_a_key_frame_is_asked_for(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, frames(TWENTY[2:], first=2)).run_out()
    assert bench.times_ms == [100 * number for number in range(5, 20)]
    assert bench.loop.count.lost == 3
    assert bench.camera.wishes_ns[0] == 200 * MS


def test_behind_a_hole_it_goes_on_with_the_next_key_frame_and_counts_what_is_missing(
    tmp_path: Path,
) -> None:
    row = [frame for frame in frames(TWENTY) if frame.sequence != 7]
    bench = Bench(tmp_path, row).run_out()
    assert bench.times_ms == [100 * n for n in range(20) if n not in (7, 8, 9)]
    assert bench.lost == [0] * 7 + [3] + [0] * 9
    assert (bench.loop.count.captured, bench.loop.count.lost) == (17, 3)


@pytest.mark.parametrize("junk", [b"", b"\0\0\0\1", b"no unit at all", b"\0\0\1\0\0\1"])
def test_a_damaged_unit_is_lost_with_all_that_needs_it(
    junk: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = [*TWENTY]
    data[11] = junk
    with caplog.at_level(logging.WARNING):
        bench = Bench(tmp_path, frames(data)).run_out()
    assert bench.times_ms == [100 * n for n in range(20) if not 11 <= n < 15]
    assert [lost for lost in bench.lost if lost] == [4]
    assert "not passed on" in caplog.text
    ((stream, packets),) = bench.streams()
    assert len(decoded(stream, packets)) == 16


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_whatever_is_missing_everything_that_is_passed_on_decodes_and_adds_up(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=20, max_size=20))
    row = [frame for frame, is_kept in zip(frames(TWENTY), kept, strict=True) if is_kept]
    bench = Bench(tmp_path_factory.mktemp("run"), row).run_out()
    for stream, packets in bench.streams():
        greys = [luma_of(packet.time_ns // (100 * MS)) for packet in packets]
        assert decoded(stream, packets) == pytest.approx(greys, abs=2)
    numbers = [packet.time_ns // (100 * MS) for packet in bench.packets]
    for before, packet, number in zip(numbers, bench.packets[1:], numbers[1:], strict=False):
        assert packet.lost_before == number - before - 1


def test_other_parameter_sets_are_another_stream(tmp_path: Path) -> None:
    other = units(5, level="4.0", seed=60)
    bench = Bench(tmp_path, frames([*TWENTY[:5], *other])).run_out()
    (first, before), (second, behind) = bench.streams()
    assert decoded(first, before) == pytest.approx([luma_of(n) for n in range(5)], abs=2)
    assert decoded(second, behind) == pytest.approx([luma_of(n, 60) for n in range(5)], abs=2)


def slates(first: int, count: int) -> list[Frame]:
    """As the steady camera gives them."""
    return [
        Frame(draw_slate(WIDTH_PX, HEIGHT_PX, 0), PixelFormat.I420, n * 100 * MS, n)
        for n in range(first, first + count)
    ]


def test_slates_are_a_stream_of_their_own_and_the_camera_s_another_one_again(
    tmp_path: Path,
) -> None:
    row = [*frames(TWENTY[:8]), *slates(10, 4), *frames(TWENTY[:6], first=15)]
    bench = Bench(tmp_path, row).run_out()
    (before_head, before), (slate_head, between), (behind_head, behind) = bench.streams()
    assert len(decoded(before_head, before)) == 8
    assert len(decoded(behind_head, behind)) == 6
    assert max(decoded(slate_head, between)) < 45
    assert bench.about == [PASSED, SLATES, PASSED]
    assert [packets[0].is_key for packets in (before, between, behind)] == [True] * 3
    assert [packets[0].lost_before for packets in (before, between, behind)] == [0, 2, 1]


def test_a_camera_that_comes_back_in_the_middle_of_a_group_waits_for_its_key_frame(
    tmp_path: Path,
) -> None:
    row = [*frames(TWENTY[:5]), *slates(5, 2), *frames(TWENTY[3:10], first=7)]
    bench = Bench(tmp_path, row).run_out()
    *_, (_, behind) = bench.streams()
    assert [packet.time_ns // MS for packet in behind] == [900 + 100 * n for n in range(5)]
    assert behind[0].lost_before == 2


def test_a_key_frame_is_asked_for_when_the_interval_is_over(tmp_path: Path) -> None:
    bench = Bench(tmp_path, frames(units(45, gop=30)), takes_wishes=True).run_out()
    assert [at_ns // MS for at_ns in bench.camera.wishes_ns] == [1_000, 2_000, 4_000]


@pytest.mark.parametrize("takes_wishes", [True, False])
def test_an_interval_longer_than_asked_is_said_once(
    takes_wishes: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        bench = Bench(tmp_path, frames(units(80, gop=25)), takes_wishes=takes_wishes).run_out()
    assert bench.reports == [KeyFramesSeldom(1.0, 2.5, takes_wishes)]
    assert caplog.text.count("key frame after 2.5 s, 1.0 s were asked") == 1


def test_an_interval_as_asked_is_not_worth_a_word(tmp_path: Path) -> None:
    assert Bench(tmp_path, frames(units(60, gop=10))).run_out().reports == []


def test_it_says_that_there_is_no_time_on_the_picture(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        Bench(tmp_path, frames(TWENTY)).run_out()
    assert "without time on the picture" in caplog.text


def test_it_ends_with_the_first_picture_that_is_not_before_the_end(tmp_path: Path) -> None:
    assert Bench(tmp_path, frames(TWENTY)).run(lambda: 650 * MS).times_ms[-1] == 700


def test_a_camera_that_gives_nothing_is_silent_after_five_seconds(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [])
    with pytest.raises(CameraSilentError):
        bench.run(lambda: None)
    assert 5 * S < bench.clock.monotonic_ns() <= 5.4 * S


def test_a_camera_without_key_frames_is_waited_for_longer_and_then_says_what_to_do(
    tmp_path: Path,
) -> None:
    deltas = [TWENTY[1 + number % 4] for number in range(300)]
    bench = Bench(tmp_path, frames(deltas))
    with pytest.raises(CameraSilentError, match="key frames with SPS and PPS"):
        bench.run(lambda: None)
    assert 20 * S < bench.clock.monotonic_ns() <= 20.4 * S
    assert bench.out == []


def test_what_the_camera_raises_comes_through_after_all_pictures(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [*frames(TWENTY[:3]), *slates(3, 2)], then=DeviceLostError("gone"))
    with pytest.raises(DeviceLostError):
        bench.run(lambda: None)
    assert len(bench.packets) == 5


def test_an_empty_array_is_no_unit(tmp_path: Path) -> None:
    row = [Frame(np.empty(0, np.uint8), PixelFormat.H264, 0, 0)]
    assert Bench(tmp_path, row).run_out().out == []
