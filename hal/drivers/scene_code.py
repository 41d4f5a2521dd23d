"""What the `scene` camera and microphone mean: the layout of the picture and of the sound.

Who uses it: the two `scene` drivers to write, and every test that proves from a finished file
that no frame was lost and that sound and picture belong together, to read. The picture:

- along the bottom, two rows of 16 black or white cells: a frame number of 24 bits and a check
  of 8, each row between one white and one black cell, so that no plain picture passes;
- above it at the right, the flash field: white for the first `FLASH_S` of each second;
- the top `OVERLAY_PX` lines are left to overlays.

The cells are large (64 px at 1280 x 720) so that H.264 at 1 Mbit/s leaves them readable.
"""

import zlib
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Luma = npt.NDArray[np.uint8]
Rows = tuple[slice, slice]

BLACK, WHITE = 16, 235
"""The ends of the limited range (BT.601)."""
_BLACK_MAX, _WHITE_MIN = 88, 168
"""A cell between these is unreadable: better no number than a wrong one."""

NUMBER_BITS, CHECK_BITS, BITS_PER_ROW = 24, 8, 16
NUMBERS = 1 << NUMBER_BITS
"""Frame numbers repeat after this many: 155 hours at 30 Hz."""

OVERLAY_PX = 48
"""Height at the top that an overlay may cover."""
MIN_CELL_PX = 8

TONE_HZ = 1000
FLASH_S = Fraction(1, 10)
"""Length of the flash and of the tone burst, both from each full second on."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are in a picture of one size, in pixels of the luma plane."""

    width_px: int
    height_px: int

    @property
    def cell_px(self) -> int:
        return min(self.width_px // 20, self.height_px // 10) & ~1

    @property
    def fits(self) -> bool:
        """Whether cells are readable and the flash field is clear of overlays."""
        return self.cell_px >= MIN_CELL_PX and self.flash[0].start >= OVERLAY_PX

    @property
    def counter_top_px(self) -> int:
        return self.height_px - self.cell_px * 5 // 2

    def counter_row(self, row: int) -> Rows:
        """Row 0 or 1 of the counter with its two outer cells."""
        top, left = self.counter_top_px + row * self.cell_px, self.cell_px
        return slice(top, top + self.cell_px), slice(left, left + 18 * self.cell_px)

    @property
    def flash(self) -> Rows:
        """The flash field: four cells wide, three high."""
        bottom, right = self.counter_top_px - self.cell_px, self.width_px - self.cell_px
        return (
            slice(bottom - 3 * self.cell_px, bottom),
            slice(right - 4 * self.cell_px, right),
        )


def counter_levels(number: int) -> npt.NDArray[np.uint8]:
    """Luma of the counter's cells for a frame number: shape (2, 18)."""
    number %= NUMBERS
    word = number << CHECK_BITS | _check(number)
    bits = [word >> shift & 1 for shift in range(NUMBER_BITS + CHECK_BITS - 1, -1, -1)]
    rows = [[1, *bits[:BITS_PER_ROW], 0], [0, *bits[BITS_PER_ROW:], 1]]
    return np.where(rows, np.uint8(WHITE), np.uint8(BLACK))


def read_counter(luma: Luma) -> int | None:
    """The frame number in a luma plane, shape (height, width); None when there is none to be
    read with certainty."""
    layout = Layout(luma.shape[1], luma.shape[0])
    if not layout.fits:
        return None
    means = np.stack([_cell_means(luma[layout.counter_row(row)]) for row in (0, 1)])
    if np.any((means > _BLACK_MAX) & (means < _WHITE_MIN)):
        return None
    return _decode((means >= _WHITE_MIN).astype(int))


def is_flash(luma: Luma) -> bool:
    """Whether the flash field is lit in a luma plane, shape (height, width)."""
    rows, columns = Layout(luma.shape[1], luma.shape[0]).flash
    field = luma[rows, columns]
    inset = field.shape[0] // 6
    return float(field[inset:-inset, inset:-inset].mean()) > (BLACK + WHITE) / 2


def flash_is_due(number: int, rate_hz: Fraction) -> bool:
    """Whether frame `number` of a scene at `rate_hz` shows the flash."""
    return (number / rate_hz) % 1 < FLASH_S


def tone_starts(samples: npt.NDArray[np.int16], rate_hz: int) -> list[int]:
    """Where tone bursts begin, as sample numbers, in one channel of sound, shape (samples,).

    Looks for 5 ms of the tone at full strength after 20 ms without; good to 2 ms after AAC.
    Sound that begins within a burst counts as no beginning.
    """
    window = rate_hz // 1000
    loud = _tone_strength(samples, rate_hz, window) > _BURST_LEVEL / 2
    starts = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    quiet_before, loud_after = 20, 5
    return [
        int(start) * window
        for start in starts
        if not loud[max(0, start - quiet_before) : start].any()
        and loud[start : start + loud_after].all()
    ]


def tone_second(rate_hz: int) -> npt.NDArray[np.int16]:
    """One second of the scene's sound from a full second on: shape (rate_hz,). It ends where
    it began, so it can be repeated without a click."""
    t = np.arange(rate_hz) / rate_hz
    bed = _BED_LEVEL * np.sin(2 * np.pi * 110 * t)
    burst = _BURST_LEVEL * np.sin(2 * np.pi * TONE_HZ * t) * (t < float(FLASH_S))
    return np.round(bed + burst).astype(np.int16)


_BURST_LEVEL, _BED_LEVEL = 8000.0, 60.0


def _tone_strength(
    samples: npt.NDArray[np.int16], rate_hz: int, window: int
) -> npt.NDArray[np.float64]:
    """Amplitude of the tone in each window: shape (windows,)."""
    whole = len(samples) // window * window
    turns = np.exp(-2j * np.pi * TONE_HZ * np.arange(whole) / rate_hz)
    products = samples[:whole].astype(np.float64) * turns
    strength = np.abs(products.reshape(-1, window).mean(axis=1)) * 2
    return np.asarray(strength, dtype=np.float64)


def _cell_means(row: Luma) -> npt.NDArray[np.float64]:
    """Mean luma of the middle of each of the 18 cells of a row."""
    cell = row.shape[0]
    inset = cell // 4
    cells = row.reshape(cell, 18, cell)[inset:-inset, :, inset:-inset]
    return np.asarray(cells.mean(axis=(0, 2)), dtype=np.float64)


def _decode(cells: npt.NDArray[np.int_]) -> int | None:
    """The number in the counter's cells, shape (2, 18), if guards and check hold."""
    if [*cells[:, 0], *cells[:, -1]] != [1, 0, 0, 1]:
        return None
    word = int("".join(str(bit) for bit in cells[:, 1:-1].ravel()), 2)
    number, check = word >> CHECK_BITS, word & ((1 << CHECK_BITS) - 1)
    return number if check == _check(number) else None


def _check(number: int) -> int:
    return zlib.crc32(number.to_bytes(NUMBER_BITS // 8, "big")) & 0xFF
