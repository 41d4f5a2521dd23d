"""The picture's way from the camera to the keeper, on a clock that stands still."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
import pytest

from bwv_device.configuration.media import Video
from bwv_device.configuration.model import Configuration
from bwv_device.media.errors import CameraSilentError
from bwv_device.media.messages import Overloaded, OverloadOver
from bwv_device.media.packets import EncodedPacket, Track
from bwv_device.media.picture_loop import FrameCount, PictureLoop
from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DeviceLostError
from hal.interfaces.camera import CameraMode, Frame, PixelFormat
from tests.unit.media.media_packets import MS, S
from tests.unit.media.media_pictures import plain

MODE = CameraMode(640, 360, Fraction(10), PixelFormat.I420)


@dataclass
class Row:
    """A camera that gives frames at their instants, then what is asked, then nothing."""

    clock: VirtualClock
    frames: list[Frame]
    then: Exception | None = None
    reads: int = 0

    def read(self, timeout_s: float) -> Frame | None:
        self.reads += 1
        if self.frames:
            frame = self.frames.pop(0)
            self.clock.advance_ns(max(0, frame.capture_ns - self.clock.monotonic_ns()))
            return frame
        if self.then is not None:
            raise self.then
        self.clock.advance_s(timeout_s)
        return None


@dataclass
class Bench:
    """A picture loop with its camera, and what came out."""

    frames: list[Frame]
    then: Exception | None = None
    overlay: bool = False
    mode: CameraMode = MODE
    clock: VirtualClock = field(default_factory=VirtualClock)
    packets: list[EncodedPacket] = field(default_factory=list)
    reports: list[Overloaded | OverloadOver] = field(default_factory=list)

    def __post_init__(self) -> None:
        video = Video(encoder="x264", preset="ultrafast", overlay=self.overlay)
        configuration = Configuration().model_copy(update={"video": video})
        self.camera = Row(self.clock, self.frames, self.then)
        self.loop = PictureLoop(
            self.camera,  # type: ignore[arg-type]
            self.mode,
            configuration,
            self.clock,
            0,
            self.reports.append,
        )

    def run(self, end_ns: Callable[[], int | None] = lambda: None) -> None:
        self.loop.run(self.packets.append, end_ns)


def frames(*times_ms: int) -> list[Frame]:
    return [
        Frame(plain(100, 640, 360), PixelFormat.I420, at_ms * MS, number)
        for number, at_ms in enumerate(times_ms)
    ]


def times_ms(packets: list[EncodedPacket]) -> list[int]:
    return [packet.time_ns // MS for packet in packets]


def test_it_ends_with_the_first_frame_that_is_not_before_the_end() -> None:
    bench = Bench(frames(0, 100, 200, 300, 400))
    bench.run(lambda: 200 * MS)
    assert times_ms(bench.packets) == [0, 100, 200]


def test_an_end_between_frames_waits_for_the_next_one() -> None:
    bench = Bench(frames(0, 100, 200, 300))
    bench.run(lambda: 150 * MS)
    assert times_ms(bench.packets) == [0, 100, 200]


def test_without_another_frame_it_ends_half_a_second_behind_the_end() -> None:
    bench = Bench(frames(0, 100))
    bench.run(lambda: 150 * MS)
    assert times_ms(bench.packets) == [0, 100]
    assert 650 * MS < bench.clock.monotonic_ns() <= 900 * MS


def test_an_end_that_is_taken_back_is_none() -> None:
    answers = iter([None, 50 * MS, None, None, 300 * MS])
    bench = Bench(frames(0, 40, 200, 250, 300, 400))
    bench.run(lambda: next(answers))
    assert times_ms(bench.packets) == [0, 40, 200, 250, 300]


def test_a_camera_that_never_gives_a_frame_is_silent_after_five_seconds() -> None:
    bench = Bench([])
    with pytest.raises(CameraSilentError, match="no other program uses it"):
        bench.run()
    assert 5 * S < bench.clock.monotonic_ns() <= 5.4 * S


def test_a_camera_that_stops_giving_frames_is_silent_five_seconds_later() -> None:
    bench = Bench(frames(0, 100, 3_000, 7_900))
    with pytest.raises(CameraSilentError):
        bench.run()
    assert times_ms(bench.packets) == [0, 100, 3_000, 7_900]
    assert 12.9 * S < bench.clock.monotonic_ns() <= 13.3 * S


def test_what_the_camera_raises_comes_through_after_all_frames() -> None:
    bench = Bench(frames(0, 100), then=DeviceLostError("unplugged"))
    with pytest.raises(DeviceLostError):
        bench.run()
    assert times_ms(bench.packets) == [0, 100]


def test_holes_in_the_sequence_travel_with_the_next_packet() -> None:
    row = [
        Frame(plain(100, 640, 360), PixelFormat.I420, number * 100 * MS, number)
        for number in (4, 5, 9, 10)
    ]
    bench = Bench(row)
    bench.run(lambda: 1_000 * MS)
    assert [packet.lost_before for packet in bench.packets] == [0, 0, 3, 0]
    assert (bench.loop.count.captured, bench.loop.count.lost) == (4, 3)


def test_a_sequence_that_begins_anew_is_no_loss() -> None:
    count = FrameCount()
    row = [Frame(plain(), PixelFormat.I420, 0, number) for number in (100, 101, 0, 1)]
    assert [count.lost_before(frame) for frame in row] == [0, 0, 0, 0]


@pytest.mark.parametrize("overlay", [True, False])
def test_the_text_shows_the_utc_of_the_capture(overlay: bool) -> None:
    bench = Bench(frames(0, 900, 1_100), overlay=overlay)
    bench.run(lambda: 1_100 * MS)
    first, second, third = (strip(bench, n) for n in range(3))
    assert (np.abs(first.astype(int) - second).max() < 40) or not overlay
    assert bool(np.abs(second.astype(int) - third).max() > 100) is overlay
    assert bool(first.max() - first.min() > 100) is overlay


def strip(bench: Bench, number: int) -> np.ndarray:
    """The top lines of the n-th decoded picture."""
    context = av.CodecContext.create("h264", "r")
    context.extradata = bench.loop.encoder.stream.codec_context.extradata
    pictures = [f for p in bench.packets for f in context.decode(av.Packet(p.data))]
    pictures += context.decode(None)
    return pictures[number].to_ndarray(format="yuv420p")[:12]


def test_a_camera_that_gives_bgr_is_encoded_as_well() -> None:
    pixels = np.full((360, 640, 3), 200, np.uint8)
    row = [Frame(pixels, PixelFormat.BGR24, n * 100 * MS, n) for n in range(3)]
    bench = Bench(row, mode=CameraMode(640, 360, Fraction(10), PixelFormat.BGR24))
    bench.run(lambda: 200 * MS)
    assert len(bench.packets) == 3
    assert abs(float(strip(bench, 2).mean()) - 188) < 3


def test_a_damaged_frame_is_a_hole_and_ends_nothing() -> None:
    row = frames(0, 100, 200, 300)
    row[1] = Frame(np.zeros(7, np.uint8), PixelFormat.MJPEG, 100 * MS, 1)
    row[2] = Frame(np.zeros((2, 2, 2), np.uint8), PixelFormat.YUYV422, 200 * MS, 2)
    bench = Bench(row)
    bench.run(lambda: 300 * MS)
    assert times_ms(bench.packets) == [0, 300]
    assert [packet.lost_before for packet in bench.packets] == [0, 2]
    assert (bench.loop.count.captured, bench.loop.count.lost) == (2, 2)


def test_a_camera_that_gives_only_damaged_frames_is_silent_after_five_seconds() -> None:
    torn = np.array([0xFF, 0xD8, 0, 0], np.uint8)
    row = [Frame(torn, PixelFormat.MJPEG, n * 100 * MS, n) for n in range(200)]
    bench = Bench(row)
    with pytest.raises(CameraSilentError):
        bench.run()
    assert 5 * S < bench.clock.monotonic_ns() <= 5.2 * S


class Late:
    """An encoder that gives each picture's packet with the next picture."""

    def __init__(self) -> None:
        self.waiting: list[EncodedPacket] = []
        self.closed = False

    def encode(self, _picture: np.ndarray, capture_ns: int, lost: int) -> list[EncodedPacket]:
        out, self.waiting = self.waiting, []
        self.waiting = [EncodedPacket(Track.VIDEO, capture_ns, 1, True, b"x", lost)]
        return out

    def finish(self) -> list[EncodedPacket]:
        out, self.waiting = self.waiting, []
        return out

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("then", [None, DeviceLostError("unplugged")], ids=["end", "unplugged"])
def test_what_waits_in_the_encoder_comes_out_at_the_end(then: Exception | None) -> None:
    bench = Bench(frames(0, 100, 200), then=then)
    bench.loop._encoder = late = Late()  # type: ignore[assignment]
    with contextlib.suppress(DeviceLostError):
        bench.run(lambda: 300 * MS if then else 200 * MS)
    assert times_ms(bench.packets) == [0, 100, 200]
    bench.loop.close()
    assert late.closed


