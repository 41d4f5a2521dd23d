"""`kill -9` of a camera that pushes, of the server that receives, or the link between them cut.

A part of `scripts/soak dock`. What happens in which order, and what is lost, doubled and
acknowledged wrongly, stands in docs/design/dock-tests.md, K.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bwv_device.evidence.records import ClipState
from bwv_device.evidence.store import Store
from tests.bench.report import Row, at_least
from tests.bench.settings import Settings
from tests.support.dock_disks import Disks, Findings
from tests.support.dock_process import DockProcess
from tests.support.footage import add_recording
from tests.support.link import Link

KILLS = 200
VICTIMS = ("camera", "server", "link")
CLIPS_A_RECORDING, CLIP_BYTES = 2, 6 * 1024 * 1024
BYTES_PER_S = 12_000_000
"""Of the link, so that a push takes about a second and a kill finds it at work."""
LAST_KILL_S = 1.2
END_S = 300.0
"""For a push without kills; it takes seconds."""


@dataclass
class Tally:
    """What the kills came to."""

    of: Counter[str] = field(default_factory=Counter)
    at_work: int = 0
    """Kills that found a camera pushing."""
    bodies: int = 0
    """Kills that found a part of a body on the server's disk."""
    recordings: int = 0
    found: Findings = field(default_factory=Findings)
    left: int = 0
    """Clips on the camera when all was over."""
    held: int = 0
    receipts: int = 0


class Stage:
    """Camera, link and server; open from construction to `close`."""

    def __init__(self, folder: Path) -> None:
        self.camera_folder = folder / "camera"
        self.server = DockProcess(folder / "server")
        self.server.start()
        port = urlsplit(self.server.url).port
        assert port is not None
        self.link = Link(port, BYTES_PER_S)
        self.disks = Disks(self.camera_folder, self.server.folder)
        self.tally = Tally()
        self._connection = folder / "connection.json"
        text = (self.server.folder / "connection.json").read_text(encoding="utf-8")
        self._connection.write_text(text.replace(f":{port}/", f":{self.link.port}/"))
        self._log = (folder / "camera.log").open("ab")
        self._camera: subprocess.Popen[str] | None = None

    def close(self) -> None:
        if self._is_pushing():
            self._kill_camera()
        self.link.close()
        self.server.stop()
        self._log.close()

    def strike(self, victim: str, after_s: float) -> None:
        """Have something pushed, kill the victim, compare the disks, start it again."""
        if not self._is_pushing():
            self._start_camera(self._record)
        time.sleep(after_s)
        self.tally.of[victim] += 1
        self.tally.at_work += self._is_pushing()
        {"camera": self._kill_camera, "server": self.server.kill, "link": self.link.cut}[victim]()
        self.tally.bodies += any(self._bodies())
        self.tally.found.add(self.disks.compare())
        if victim == "server":
            self.server.start()

    def finish(self) -> None:
        """Push what is left to its end, and compare everything anew."""
        if not self._is_pushing():
            self._start_camera(lambda: None)
        assert self._camera is not None
        if self._camera.wait(END_S) != 0:
            raise RuntimeError(f"the camera failed: {self._log.name} says why")
        self.disks.forget()
        self.tally.found.add(self.disks.compare())
        store = Store.open(self.camera_folder)
        clips = store.journal.clips()
        store.close()
        self.tally.left = sum(clip.state is not ClipState.PURGED for clip in clips)
        self.tally.held = self.disks.held()
        self.tally.receipts = self.disks.receipt_count()

    def _record(self) -> None:
        store = Store.open(self.camera_folder)
        add_recording(store, self.tally.recordings, CLIPS_A_RECORDING, CLIP_BYTES)
        store.close()
        self.tally.recordings += 1

    def _start_camera(self, before: Callable[[], None]) -> None:
        if self._camera is not None and self._camera.wait() > 0:
            raise RuntimeError(f"the camera failed: {Path(self._log.name).read_text()[-4000:]}")
        before()
        command = [sys.executable, "-m", "tests.support.pushing_camera"]
        self._camera = subprocess.Popen(
            [*command, str(self.camera_folder), str(self._connection)],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self._camera.stdout is not None
        if self._camera.stdout.readline().strip() != "begun":
            raise RuntimeError("the camera did not start")

    def _is_pushing(self) -> bool:
        return self._camera is not None and self._camera.poll() is None

    def _kill_camera(self) -> None:
        assert self._camera is not None
        self._camera.kill()
        self._camera.wait()

    def _bodies(self) -> list[Path]:
        """Parts of bodies on the server's disk."""
        return [
            path
            for name in ("incoming", "uploads")
            for path in (self.server.folder / name).glob("*")
            if path.stat().st_size
        ]


def rows(settings: Settings) -> list[Row]:
    """Kill as often as asked."""
    chance = random.Random(settings.seed)
    times = settings.tries(KILLS)
    with tempfile.TemporaryDirectory(prefix="bwv-dock-kills-") as folder:
        stage = Stage(Path(folder))
        try:
            for number in range(times):
                stage.strike(VICTIMS[number % len(VICTIMS)], chance.uniform(0.0, LAST_KILL_S))
            stage.finish()
        finally:
            stage.close()
    return kill_rows(stage.tally)


def kill_rows(tally: Tally) -> list[Row]:
    """What came of it, with its limits."""
    times, expected = tally.of.total(), tally.recordings * CLIPS_A_RECORDING
    found = tally.found
    return [
        Row("kills while pushing", times),
        *(Row(f"  of the {victim}", tally.of[victim]) for victim in VICTIMS),
        at_least("  that found the camera pushing", tally.at_work, "", times / 2),
        at_least("  that left a part of a clip on the server", tally.bodies, "", times / 4),
        _none("clips lost", found.lost),
        _none("clips doubled", found.doubled),
        _none("clips acknowledged that were not whole on the server", found.made_up),
        _none("objects in receipts that were not whole on the server", found.receipts),
        _none("clips freed without a receipt", found.unreceipted),
        _all("clips on the server in the end", tally.held, expected),
        _all("receipts given for recordings", tally.receipts, tally.recordings),
        _all("clips left on the camera in the end", tally.left, 0),
    ]


def _none(what: str, found: Sequence[str]) -> Row:
    print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
    return Row(what, len(found), limit=0, ok=not found)


def _all(what: str, value: int, expected: int) -> Row:
    return Row(what, value, limit=expected, ok=value == expected)
