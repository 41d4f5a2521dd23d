"""The same recording on our own server and on a real OpenStack Swift, read back by its client."""

import contextlib
import hashlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from bwv_device.dock.describe import Identity
from bwv_device.dock.docking import Step
from bwv_device.dock.events import ClipSent, DockEvent, Proof, PushSummary
from bwv_device.dock.push import Order, oldest_first, push_all
from bwv_device.evidence.check import Severity, check
from bwv_device.evidence.digests import digest_file
from bwv_device.evidence.records import Clip, Recording
from bwv_device.evidence.store import Store
from bwv_device.protocol.connection import ConnectionFile
from bwv_device.protocol.names import MANIFEST_SUFFIX
from hal import registry
from tests.bench.report import Row, emit, options
from tests.support.dock_process import DockProcess
from tests.support.footage import add_recording
from tests.support.swift import RealSwift, real_swift

PRE_RECORD_S, RECORD_S = 3, 6
TOKEN_LIFE_S = 3
LARGE_BYTES = 128 * 1024 * 1024
MB = 1_000_000


class Crash(Exception):
    """Stands for a power cut in the middle of a docking."""


@dataclass
class Pushed:
    """What a docking came to."""

    summary: PushSummary
    sent: list[ClipSent]
    seconds_s: float

    def proved_by(self, proof: Proof) -> int:
        return sum(one.proof is proof for one in self.sent)


def main() -> int:
    """Record, push twice, read back; the exit code is 0 when every byte is where it should be."""
    parser = options(__doc__)
    parser.add_argument("--tls", action="store_true", help="over HTTPS with a pinned certificate")
    args = parser.parse_args()
    environment = {"SWIFT_TOKEN_LIFE": str(TOKEN_LIFE_S)} | ({"SWIFT_TLS": "1"} if args.tls else {})
    with (
        tempfile.TemporaryDirectory(prefix="bwv-swift-soak-") as folder,
        real_swift(_free_ports(), environment) as swift,
        own_server(Path(folder) / "server") as server,
    ):
        rows = same_recording(Path(folder), server, swift)
        rows += lost_answer(Path(folder) / "lost", swift)
        rows += large_clips(Path(folder) / "large", swift)
    return emit("dock_swift", rows, as_json=args.json)


def same_recording(folder: Path, server: DockProcess, swift: RealSwift) -> list[Row]:
    """A real camera's recording goes to both, with nothing but another connection file."""
    recorded = folder / "recorded"
    command = [sys.executable, "-m", "tests.support.camera_process", str(recorded)]
    subprocess.run([*command, str(PRE_RECORD_S), str(RECORD_S)], check=True, stdout=sys.stderr)
    with opened(recorded) as store:
        (recording,) = store.journal.recordings()
        store.journal.add_bookmark(recording.id, recording.trigger_on_utc_ns)
        clips = store.journal.clips(recording.id)
    ours = docked(shutil.copytree(recorded, folder / "ours"), server.connection(), [])
    theirs = docked(
        shutil.copytree(recorded, folder / "theirs"), swift.connection(), [], _let_expire
    )
    wrong = wrong_in(folder / "ours") + wrong_in(folder / "theirs")
    return [
        _equal("clips recorded by the camera", len(clips), 1),
        _equal("our server: clips proved by SHA-256", ours.proved_by(Proof.SHA256), len(clips)),
        _equal("our server: clips left on the device", ours.summary.clips_left, 0),
        _equal("Swift: clips proved by Etag", theirs.proved_by(Proof.MD5), len(clips)),
        _equal("Swift: clips left on the device", theirs.summary.clips_left, 0),
        _equal("Swift: problems of the docking", len(theirs.summary.problems), 0),
        *read_back(swift, recording, clips),
        _equal("our server: clips of equal SHA-256", _on_server(server, recording, clips),
               len(clips)),
        _equal("disagreements of journals and files", wrong, 0),
    ]  # fmt: skip


def read_back(swift: RealSwift, recording: Recording, clips: Sequence[Clip]) -> list[Row]:
    """What python-swiftclient lists and downloads."""
    client = swift.client()
    headers, listed = client.get_container(recording.container, full_listing=True)
    status = unquote(headers.get("x-container-meta-status", ""))
    count = headers.get("x-container-meta-clipcount", "")
    names = [entry["name"] for entry in listed]
    bookmarks = sum(name.startswith("bookmark_") for name in names)
    manifests = sum(name.endswith(MANIFEST_SUFFIX) for name in names)
    equal = described = 0
    for clip in clips:
        meta, body = client.get_object(recording.container, Path(clip.file).name)
        equal += hashlib.sha256(body).hexdigest() == clip.sha256
        described += unquote(meta.get("x-object-meta-sha256", "")) == clip.sha256
    client.close()
    return [
        # Each clip with its manifest, and one bookmark.
        _equal("Swift: objects listed by python-swiftclient", len(names), 2 * len(clips) + 1),
        _equal("Swift: bookmarks", bookmarks, 1),
        _equal("Swift: signed manifests", manifests, len(clips)),
        _equal("Swift: container status", status, "Complete"),
        _equal("Swift: container ClipCount", count, str(len(clips))),
        _equal("Swift: clips downloaded of equal SHA-256", equal, len(clips)),
        _equal("Swift: clips whose metadata says so", described, len(clips)),
    ]


