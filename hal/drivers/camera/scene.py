"""A generated camera whose every frame says which it is; `hal.drivers.scene_code` reads it.

Who uses it: the demonstration on a machine without a webcam, and every test that counts
frames. Frame n belongs to the instant epoch + n / rate exactly, whoever reads it and when.
"""

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from hal.drivers.lifecycle import StartedDriver
from hal.drivers.options import require, require_positive
from hal.drivers.pacing import DEFAULT_BACKLOG_S, Beat, Pacer
from hal.drivers.scene_code import BLACK, WHITE, Layout, counter_levels, flash_is_due
from hal.interfaces.camera import CameraMode, Frame, PixelFormat
from hal.interfaces.clock import Clock


class ScenePicture:
    """Draws any frame of the scene; all that does not move is drawn once, in advance."""

    def __init__(self, width_px: int, height_px: int, rate_hz: Fraction) -> None:
        self._layout = Layout(width_px, height_px)
        self._rate_hz = rate_hz
        self._still = _still_picture(self._layout)
        self._strip = _texture(self._layout)

    def draw(self, number: int) -> npt.NDArray[np.uint8]:
        """Frame `number` as a new I420 array, shape (height * 3 // 2, width)."""
        pixels = self._still.copy()
        self._draw_texture(pixels, number)
        self._draw_counter(pixels, number)
        pixels[self._layout.flash] = WHITE if flash_is_due(number, self._rate_hz) else BLACK
        return pixels

    def _draw_texture(self, pixels: npt.NDArray[np.uint8], number: int) -> None:
        """A strip that moves to the left by 4 px a frame, left of the flash field."""
        rows, flash = self._layout.flash
        width = flash.start - 2 * self._layout.cell_px
        offset = 4 * number % self._layout.width_px
        left = self._layout.cell_px
        pixels[rows, left : left + width] = self._strip[:, offset : offset + width]

    def _draw_counter(self, pixels: npt.NDArray[np.uint8], number: int) -> None:
        levels = counter_levels(number)
        for row in (0, 1):
            pixels[self._layout.counter_row(row)] = np.repeat(levels[row], self._layout.cell_px)


class SceneCamera(StartedDriver):
    """The `scene` camera. One reader thread; `close` may come from another."""

    def __init__(
        self,
        clock: Clock,
        *,
        width_px: int = 1280,
        height_px: int = 720,
        rate_hz: Fraction = Fraction(30),
        backlog_s: float = DEFAULT_BACKLOG_S,
    ) -> None:
        """Even `width_px` and `height_px` from 160 x 138 on; `rate_hz` up to 240;
        a reader later than `backlog_s` misses frames. Raises `DriverOptionError`."""
        super().__init__("the scene camera")
        rate_hz = Fraction(rate_hz)
        require(width_px % 2 == 0, "width_px", width_px, "even")
        require(height_px % 2 == 0, "height_px", height_px, "even")
        size = f"{width_px}x{height_px}"
        require(Layout(width_px, height_px).fits, "width_px x height_px", size, "160x138 or more")
        require(0 < rate_hz <= 240, "rate_hz", str(rate_hz), "above 0 and at most 240")
        require_positive("backlog_s", backlog_s)
        self._mode = CameraMode(width_px, height_px, rate_hz, PixelFormat.I420)
        self._pacer = Pacer(clock, self.closing, backlog_s)
        self._clock = clock

    def start(self, epoch_ns: int) -> CameraMode:
        """Begin with the first frame that is due from now on; frame 0 is due at `epoch_ns`."""
        self.begin()
        mode = self._mode
        self._picture = ScenePicture(mode.width_px, mode.height_px, mode.rate_hz)
        self._beat = Beat(epoch_ns, mode.rate_hz)
        self._next = self._beat.first_from(self._clock.monotonic_ns())
        return mode

    def read(self, timeout_s: float) -> Frame | None:
        """The next frame, drawn when its instant has come. `sequence` is the frame's number."""
        self.require_started()
        due_ns = self._beat.at_ns(self._next)
        if self._pacer.too_late(due_ns):
            self._next = self._beat.newest_at(self._clock.monotonic_ns())
            due_ns = self._beat.at_ns(self._next)
        came = self._pacer.wait_until(due_ns, self._pacer.deadline_ns(timeout_s))
        self.require_open()
        if not came:
            return None
        number, self._next = self._next, self._next + 1
        return Frame(self._picture.draw(number), PixelFormat.I420, due_ns, number)


def _still_picture(layout: Layout) -> npt.NDArray[np.uint8]:
    """What never changes: a grey slope, colour bars in the chroma, dark ground below."""
    width, height = layout.width_px, layout.height_px
    pixels = np.empty((height * 3 // 2, width), np.uint8)
    pixels[:height] = np.linspace(60, 180, width).astype(np.uint8)
    pixels[layout.counter_top_px - layout.cell_px // 2 : height] = BLACK
    u, v = _chroma(layout)
    pixels[height:] = np.concatenate([u.ravel(), v.ravel()]).reshape(height // 2, width)
    return pixels


def _chroma(layout: Layout) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Seven colour bars above the flash field, neutral grey below: shape (h / 2, w / 2)."""
    columns = np.arange(layout.width_px // 2) * 7 // (layout.width_px // 2)
    bars = layout.flash[0].start // 2
    planes = []
    for shift in (0, 2):
        plane = np.full((layout.height_px // 2, layout.width_px // 2), 128, np.uint8)
        plane[:bars] = 128 + 60 * np.sin((columns + shift) * 2 * np.pi / 7)
        planes.append(plane)
    return planes[0], planes[1]


def _texture(layout: Layout) -> npt.NDArray[np.uint8]:
    """Smooth hills as high as the flash field, repeated once in width so that it can scroll."""
    rows, _ = layout.flash
    y = np.arange(rows.stop - rows.start)[:, None] / layout.cell_px
    x = np.arange(layout.width_px)[None, :] * 2 * np.pi / layout.width_px
    hills = 128 + 45 * np.sin(11 * x + y) + 45 * np.sin(5 * x - 2 * y)
    return np.tile(hills.astype(np.uint8), (1, 2))
