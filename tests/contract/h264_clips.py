"""Files of H.264 for tests, and a server that sends one as a network camera would."""

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from hal.drivers.camera.scene import ScenePicture


@dataclass(frozen=True)
class H264Clip:
    """The scene, encoded as a camera's chip does: no B-frames, a key frame each `gop`."""

    frames: int = 30
    gop: int = 10
    b_frames: int = 0
    width_px: int = 320
    height_px: int = 240
    rate_hz: Fraction = Fraction(25)
    codec: str = "libx264"

    def write(self, path: Path) -> Path:
        """Encode into `path`, whose suffix chooses the container."""
        picture = ScenePicture(self.width_px, self.height_px, self.rate_hz)
        with av.open(str(path), "w") as container:
            video = container.add_stream(self.codec, rate=self.rate_hz)
            video.width, video.height, video.pix_fmt = self.width_px, self.height_px, "yuv420p"
            video.codec_context.gop_size = self.gop
            video.codec_context.max_b_frames = self.b_frames
            if self.codec == "libx264":
                video.codec_context.options = {"preset": "ultrafast", "sc_threshold": "0"}
            for number in range(self.frames):
                frame = av.VideoFrame.from_ndarray(picture.draw(number), "yuv420p")
                frame.pts, frame.time_base = number, 1 / self.rate_hz
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
        return path


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def served(path: Path) -> Iterator[str]:
    """The URL of a file while the block runs."""
    handler = functools.partial(_Quiet, directory=str(path.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/{path.name}"
        finally:
            server.shutdown()
            thread.join()
