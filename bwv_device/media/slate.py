"""The picture that stands in for a lost camera: black, CAMERA LOST, and since when.

Who uses it: the steady camera. A clip says by itself that it has no picture here, and why.
"""

from datetime import UTC, datetime

import cv2
import numpy as np
import numpy.typing as npt

from hal.interfaces.clock import NS_PER_S

Plane = npt.NDArray[np.uint8]

BLACK, WHITE, NEUTRAL = 16, 235, 128
"""Limited range."""

HEADING = "CAMERA LOST"
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_WIDTH_SHARE = 0.8
"""Of the picture's width, for the heading; the line below it is as wide."""


def draw_slate(width_px: int, height_px: int, since_utc_ns: int) -> Plane:
    """A new I420 array of shape (height * 3 // 2, width), limited range."""
    picture = np.full((height_px * 3 // 2, width_px), NEUTRAL, np.uint8)
    luma = picture[:height_px]
    luma[:] = BLACK
    since = datetime.fromtimestamp(since_utc_ns // NS_PER_S, UTC)
    _draw_centred(luma, HEADING, 0.48)
    _draw_centred(luma, since.strftime("since %Y-%m-%dT%H:%M:%SZ"), 0.68)
    return picture


def _draw_centred(luma: Plane, text: str, baseline_share: float) -> None:
    """As wide as the share says, with its baseline so far down the plane."""
    height_px, width_px = luma.shape
    (unscaled_px, _), _ = cv2.getTextSize(text, _FONT, 1.0, 2)
    scale = _WIDTH_SHARE * width_px / unscaled_px
    thickness = max(1, round(2 * scale))
    (text_px, _), _ = cv2.getTextSize(text, _FONT, scale, thickness)
    origin = ((width_px - text_px) // 2, round(height_px * baseline_share))
    cv2.putText(luma, text, origin, _FONT, scale, WHITE, thickness, cv2.LINE_AA)