class Slow:
    """A real encoder that takes its time, as `costs_ns` say, picture by picture."""

    def __init__(self, bench: Bench, costs_ns: Iterator[int]) -> None:
        self._bench, self._real, self._costs_ns = bench, bench.loop.encoder, costs_ns

    def encode(self, picture: np.ndarray, capture_ns: int, lost: int) -> list[EncodedPacket]:
        self._bench.clock.advance_ns(next(self._costs_ns))
        return self._real.encode(picture, capture_ns, lost)

    def finish(self) -> list[EncodedPacket]:
        return self._real.finish()


RATE_HZ = 30
SMALL = CameraMode(640, 360, Fraction(RATE_HZ), PixelFormat.I420)


def steady(seconds: float, missing: frozenset[int] = frozenset()) -> list[Frame]:
    """Frames at 30 a second; of some only the hole is left."""
    picture = plain(100, 640, 360)
    return [
        Frame(picture, PixelFormat.I420, round(n * S / RATE_HZ), n)
        for n in range(round(seconds * RATE_HZ))
        if n not in missing
    ]


def slowed(row: list[Frame], costs_ms: Iterator[int]) -> Bench:
    bench = Bench(row, mode=SMALL)
    bench.loop._encoder = Slow(bench, (ms * MS for ms in costs_ms))  # type: ignore[assignment]
    return bench


