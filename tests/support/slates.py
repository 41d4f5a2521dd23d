"""Finds the slates in a finished clip 320 pixels wide: what stood in for a camera that was lost."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt


def is_slate(luma: npt.NDArray[np.uint8]) -> bool:
    """Black at the sides and the foot, white strokes in the middle."""
    height_px = len(luma)
    heading = luma[height_px // 3 : height_px // 2, 32:288]
    foot, sides = luma[height_px * 5 // 6 :], luma[height_px // 4 :, :20]
    return bool(foot.max() < 40 and sides.max() < 40 and heading.max() > 180)


def lumas(path: Path) -> Iterator[tuple[float, npt.NDArray[np.uint8]]]:
    """(seconds, luma plane) of each picture. Raises what PyAV raises."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            assert frame.time is not None
            planes = np.asarray(frame.to_ndarray(format="yuv420p"), np.uint8)
            yield frame.time, planes[: frame.height]