def lost_answer(folder: Path, swift: RealSwift) -> list[Row]:
    """The power goes behind each PUT; meanwhile somebody writes over the second clip."""
    with opened(folder) as store:
        add_recording(store, 0, 2, 100_000)
        (recording,) = store.journal.recordings()
        first, second = store.journal.clips(recording.id)
    told: list[DockEvent] = []
    for _ in range(2):
        crashed_behind_put(folder, swift.connection(), told)
    already_there = sum(isinstance(one, ClipSent) and one.already_there for one in told)
    client = swift.client()
    client.put_object(recording.container, Path(second.file).name, b"other bytes")
    pushed = docked(folder, swift.connection(), [])
    equal = sum(
        hashlib.sha256(client.get_object(recording.container, Path(clip.file).name)[1]).hexdigest()
        == clip.sha256
        for clip in (first, second)
    )
    client.close()
    return [
        _equal("Swift: clips believed from an earlier docking", already_there, 1),
        _equal("Swift: overwritten clips sent again", pushed.summary.clips_sent, 1),
        _equal("Swift: clips right in the end", equal, 2),
    ]


def large_clips(folder: Path, swift: RealSwift) -> list[Row]:
    """Two clips of some size, for the speed; Swift stores them in memory."""
    with opened(folder) as store:
        add_recording(store, 1, 2, LARGE_BYTES)
    pushed = docked(folder, swift.connection(), [])
    return [
        _equal("Swift: large clips freed", pushed.summary.clips_purged, 2),
        Row("Swift: large clips, hashed and sent", 2 * LARGE_BYTES / pushed.seconds_s / MB, "MB/s"),
    ]


def docked(
    folder: Path,
    connection: ConnectionFile,
    told: list[DockEvent],
    order: Order = oldest_first,
    at: Callable[[Step], None] = lambda _step: None,
) -> Pushed:
    """One docking of the store in `folder`; what it tells is added to `told`."""
    with opened(folder) as store:
        one = store.journal.recordings()[0]
        identity = Identity(one.serial, one.model, one.user_id, one.user_name)
        clock = registry.open_clock()
        started_s = time.monotonic()
        summary = push_all(store, connection, clock, identity, told.append, order=order, at=at)
        seconds_s = time.monotonic() - started_s
    for problem in summary.problems:
        print(problem.text, file=sys.stderr)
    return Pushed(summary, [event for event in told if isinstance(event, ClipSent)], seconds_s)


def crashed_behind_put(folder: Path, connection: ConnectionFile, told: list[DockEvent]) -> None:
    """A docking that ends in a power cut when the destination has taken a clip."""

    def at(done: Step) -> None:
        if done is Step.SENT:
            raise Crash(done)

    with contextlib.suppress(Crash):
        docked(folder, connection, told, at=at)
        raise AssertionError("nothing was sent")


def wrong_in(folder: Path) -> int:
    """What `bwv check` finds wrong."""
    with opened(folder) as store:
        return sum(one.severity is Severity.WRONG for one in check(folder, store.journal))


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    """The store, for as long as the block runs."""
    store = Store.open(folder)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def own_server(folder: Path) -> Iterator[DockProcess]:
    """A `bwv dock serve` of our own."""
    server = DockProcess(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _on_server(server: DockProcess, recording: Recording, clips: Sequence[Clip]) -> int:
    folder = server.folder / "content" / recording.container
    return sum(digest_file(folder / Path(clip.file).name).sha256 == clip.sha256 for clip in clips)


def _let_expire(recordings: Sequence[Recording]) -> Sequence[Recording]:
    """Wait until the token of this docking has run out, so that it must be renewed."""
    time.sleep(TOKEN_LIFE_S + 1)
    return recordings


def _equal(what: str, value: int | str, expected: int | str) -> Row:
    return Row(what, value, limit=expected, ok=value == expected)


def _free_ports() -> int:
    """A port that is free now; Swift takes the four behind it as well."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return min(int(one.getsockname()[1]), 65_000)


if __name__ == "__main__":
    sys.exit(main())
