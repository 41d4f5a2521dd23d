"""The text on the picture: in its corner, readable on anything, right to the second."""

from datetime import UTC, datetime

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from bwv_device.media.overlay import Overlay
from hal.drivers.scene_code import OVERLAY_PX
from tests.unit.media.media_packets import S

WIDTH_PX, HEIGHT_PX, STRIP_PX = 1280, 720, 20
UTC_NS = int(datetime(2026, 11, 23, 21, 4, 59, tzinfo=UTC).timestamp()) * S
Picture = npt.NDArray[np.uint8]


def noise(width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX) -> Picture:
    """A picture on which nothing could be read: I420 of shape (height * 3 // 2, width)."""
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (height_px * 3 // 2, width_px), np.uint8)


def drawn(
    label: str, utc_ns: int = UTC_NS, size: tuple[int, int] = (WIDTH_PX, HEIGHT_PX)
) -> Picture:
    picture = noise(*size)
    Overlay(label, *size).draw(picture, utc_ns)
    return picture


def chroma(picture: Picture, height_px: int = HEIGHT_PX) -> Picture:
    """U and V: shape (2, height // 2, width // 2)."""
    return picture[height_px:].reshape(2, height_px // 2, -1)


def strip_width(picture: Picture) -> int:
    """How wide the strip is: from the first changed column to the right edge."""
    height_px, width_px = picture.shape[0] * 2 // 3, picture.shape[1]
    changed = np.flatnonzero((picture != noise(width_px, height_px))[:STRIP_PX].any(axis=0))
    return width_px - int(changed[0])


def strip(picture: Picture) -> Picture:
    return picture[:STRIP_PX, -strip_width(picture) :]


def test_only_the_strip_at_the_top_right_changes() -> None:
    picture = drawn("Open BWV BWV-0001")
    width_px = strip_width(picture)
    untouched = np.ones((HEIGHT_PX, WIDTH_PX), bool)
    untouched[:STRIP_PX, -width_px:] = False
    assert np.array_equal(picture[:HEIGHT_PX][untouched], noise()[:HEIGHT_PX][untouched])
    assert WIDTH_PX // 6 < width_px < WIDTH_PX // 2


def test_below_the_text_there_is_no_colour_and_elsewhere_it_stays() -> None:
    picture = drawn("Open BWV BWV-0001")
    half_px = strip_width(picture) // 2
    planes, before = chroma(picture), chroma(noise())
    assert (planes[:, : STRIP_PX // 2, -half_px:] == 128).all()
    planes[:, : STRIP_PX // 2, -half_px:] = before[:, : STRIP_PX // 2, -half_px:]
    assert np.array_equal(planes, before)


def test_the_text_is_light_on_dark_within_the_limited_range() -> None:
    text = strip(drawn("Open BWV BWV-0001"))
    assert text.min() >= 16 and text.max() <= 235
    assert 0.05 < (text > 128).mean() < 0.5


def test_it_says_time_model_and_serial() -> None:
    """The strip is what OpenCV makes of exactly this text, and of no other."""
    text = strip(drawn("Open BWV BWV-0001"))
    assert _likeness(text, "2026-11-23T21:04:59Z  Open BWV BWV-0001") > 0.99
    assert _likeness(text, "2026-11-23T21:04:58Z  Open BWV BWV-0001") < 0.99
    assert _likeness(text, "2026-11-23T21:04:59Z  Open BWV BWV-0002") < 0.99


def _likeness(strip_px: Picture, text: str) -> float:
    """1 where the text stands in the strip, wherever in it, whatever its colours."""
    size, _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, STRIP_PX / 30, 1)
    paper = np.full((STRIP_PX, size[0]), 24, np.uint8)
    origin = (0, round(STRIP_PX * 0.75))
    scale = STRIP_PX / 30
    cv2.putText(paper, text, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, 235, 1, cv2.LINE_AA)
    if paper.shape[1] > strip_px.shape[1]:
        return 0.0
    return float(cv2.matchTemplate(strip_px, paper, cv2.TM_CCOEFF_NORMED).max())


def test_it_changes_each_second_and_not_between() -> None:
    overlay = Overlay("Open BWV BWV-0001", WIDTH_PX, HEIGHT_PX)
    shown = []
    for utc_ns in (UTC_NS, UTC_NS + S - 1, UTC_NS + S, UTC_NS + 61 * S):
        picture = noise()
        overlay.draw(picture, utc_ns)
        shown.append(picture)
    assert np.array_equal(shown[0], shown[1])
    assert not np.array_equal(shown[1], shown[2])
    assert np.array_equal(shown[2], drawn("Open BWV BWV-0001", UTC_NS + S))
    assert np.array_equal(shown[3], drawn("Open BWV BWV-0001", UTC_NS + 61 * S))


def test_a_clock_that_is_set_back_is_shown_at_once() -> None:
    overlay = Overlay("Open BWV", WIDTH_PX, HEIGHT_PX)
    picture = noise()
    overlay.draw(picture, UTC_NS)
    again = noise()
    overlay.draw(again, UTC_NS - 365 * 24 * 3600 * S)
    assert np.array_equal(again, drawn("Open BWV", UTC_NS - 365 * 24 * 3600 * S))


@pytest.mark.parametrize("length", range(0, 33))
def test_a_label_of_any_length_keeps_picture_and_colour_in_step(length: int) -> None:
    picture = drawn("x" * length)
    width_px = strip_width(picture)
    assert width_px % 2 == 0
    assert (chroma(picture)[:, : STRIP_PX // 2, -width_px // 2 :] == 128).all()


def test_a_label_that_does_not_fit_leaves_the_time_readable() -> None:
    picture = drawn("x" * 200)
    assert strip_width(picture) == WIDTH_PX
    assert _likeness(strip(picture), "2026-11-23T21:04:59Z") > 0.99


@pytest.mark.parametrize(
    "size", [(64, 64), (66, 66), (160, 138), (640, 360), (1920, 1080), (2, 2), (64, 10)]
)
def test_any_even_size_is_drawn_on_without_an_error(size: tuple[int, int]) -> None:
    picture = drawn("Open BWV BWV-0001", size=size)
    assert picture.shape == (size[1] * 3 // 2, size[0])
    assert not np.array_equal(picture[: size[1]], noise(*size)[: size[1]])


def test_the_scene_s_own_marks_are_left_alone() -> None:
    """The strip ends above the line where the scene's marks begin."""
    for height_px in (240, 480, 720, 1080):
        picture = noise(320, height_px)
        Overlay("Open BWV", 320, height_px).draw(picture, UTC_NS)
        changed = (picture != noise(320, height_px))[:height_px].any(axis=1)
        assert int(np.flatnonzero(changed)[-1]) < OVERLAY_PX
