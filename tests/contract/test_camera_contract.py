"""What every camera driver has to do; the same tests run over all of them.

Sources that keep time by the injected clock ("paced") have to keep it exactly as well. The
`opencv` driver runs over a file, which OpenCV plays as fast as it can, and over a real camera
where there is one (BWV_TEST_CAMERA names it: index, path or URL). `h264` runs over files in which
each picture is a key frame, because it goes on at a key frame only, over a stream from a server,
and over a device that BWV_TEST_H264_CAMERA names; `picamera2` over a stand-in for the library.
"""

import itertools
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.codec.context import CodecContext

from hal.discovery import list_cameras
from hal.drivers.camera.h264_units import leading_kinds
from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DeviceClosedError, DeviceMissingError, DeviceStartedError
from hal.interfaces.camera import Camera, EncodedCamera, Frame, PixelFormat, frame_shape
from hal.interfaces.clock import NS_PER_S, Clock
from hal.registry import open_camera, open_clock
from tests.contract.clips import SceneClip, footage
from tests.contract.h264_clips import H264Clip, served
from tests.contract.stepping import stepping
from tests.needs import no_hardware

EPOCH_NS = 7 * NS_PER_S + 3


@dataclass
class Bench:
    """A camera, not started, and the clock it was given."""

    camera: Camera
    clock: Clock

    @property
    def virtual(self) -> VirtualClock:
        assert isinstance(self.clock, VirtualClock)
        return self.clock

    def read(self) -> Frame:
        """The next frame, however long it takes."""
        if isinstance(self.clock, VirtualClock):
            frame = stepping(self.clock, lambda: self.camera.read(1.0))
        else:
            frame = self.camera.read(10.0)
        assert frame is not None
        return frame


def real_camera() -> str:
    named = os.environ.get("BWV_TEST_CAMERA")
    found = [str(camera.path) for camera in list_cameras() if camera.problem is None]
    return named or (found[0] if found else no_hardware("a camera; BWV_TEST_CAMERA names one"))


def h264_device() -> str:
    named = os.environ.get("BWV_TEST_H264_CAMERA")
    return named or no_hardware("a camera that encodes; BWV_TEST_H264_CAMERA names one")


def options_of(case: str, folder: Path, stack: ExitStack) -> dict[str, object]:
    match case:
        case "scene":
            return {"width_px": 320, "height_px": 240}
        case "scene 29.97 Hz":
            return {"width_px": 320, "height_px": 240, "rate_hz": "30000/1001"}
        case "file":
            return {"path": footage()}
        case "file of the scene":
            return {"path": SceneClip(frames=30).write(folder / "scene.mp4")}
        case "opencv":
            return {"source": str(footage())}
        case "opencv device":
            return {"source": real_camera()}
        case "h264 mp4":
            return {"source": str(H264Clip(gop=1).write(folder / "keys.mp4"))}
        case "h264 annex B":
            return {"source": str(H264Clip(gop=1).write(folder / "keys.h264"))}
        case "h264 stream":
            clip = H264Clip(frames=60).write(folder / "clip.ts")
            return {"source": stack.enter_context(served(clip))}
        case "h264 device":
            return {"source": h264_device()}
        case "picamera2":
            return {"width_px": 320, "height_px": 240}
    raise AssertionError(case)


PACED = ["scene", "scene 29.97 Hz", "file", "file of the scene", "h264 mp4", "h264 annex B"]
ENCODED = ["h264 mp4", "h264 annex B", "h264 stream", "h264 device", "picamera2"]
FREE = ["opencv", "opencv device", "h264 stream", "h264 device", "picamera2"]


def bench_for(case: str, folder: Path, stack: ExitStack) -> Bench:
    clock = VirtualClock(monotonic_ns=EPOCH_NS) if case in PACED else open_clock("system")
    options = options_of(case, folder, stack)
    return Bench(open_camera(case.split()[0], clock=clock, options=options), clock)


