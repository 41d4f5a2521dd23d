"""`kill -9` of a recording camera at random moments: what is left opens, and what is lost.

A part of `scripts/soak recorder`; the camera half of `scripts/soak kills`, more often.
"""

import random
import tempfile
from pathlib import Path

from tests.bench.report import Row
from tests.soak.kills import camera_rows
from tests.soak.recorder_settings import Settings

KILLS = 200


def rows(settings: Settings) -> list[Row]:
    """Kill the camera as often as asked, and look at what is left."""
    with tempfile.TemporaryDirectory(prefix="bwv-kills-") as folder:
        return camera_rows(Path(folder), settings.tries(KILLS), random.Random(settings.seed))
