"""The chart of the recorder's benchmark: memory against ring length, CPU against resolution.

Used by the benchmark of the recorder. OpenCV draws it, because a plotting library would be one
more dependency for a single picture.
"""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from tests.bench.recorder_cpu import Pair
from tests.bench.recorder_footage import RATE_HZ, Size
from tests.bench.recorder_memory import Held

Canvas = npt.NDArray[np.uint8]
Point = tuple[float, float]
Colour = tuple[int, int, int]

_SCALE = 2
"""Drawn twice as large and reduced, which smooths letters and lines."""
_WIDTH_PX, _HEIGHT_PX = 1200, 470
_PAPER, _INK, _GRID = (255, 255, 255), (60, 50, 45), (228, 226, 224)
_BLUE, _ORANGE, _GREY = (180, 105, 30), (30, 110, 225), (150, 145, 140)
"""Blue, green, red."""
_DASH_PX = 7
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

    width_px: int = 470
    top_px: int = 80
    height_px: int = 300

    def place(self, point: Point) -> tuple[int, int]:
        """Where a point is on the canvas."""
        first, last = self.x_ticks[0][0], self.x_ticks[-1][0]
        x = self.left_px + self.width_px * (point[0] - first) / (last - first)
        y = self.top_px + self.height_px * (1 - point[1] / self.y_ticks[-1])
        return round(x * _SCALE), round(y * _SCALE)


def draw_chart(path: Path, rings: list[Held], pairs: Mapping[Size, list[Pair]]) -> None:
    """Draw both panels into the PNG `path`. Raises `OSError` when it can't be written."""
    canvas = np.full((_HEIGHT_PX * _SCALE, _WIDTH_PX * _SCALE, 3), _PAPER[0], np.uint8)
    _draw_panel(canvas, *_memory_panel(rings))
    _draw_panel(canvas, *_cpu_panel(pairs))
    small = cv2.resize(canvas, (_WIDTH_PX, _HEIGHT_PX), interpolation=cv2.INTER_AREA)
    written, data = cv2.imencode(".png", small)
    if not written:
        raise OSError(f"{path} can't be encoded as PNG")
    path.write_bytes(data.tobytes())


def _memory_panel(rings: list[Held]) -> tuple[Plot, list[Line]]:
    lines = []
    for name, colour in (("1080p30", _ORANGE), ("720p30", _BLUE)):
        of_size = [held for held in rings if held.size == name]
        grown = [(0.0, 0.0), *((held.length_s, held.resident_bytes / 1e6) for held in of_size)]
        bare = [(0.0, 0.0), *((held.length_s, held.payload_bytes / 1e6) for held in of_size)]
        lines += [Line(f"{name}, process grown by", colour, grown)]
        lines += [Line(f"{name}, bytes of the packets", _GREY, bare, dashed=True)]
    x_ticks = [(at, f"{at}") for at in (0, 30, 60, 90, 120)]
    most = max(y for line in lines for _, y in line.points)
    title = "Memory of the pre-record ring, MB"
    return Plot(title, "length of the ring, s", 75, x_ticks, _ticks(most)), lines


def _cpu_panel(pairs: Mapping[Size, list[Pair]]) -> tuple[Plot, list[Line]]:
    sizes = sorted(pairs, key=lambda size: size.width_px * size.height_px)

    def line(label: str, colour: Colour, cost_s: Callable[[Pair], float]) -> Line:
        points = []
        for size in sizes:
            frames = pairs[size][0].ours.frames
            share = statistics.median(cost_s(pair) for pair in pairs[size]) / frames * RATE_HZ
            points.append((size.width_px * size.height_px / 1e6, 100 * share))
        return Line(label, colour, [(0.0, 0.0), *points])

    lines = [
        line("whole recorder", _ORANGE, lambda pair: pair.ours_s),
        line("ffmpeg, encode and mux", _BLUE, lambda pair: pair.theirs_s - pair.theirs_start_s),
    ]
    lines = [Line(each.label, each.colour, each.points[1:]) for each in lines]
    x_ticks = [(0.0, ""), *((s.width_px * s.height_px / 1e6, s.name) for s in sizes), (2.2, "")]
    most = max(y for each in lines for _, y in each.points)
    title = "CPU at 30 frames a second, % of one core"
    return Plot(title, "resolution, by number of pixels", 675, x_ticks, _ticks(most)), lines


def _ticks(most: float) -> list[float]:
    """Five or so round steps from 0 to a little above `most`."""
    step = next(step for step in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500) if most / step <= 6)
    return [step * number for number in range(int(most / step) + 2)]


def _draw_panel(canvas: Canvas, plot: Plot, lines: list[Line]) -> None:
    _draw_axes(canvas, plot)
    for line in lines:
        _draw_line(canvas, [plot.place(point) for point in line.points], line)
    for row, line in enumerate(lines):
        y_px = plot.top_px + 18 + 20 * row
        left = [(round((plot.left_px + x) * _SCALE), y_px * _SCALE) for x in (14, 44)]
        _draw_line(canvas, left, line)
        _write(canvas, line.label, (plot.left_px + 54, y_px + 5), 0.42)


def _draw_axes(canvas: Canvas, plot: Plot) -> None:
    _write(canvas, plot.title, (plot.left_px - 40, plot.top_px - 32), 0.58)
    right = plot.x_ticks[-1][0]
    for value in plot.y_ticks:
        begin, end = plot.place((plot.x_ticks[0][0], value)), plot.place((right, value))
        cv2.line(canvas, begin, end, _INK if value == 0 else _GRID, _SCALE, cv2.LINE_AA)
        text = f"{value:g}"
        _write(canvas, text, (plot.left_px - 10 - 9 * len(text), begin[1] // _SCALE + 5), 0.42)
    bottom_px = plot.top_px + plot.height_px
    for value, text in plot.x_ticks:
        x_px = plot.place((value, 0))[0] // _SCALE
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