@contextmanager
def opened(case: str, folder: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        made = bench_for(case, folder, stack)
        stack.callback(made.camera.close)
        yield made


@pytest.fixture(params=PACED + FREE)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with opened(request.param, tmp_path) as made:
        yield made


@pytest.fixture(params=PACED)
def paced(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with opened(request.param, tmp_path) as made:
        yield made


@pytest.fixture(params=ENCODED)
def encoded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with opened(request.param, tmp_path) as made:
        yield made


def test_frames_are_as_the_mode_says(bench: Bench) -> None:
    mode = bench.camera.start(EPOCH_NS)
    shape = frame_shape(mode.format, mode.width_px, mode.height_px)
    for _ in range(3):
        frame = bench.read()
        assert frame.format is mode.format
        assert frame.pixels.shape == (shape or (frame.pixels.size,))
        assert frame.pixels.dtype == np.uint8
    assert mode.rate_hz > 0


def test_a_source_of_h264_gives_units_that_decode_from_their_key_frames_on(
    encoded: Bench,
) -> None:
    mode = encoded.camera.start(EPOCH_NS)
    assert mode.format is PixelFormat.H264
    decoder = CodecContext.create("h264", "r")
    pictures, begun = [], False
    for _ in range(25):
        unit = bytes(encoded.read().pixels)
        assert unit.startswith((b"\0\0\1", b"\0\0\0\1"))
        kinds = leading_kinds(unit)
        begun = begun or kinds[-1] == 5
        assert kinds[-1] != 5 or {7, 8} <= set(kinds)
        if begun:
            pictures += decoder.decode(av.Packet(unit))
    pictures += decoder.decode(None)
    assert len(pictures) >= 15
    assert {(each.width, each.height) for each in pictures} == {(mode.width_px, mode.height_px)}


def test_a_source_of_h264_can_be_asked_for_a_key_frame_at_any_time(encoded: Bench) -> None:
    assert isinstance(encoded.camera, EncodedCamera)
    encoded.camera.request_key_frame()
    encoded.camera.start(EPOCH_NS)
    encoded.camera.request_key_frame()
    encoded.camera.close()
    encoded.camera.request_key_frame()


def test_capture_times_and_sequence_rise(bench: Bench) -> None:
    bench.camera.start(EPOCH_NS)
    frames = [bench.read() for _ in range(8)]
    for earlier, later in itertools.pairwise(frames):
        assert later.capture_ns > earlier.capture_ns
        assert later.sequence > earlier.sequence


def test_no_frame_comes_from_the_future(bench: Bench) -> None:
    bench.camera.start(EPOCH_NS)
    for _ in range(5):
        assert bench.read().capture_ns <= bench.clock.monotonic_ns()


def test_the_receiver_owns_the_pixels(bench: Bench) -> None:
    bench.camera.start(EPOCH_NS)
    first, second = bench.read(), bench.read()
    before = second.pixels.copy()
    first.pixels[:] = 77
    assert not np.shares_memory(first.pixels, second.pixels)
    assert np.array_equal(second.pixels, before)


def test_reading_before_the_start_is_refused(bench: Bench) -> None:
    with pytest.raises(DeviceClosedError, match="start"):
        bench.camera.read(0)


def test_a_second_start_is_refused(bench: Bench) -> None:
    bench.camera.start(EPOCH_NS)
    with pytest.raises(DeviceStartedError):
        bench.camera.start(EPOCH_NS)


def test_after_close_nothing_goes_and_closing_again_does(bench: Bench) -> None:
    bench.camera.start(EPOCH_NS)
    bench.read()
    bench.camera.close()
    bench.camera.close()
    with pytest.raises(DeviceClosedError):
        bench.camera.read(0)
    with pytest.raises(DeviceClosedError):
        bench.camera.start(EPOCH_NS)


def test_a_camera_that_was_never_started_closes(bench: Bench) -> None:
    bench.camera.close()
    with pytest.raises(DeviceClosedError):
        bench.camera.start(EPOCH_NS)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("file", {"path": "no/such/clip.mp4"}),
        ("opencv", {"source": 63}),
        ("opencv", {"source": "/dev/video63"}),
        ("opencv", {"source": "no/such/clip.mp4"}),
        ("opencv", {"source": "rtsp://127.0.0.1:9/nothing"}),
        ("h264", {"source": 63}),
        ("h264", {"source": "/dev/video63"}),
        ("h264", {"source": "no/such/clip.mp4"}),
        ("h264", {"source": "rtsp://127.0.0.1:9/nothing"}),
        ("picamera2", {"camera": 7}),
    ],
)
def test_a_camera_that_is_not_there_says_so_at_the_start(
    name: str, options: dict[str, object]
) -> None:
    camera = open_camera(name, clock=open_clock("system"), options=options)
    with pytest.raises(DeviceMissingError, match=str(next(iter(options.values())))):
        camera.start(0)
    camera.close()


