"""The chart of the recorder's benchmark: memory against ring length, CPU against resolution,
of the recorder and of other recorders' approaches.

Used by the benchmark of the recorder. OpenCV draws it, because a plotting library would be one
more dependency for a single picture.
"""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from tests.bench.peer_rings import RAW_RECORDER
from tests.bench.recorder_cpu import Pair
from tests.bench.recorder_footage import FULL_HD, HD, RATE_HZ, Size
from tests.bench.recorder_memory import DELAY_LINE, OURS, RAW, Held
from tests.bench.recorder_peers import Runs

Canvas = npt.NDArray[np.uint8]
Point = tuple[float, float]
Colour = tuple[int, int, int]

_SCALE = 2
"""Drawn twice as large and reduced, which smooths letters and lines."""
_WIDTH_PX, _HEIGHT_PX = 1200, 470
_PAPER, _INK, _GRID = (255, 255, 255), (60, 50, 45), (228, 226, 224)
_BLUE, _ORANGE, _GREY = (180, 105, 30), (30, 110, 225), (150, 145, 140)
_GREEN, _RED = (70, 140, 60), (50, 50, 190)
"""Blue, green, red."""
_DASH_PX = 7
_BELOW_PX = (150, 190)
"""A legend where the memory's lines leave room."""
_FONT = cv2.FONT_HERSHEY_DUPLEX


@dataclass(frozen=True)
class Line:
    """Points of one colour; `label` stands in the legend."""

    label: str
    colour: Colour
    points: Sequence[Point]
    dashed: bool = False


@dataclass(frozen=True)
class Plot:
    """A panel: its place in the picture and the range of both axes."""

    title: str
    x_label: str
    left_px: int
    x_ticks: Sequence[tuple[float, str]]
    y_ticks: Sequence[float]

    is_log: bool = False
    """Whether the vertical axis is logarithmic, which has no zero."""
    legend_px: tuple[int, int] = (14, 18)
    """From the left and from the top of the panel to the first line of the legend."""
    width_px: int = 470
    top_px: int = 80
    height_px: int = 300

    def place(self, point: Point) -> tuple[int, int]:
        """Where a point is on the canvas."""
        first, last = self.x_ticks[0][0], self.x_ticks[-1][0]
        x = self.left_px + self.width_px * (point[0] - first) / (last - first)
        y = self.top_px + self.height_px * (1 - self._share(point[1]))
        return round(x * _SCALE), round(y * _SCALE)

    def _share(self, value: float) -> float:
        """Of the height."""
        if not self.is_log:
            return value / self.y_ticks[-1]
        low, high = self.y_ticks[0], self.y_ticks[-1]
        return math.log(value / low) / math.log(high / low)


def draw_chart(
    path: Path,
    rings: list[Held],
    pairs: Mapping[Size, list[Pair]],
    others: Mapping[Size, Runs],
) -> None:
    """Draw both panels into the PNG `path`. Raises `OSError` when it can't be written."""
    canvas = np.full((_HEIGHT_PX * _SCALE, _WIDTH_PX * _SCALE, 3), _PAPER[0], np.uint8)
    _draw_panel(canvas, *_memory_panel(rings))
    _draw_panel(canvas, *_cpu_panel(pairs, others))
    small = cv2.resize(canvas, (_WIDTH_PX, _HEIGHT_PX), interpolation=cv2.INTER_AREA)
    written, data = cv2.imencode(".png", small)
    if not written:
        raise OSError(f"{path} can't be encoded as PNG")
    path.write_bytes(data.tobytes())


def _memory_panel(rings: list[Held]) -> tuple[Plot, list[Line]]:
    def line(ring: str, size: str, colour: Colour, *, dashed: bool = False) -> Line:
        held = [each for each in rings if (each.ring, each.size) == (ring, size)]
        points = [(float(each.length_s), each.resident_bytes / 1e6) for each in held]
        return Line(f"{ring}, {size}", colour, points, dashed)

    lines = [
        line(ring, size, colour, dashed=dashed)
        for ring, of_full_hd, of_hd, dashed in (
            (RAW, _RED, _GREEN, False),
            (OURS, _ORANGE, _BLUE, False),
            (DELAY_LINE, _GREY, _GREY, True),
        )
        for size, colour in ((FULL_HD.name, of_full_hd), (HD.name, of_hd))
    ]
    x_ticks = [(at, f"{at}") for at in (0, 30, 60, 90, 120)]
    values = [y for each in lines for _, y in each.points]
    title = "Memory of the pre-record ring, MB"
    y_ticks = _powers(min(values), max(values))
    return Plot(title, "length of the ring, s", 75, x_ticks, y_ticks, True, _BELOW_PX), lines


