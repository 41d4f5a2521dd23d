"""Draws time, model and serial on the luma plane of a picture, top right.

Who uses it: the picture thread. The strip of text is rendered once a second and copied into
each picture, with neutral chroma below it, so that it reads on any picture and costs no
conversion to RGB.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import cv2
import numpy as np
import numpy.typing as npt

from hal.interfaces.clock import NS_PER_S

Plane = npt.NDArray[np.uint8]

_PAPER, _INK, _NEUTRAL = 24, 235, 128
"""Limited range: near black, white, and no colour."""

_FONT, _THICKNESS = cv2.FONT_HERSHEY_SIMPLEX, 1
_HEIGHT_SHARE = 36
"""The strip is a 36th of the picture's height: 20 lines at 720, 30 at 1080."""


@dataclass(slots=True)
class _Strip:
    second: int
    pixels: Plane


class Overlay:
    """The text of one camera; one thread uses it."""

    def __init__(self, label: str, width_px: int, height_px: int) -> None:
        """`label` stands behind the time; a picture is `width_px` by `height_px`, even."""
        self._label = label
        self._width_px, self._height_px = width_px, height_px
        self._strip_px = min(height_px, max(12, height_px // _HEIGHT_SHARE)) // 2 * 2
        self._strip = _Strip(-1, np.empty((0, 0), np.uint8))

    def draw(self, picture: Plane, utc_ns: int) -> None:
        """Draw on `picture`, I420 of shape (height * 3 // 2, width), in place."""
        second = utc_ns // NS_PER_S
        if second != self._strip.second:
            self._strip = _Strip(second, self._render(second))
        strip = self._strip.pixels
        height_px, width_px = strip.shape
        left_px = self._width_px - width_px
        picture[:height_px, left_px:] = strip
        for plane in self._chroma_planes(picture):
            plane[: height_px // 2, left_px // 2 :] = _NEUTRAL

    def _render(self, second: int) -> Plane:
        text = f"{_iso(second)}  {self._label}".rstrip()
        scale = self._strip_px / 30
        (text_px, _), _ = cv2.getTextSize(text, _FONT, scale, _THICKNESS)
        width_px = min(self._width_px, (text_px + self._strip_px) // 2 * 2)
        strip = np.full((self._strip_px, width_px), _PAPER, np.uint8)
        origin = (self._strip_px // 2, round(self._strip_px * 0.75))
        cv2.putText(strip, text, origin, _FONT, scale, _INK, _THICKNESS, cv2.LINE_AA)
        return strip

    def _chroma_planes(self, picture: Plane) -> tuple[Plane, Plane]:
        """U and V as views of shape (height // 2, width // 2)."""
        chroma = picture[self._height_px :].reshape(2, self._height_px // 2, self._width_px // 2)
        return chroma[0], chroma[1]


def _iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
