"""Finds the slates in a finished clip of 320 x 240: what stood in for a camera that was lost."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt


def is_slate(luma: npt.NDArray[np.uint8]) -> bool:
    """Black at the sides and the foot, white strokes in the middle."""
    heading = luma[80:125, 32:288]
    return bool(luma[200:].max() < 40 and luma[60:, :20].max() < 40 and heading.max() > 180)


def lumas(path: Path) -> Iterator[tuple[float, npt.NDArray[np.uint8]]]:
    """(seconds, luma plane) of each picture. Raises what PyAV raises."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            assert frame.time is not None
            planes = np.asarray(frame.to_ndarray(format="yuv420p"), np.uint8)
            yield frame.time, planes[: frame.height]
