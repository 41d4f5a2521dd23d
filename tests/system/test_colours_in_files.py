"""From each format that a camera may deliver to a finished file: what it says of its colours is
what its pictures hold, and each picture stands at the time of its capture.
"""

import json
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from bwv_device.configuration.media import Video
from bwv_device.configuration.model import Configuration
from bwv_device.media.clip_writer import ClipWriter
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.packets import EncodedPacket
from bwv_device.media.picture_loop import PictureLoop
from hal.drivers.clock.virtual import VirtualClock
from hal.interfaces.camera import CameraMode, ColourMatrix, ColourRange, Frame, PixelFormat
from tests.needs import need
from tests.support.hasty import hasty_disk
from tests.unit.media.media_formats import i420_of, jpeg_of, nv12_of, yuyv_of
from tests.unit.media.media_packets import MS, S

WIDTH_PX, HEIGHT_PX = 320, 240
LUMA, U, V = 150, 100, 160
"""A plain colour: limited range, or full where the camera says so."""
BLUE, GREEN, RED = 107, 130, 197
"""By ITU-R BT.601 in the limited range: luma 142.6, chroma 108.0 and 159.1."""
_OF_BGR = (142.6, 108.0, 159.1)
GAPS_MS = (0, 33, 34, 120, 33, 400, 21, 33, 250, 90, 33, 700, 33, 34, 33, 33)
Plane = npt.NDArray[np.uint8]


def plain() -> tuple[Plane, Plane, Plane]:
    y, u, v = (np.full((HEIGHT_PX, WIDTH_PX), level, np.uint8) for level in (LUMA, U, V))
    return y, u, v


def pixels(format: PixelFormat) -> Plane:
    """The plain colour as a camera of this format gives it."""
    y, u, v = plain()
    quarter = i420_of(y, u[::2, ::2], v[::2, ::2])
    if format is PixelFormat.BGR24:
        picture = np.empty((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
        picture[:] = BLUE, GREEN, RED
        return picture
    return {
        PixelFormat.I420: quarter,
        PixelFormat.YUYV422: yuyv_of(y, u, v),
        PixelFormat.NV12: nv12_of(y, u, v),
        PixelFormat.MJPEG: jpeg_of(quarter, HEIGHT_PX),
    }[format]


@dataclass
class Camera:
    """Gives its frames, uneven in time, and then the end."""

    clock: VirtualClock
    format: PixelFormat
    range: ColourRange
    given: int = 0
    closed: bool = False

    def read(self, _timeout_s: float) -> Frame:
        gap_ms = GAPS_MS[min(self.given, len(GAPS_MS) - 1)]
        self.clock.advance_ns(gap_ms * MS)
        self.given += 1
        return Frame(
            pixels(self.format),
            self.format,
            self.clock.monotonic_ns(),
            self.given,
            range=self.range,
        )


TWO_MATRICES = (PixelFormat.I420, PixelFormat.YUYV422, PixelFormat.NV12)
"""BGR is made into BT.601, and JPEG is that: no driver says otherwise."""
PICTURES = [each for each in PixelFormat if each is not PixelFormat.H264]
"""What a camera encoded by itself takes no road: its clips state what its stream does."""

ROADS = [
    *((each, ColourRange.LIMITED, ColourMatrix.BT601) for each in PICTURES),
    *((each, ColourRange.FULL, ColourMatrix.BT601) for each in PICTURES),
    *((each, ColourRange.LIMITED, ColourMatrix.BT709) for each in TWO_MATRICES),
]


@pytest.mark.parametrize(
    ("format", "range_", "matrix"),
    [pytest.param(*road, id="-".join(map(str, road))) for road in ROADS],
)
def test_the_file_says_which_colours_it_holds_and_when_each_picture_was_taken(
    tmp_path: Path, format: PixelFormat, range_: ColourRange, matrix: ColourMatrix
) -> None:
    """What each encoder states of its colours is held by its contract."""
    need("ffprobe")
    path = tmp_path / "clip.mp4"
    times_ns = record(path, format, range_, matrix)
    said = probed(path)
    name = {ColourMatrix.BT601: "smpte170m", ColourMatrix.BT709: "bt709"}[matrix]
    (stream,) = said["streams"]
    assert stream["color_range"] == "tv" and stream["pix_fmt"] == "yuv420p"
    keys = ("color_space", "color_primaries", "color_transfer")
    assert [stream[key] for key in keys] == [name] * 3
    found_s = [float(packet["pts_time"]) for packet in said["packets"]]
    assert found_s == pytest.approx([ns / S for ns in times_ns], abs=1 / 90_000 + 1e-6)
    assert len(found_s) == len(GAPS_MS)
    assert levels(path) == pytest.approx(expected(format, range_), abs=4)


def record(path: Path, format: PixelFormat, range_: ColourRange, matrix: ColourMatrix) -> list[int]:
    """Film the plain colour; when each picture was taken, from the first one on."""
    clock = VirtualClock(monotonic_ns=S)
    mode = CameraMode(WIDTH_PX, HEIGHT_PX, Fraction(30), format, matrix)
    video = Video(encoder="x264", preset="ultrafast", overlay=False)
    settings = Configuration().model_copy(update={"video": video})
    camera, packets = Camera(clock, format, range_), list[EncodedPacket]()
    loop = PictureLoop(camera, mode, settings, clock, S, lambda _report: None)  # type: ignore[arg-type]
    loop.run(packets.append, lambda: S + sum(GAPS_MS) * MS)
    with hasty_disk():
        writer = ClipWriter(path, Templates(loop.encoder.stream, None), packets[0].time_ns)
        for packet in packets:
            writer.write(packet)
        writer.close()
    loop.close()
    taken = np.cumsum(GAPS_MS) * MS
    return [int(at_ns - taken[0]) for at_ns in taken]


def expected(format: PixelFormat, range_: ColourRange) -> tuple[float, float, float]:
    """Mean luma and chroma in the file, which is of limited range."""
    if format is PixelFormat.BGR24:
        return _OF_BGR
    if range_ is ColourRange.LIMITED and format is not PixelFormat.MJPEG:
        return LUMA, U, V
    return (16 + LUMA * 219 / 255, *(128 + (level - 128) * 224 / 255 for level in (U, V)))


def levels(path: Path) -> tuple[float, ...]:
    """Mean luma and chroma of the last picture."""
    with av.open(str(path)) as container:
        *_, frame = container.decode(video=0)
    planes = frame.to_ndarray(format="yuv420p")
    chroma = planes[HEIGHT_PX:].reshape(2, -1)
    return (float(planes[:HEIGHT_PX].mean()), *(float(plane.mean()) for plane in chroma))


def probed(path: Path) -> dict[str, list[dict[str, str]]]:
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_packets", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stderr == ""
    return json.loads(said.stdout)  # type: ignore[no-any-return]