def test_nothing_is_delivered_before_its_instant(paced: Bench) -> None:
    paced.camera.start(EPOCH_NS + 1000)
    assert paced.camera.read(0) is None
    paced.virtual.advance_ns(999)
    assert paced.camera.read(0) is None
    paced.virtual.advance_ns(1)
    frame = paced.camera.read(0)
    assert frame is not None
    assert frame.capture_ns == EPOCH_NS + 1000


def test_frames_are_due_at_exact_rational_instants(paced: Bench) -> None:
    mode = paced.camera.start(EPOCH_NS)
    rate = mode.rate_hz
    for number in range(200):
        due_ns = EPOCH_NS + int(number * NS_PER_S / rate)
        paced.virtual.advance_ns(due_ns - paced.virtual.monotonic_ns())
        frame = paced.camera.read(0)
        assert frame is not None
        assert (frame.capture_ns, frame.sequence) == (due_ns, number)
        assert paced.camera.read(0) is None


def test_a_read_that_waits_in_vain_returns_none_at_its_timeout(paced: Bench) -> None:
    paced.camera.start(EPOCH_NS + 10 * NS_PER_S)
    before_ns = paced.virtual.monotonic_ns()
    assert stepping(paced.virtual, lambda: paced.camera.read(0.05)) is None
    assert paced.virtual.monotonic_ns() - before_ns >= 50_000_000


def test_closing_ends_a_read_that_waits(paced: Bench) -> None:
    paced.camera.start(EPOCH_NS + 10 * NS_PER_S)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(paced.camera.read, 60.0)
        paced.virtual.until_waiting()
        paced.camera.close()
        with pytest.raises(DeviceClosedError):
            waiting.result(10)


def test_a_reader_less_than_a_second_late_misses_nothing(paced: Bench) -> None:
    paced.camera.start(EPOCH_NS)
    paced.virtual.advance_s(0.9)
    sequences = []
    while (frame := paced.camera.read(0)) is not None:
        sequences.append(frame.sequence)
    assert len(sequences) > 20
    assert sequences == list(range(len(sequences)))


def test_what_a_later_reader_misses_is_a_hole_of_just_that_size(paced: Bench) -> None:
    mode = paced.camera.start(EPOCH_NS)
    first = paced.camera.read(0)
    assert first is not None
    paced.virtual.advance_s(4.5)
    back_ns = paced.virtual.monotonic_ns()
    next_one = paced.camera.read(0)
    if next_one is None:
        paced.virtual.advance_ns(int(NS_PER_S / mode.rate_hz) + 1)
        next_one = paced.camera.read(0)
    assert next_one is not None
    assert abs(next_one.capture_ns - back_ns) <= NS_PER_S / mode.rate_hz
    elapsed = Fraction(next_one.capture_ns - EPOCH_NS, NS_PER_S)
    assert next_one.sequence == round(elapsed * mode.rate_hz)


def test_a_late_start_begins_with_the_frame_that_is_due_then(paced: Bench) -> None:
    paced.virtual.advance_s(2.51)
    begun_ns = paced.virtual.monotonic_ns()
    mode = paced.camera.start(EPOCH_NS)
    frame = paced.read()
    assert 0 <= frame.capture_ns - begun_ns <= NS_PER_S / mode.rate_hz
    number = round(Fraction(frame.capture_ns - EPOCH_NS, NS_PER_S) * mode.rate_hz)
    assert frame.capture_ns == EPOCH_NS + int(number * NS_PER_S / mode.rate_hz)


def test_closing_while_another_thread_reads_breaks_nothing(paced: Bench) -> None:
    paced.camera.start(EPOCH_NS)
    begun = threading.Event()

    def read_on() -> None:
        while True:
            paced.camera.read(0)
            paced.virtual.advance_s(0.02)
            begun.set()

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read_on)
        assert begun.wait(10)
        paced.camera.close()
        with pytest.raises(DeviceClosedError):
            reading.result(10)