def _cpu_panel(
    pairs: Mapping[Size, list[Pair]], others: Mapping[Size, Runs]
) -> tuple[Plot, list[Line]]:
    def of_pairs(label: str, colour: Colour, cost_s: Callable[[Pair], float]) -> Line:
        return Line(label, colour, [
            (_megapixels(size), 100 * RATE_HZ
             * statistics.median(cost_s(pair) for pair in pairs[size]) / pairs[size][0].ours.frames)
            for size in _by_pixels(pairs)
        ])  # fmt: skip

    def of_others(approach: str, colour: Colour, *, dashed: bool = False) -> Line:
        return Line(f"{approach}, in an event", colour, [
            (_megapixels(size), RATE_HZ / 10
             * statistics.median(event.cpu_ms_a_frame for event in others[size][approach].events))
            for size in _by_pixels(others)
        ], dashed)  # fmt: skip

    lines = [
        of_pairs("the recorder, with sound", _ORANGE, lambda pair: pair.ours_s),
        of_pairs(
            "ffmpeg, the same encode", _BLUE, lambda pair: pair.theirs_s - pair.theirs_start_s
        ),
        *(
            of_others(approach, colour, dashed=approach == DELAY_LINE)
            for approach, colour in ((DELAY_LINE, _GREY), (RAW_RECORDER, _RED))
        ),
    ]
    sizes = _by_pixels(pairs)
    x_ticks = [(0.0, ""), *((_megapixels(size), size.name) for size in sizes), (2.2, "")]
    most = max(y for each in lines for _, y in each.points)
    title = "CPU at 30 frames a second, % of one core"
    return Plot(title, "resolution, by number of pixels", 675, x_ticks, _ticks(most)), lines


def _megapixels(size: Size) -> float:
    return size.width_px * size.height_px / 1e6


def _by_pixels(sizes: Iterable[Size]) -> list[Size]:
    return sorted(sizes, key=_megapixels)


def _powers(least: float, most: float) -> list[float]:
    """Powers of ten around both."""
    return [10.0**n for n in range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)]


def _ticks(most: float) -> list[float]:
    """Five or so round steps from 0 to a little above `most`."""
    step = next(step for step in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500) if most / step <= 6)
    return [step * number for number in range(int(most / step) + 2)]


def _draw_panel(canvas: Canvas, plot: Plot, lines: list[Line]) -> None:
    _draw_axes(canvas, plot)
    for line in lines:
        _draw_line(canvas, [plot.place(point) for point in line.points], line)
    for row, line in enumerate(lines):
        y_px = plot.top_px + plot.legend_px[1] + 20 * row
        x_px = plot.left_px + plot.legend_px[0]
        left = [((x_px + x) * _SCALE, y_px * _SCALE) for x in (0, 30)]
        _draw_line(canvas, left, line)
        _write(canvas, line.label, (x_px + 40, y_px + 5), 0.42)


def _draw_axes(canvas: Canvas, plot: Plot) -> None:
    _write(canvas, plot.title, (plot.left_px - 40, plot.top_px - 32), 0.58)
    right = plot.x_ticks[-1][0]
    for value in plot.y_ticks:
        begin, end = plot.place((plot.x_ticks[0][0], value)), plot.place((right, value))
        cv2.line(
            canvas, begin, end, _INK if value == plot.y_ticks[0] else _GRID, _SCALE, cv2.LINE_AA
        )
        text = f"{value:g}"
        _write(canvas, text, (plot.left_px - 10 - 9 * len(text), begin[1] // _SCALE + 5), 0.42)
    bottom_px = plot.top_px + plot.height_px
    for value, text in plot.x_ticks:
        x_px = plot.place((value, plot.y_ticks[0]))[0] // _SCALE
        _write(canvas, text, (x_px - 4 * len(text), bottom_px + 22), 0.42)
    middle_px = plot.left_px + plot.width_px // 2 - 4 * len(plot.x_label)
    _write(canvas, plot.x_label, (middle_px, bottom_px + 50), 0.45)


def _draw_line(canvas: Canvas, places: Sequence[tuple[int, int]], line: Line) -> None:
    for begin, end in pairwise(places):
        length_px = math.dist(begin, end)
        pieces = max(3, round(length_px / _DASH_PX / _SCALE)) if line.dashed else 1
        cuts = np.linspace(begin, end, pieces + 1).round().astype(int)
        for piece in range(0, pieces, 2):
            first, last = cuts[piece], cuts[piece + 1]
            ends = (int(first[0]), int(first[1])), (int(last[0]), int(last[1]))
            cv2.line(canvas, *ends, line.colour, 2 * _SCALE, cv2.LINE_AA)
    for place in () if line.dashed else places:
        cv2.circle(canvas, place, 4 * _SCALE, line.colour, cv2.FILLED, cv2.LINE_AA)


def _write(canvas: Canvas, text: str, place_px: tuple[int, int], scale: float) -> None:
    x, y = (place * _SCALE for place in place_px)
    cv2.putText(canvas, text, (x, y), _FONT, scale * _SCALE, _INK, _SCALE - 1, cv2.LINE_AA)