def test_an_encoder_that_is_too_slow_costs_frames_that_are_counted_and_told() -> None:
    missing = frozenset({31, 62, 100, 101, 200})
    costs_ms = itertools.chain(itertools.repeat(60, 100), itertools.repeat(2))
    bench = slowed(steady(20, missing), costs_ms)
    bench.run(lambda: 19 * S)
    times = [packet.time_ns for packet in bench.packets]
    assert times[0] == 0 and times[-1] == 19 * S and times == sorted(set(times))
    assert max(b - a for a, b in itertools.pairwise(times)) <= S // 10 + 2 * MS, "ten a second"
    lost = sum(packet.lost_before for packet in bench.packets)
    skipped = sum(packet.skipped_before for packet in bench.packets)
    assert lost == len(missing) == bench.loop.count.lost
    assert skipped == bench.loop.skipped > 100
    assert len(times) + skipped == bench.loop.count.captured
    stages = [r.rate_hz for r in bench.reports if isinstance(r, Overloaded)]
    assert stages[0] < RATE_HZ and min(stages) >= 10
    over = bench.reports[-1]
    assert isinstance(over, OverloadOver) and over.frames == skipped
    assert bench.packets[-1].one_in == 1, "every frame is encoded again"


def test_key_frames_stay_where_they_are_when_frames_are_left_out() -> None:
    bench = slowed(steady(12), itertools.repeat(80))
    bench.run(lambda: 11 * S)
    keys = [packet.time_ns for packet in bench.packets if packet.is_key]
    assert [round(at_ns / S, 2) for at_ns in keys] == [float(n) for n in range(12)]
    assert {packet.one_in for packet in bench.packets if packet.time_ns > 3 * S} == {3}


def test_an_overload_that_lasts_is_over_with_the_session() -> None:
    bench = slowed(steady(6), itertools.repeat(80))
    bench.run(lambda: 5 * S)
    assert isinstance(bench.reports[0], Overloaded) and isinstance(bench.reports[-1], OverloadOver)


def test_frames_that_a_late_encoder_gives_later_carry_what_was_left_out_before_them() -> None:
    bench = Bench(steady(8), mode=SMALL)
    late = Late()
    real = late.encode

    def encode(picture: np.ndarray, capture_ns: int, lost: int) -> list[EncodedPacket]:
        bench.clock.advance_ns(70 * MS)
        return real(picture, capture_ns, lost)

    late.encode = encode  # type: ignore[method-assign]
    bench.loop._encoder = late  # type: ignore[assignment]
    bench.run(lambda: 7 * S)
    skipped = [packet.skipped_before for packet in bench.packets]
    assert sum(skipped) == bench.loop.skipped > 0
    frames = [round(packet.time_ns * RATE_HZ / S) for packet in bench.packets]
    assert [b - a - 1 for a, b in itertools.pairwise(frames)] == skipped[1:]
