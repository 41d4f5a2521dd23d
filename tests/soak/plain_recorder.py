"""A recorder that a test may kill and that writes a plain MP4, as most do: the baseline of kills.

Run as `python -m tests.soak.plain_recorder FOLDER`. It prints `recording` when its file is open,
and records the generated scene for ever, in real time, flushed packet by packet.
"""

import sys
import time
from fractions import Fraction
from pathlib import Path

import av

from hal.drivers.camera.scene import ScenePicture
from tests.soak.recorder_victim import HEIGHT_PX, WIDTH_PX

RATE_HZ = 30
NAME = "clip.mp4"


def main() -> None:
    """Live; see the module."""
    picture = ScenePicture(WIDTH_PX, HEIGHT_PX, Fraction(RATE_HZ))
    path = Path(sys.argv[1]) / NAME
    with av.open(str(path), "w", format="mp4", options={"flush_packets": "1"}) as container:
        options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(RATE_HZ)}
        stream = container.add_stream("libx264", rate=RATE_HZ, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        print("recording", flush=True)
        begun_s, number = time.monotonic(), 0
        while True:
            frame = av.VideoFrame.from_ndarray(picture.draw(number), format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE_HZ)
            container.mux(stream.encode(frame))
            number += 1
            time.sleep(max(0.0, begun_s + number / RATE_HZ - time.monotonic()))


if __name__ == "__main__":
    main()
