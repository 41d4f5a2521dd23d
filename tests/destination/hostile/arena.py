"""A server that is attacked, with honest recordings beside: what they are, and whether they stand.

Used by the tests and the long test of hostile input. The server is a process of its own
(`tests/destination/strict.py`), whose limits are so small that an attack is over in seconds.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bwv_device.protocol.connection import ConnectionFile, parse_connection_file
from tests.destination.wire import CLIP, CONTAINER, SERIAL, USER, Wire

DONE = f"{USER}_{SERIAL}_20231114T210000Z"
"""A recording that is complete; `CONTAINER` is still being handed over."""
DONE_CLIP, OTHER_CLIP = "20231114_210000_1AAA.mp4", "20231114_221420_7CF8.mp4"
PATIENCE_S = 30.0
"""For what has to happen; the machine may be busy."""
_END_S = 60.0
"""For the server's end, which waits for what is still under way."""
LIMITS = {
    "idle_s": 1.0,
    "head_s": 1.0,
    "linger_s": 1.0,
    "pace_window_s": 1.0,
    "reserve_bytes": 1 << 20,
}
"""What the attacked server is set up with, and everything else as it is shipped."""

_OURS = ("catalogue.sqlite", "audit.jsonl", "server.log")


class Arena:
    """Runs from construction to `close`."""

    def __init__(self, folder: Path, limits: Mapping[str, float] = LIMITS) -> None:
        self.folder = folder
        self.log = folder / "server.log"
        folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "tests.destination.strict", str(folder)]
            self._process = subprocess.Popen(
                [*command, json.dumps(dict(limits))], stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if not said:
            raise RuntimeError(f"the server did not start: {self.log.read_text()}")
        self.port = int(json.loads(said)["port"])
        self.wire = Wire(self.port)
        self.sign_in()
        self.stored: dict[str, str] = {}
        """SHA-256 of each honest object by `container/name`."""
        self._honest = 0

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=_END_S)

    @property
    def connection(self) -> ConnectionFile:
        return parse_connection_file((self.folder / "connection.json").read_bytes())

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def sign_in(self) -> None:
        """A token of its own for `wire`, which attacks may have driven out."""
        self.wire.sign_in(self.connection.blob_api_user_name, self.connection.blob_api_key)

    def furnish(self) -> None:
        """The bystanders: a complete recording, and one that is under way."""
        self.wire.register()
        for container, name in ((DONE, DONE_CLIP), (CONTAINER, OTHER_CLIP)):
            status = self.wire.put(container, Status="Transferring").status
            assert status == 201, status
            self.store(container, name, os.urandom(300_000))
        assert self.wire.post(DONE, Status="Complete", ClipCount="1").status == 204
        for name in (f"Users/{USER}", f"Devices/{SERIAL}"):
            self.stored[name] = hashlib.sha256(b"").hexdigest()

    def store(self, container: str, name: str, body: bytes) -> None:
        """An honest object, from now on one that has to stay."""
        digest = hashlib.sha256(body).hexdigest()
        answer = self.wire.put(container, name, body, Sha256=digest)
        assert answer.status == 201, (answer.status, answer.body)
        self.stored[f"{container}/{name}"] = digest

    def store_honest(self) -> None:
        """What a camera wants to bring in between: a clip that was never seen before."""
        self._honest += 1
        name = f"20231114_23{self._honest // 60 % 60:02}{self._honest % 60:02}_H{self._honest}.mp4"
        self.sign_in()
        self.store(CONTAINER, name, os.urandom(100_000))

    def on_disk(self) -> dict[str, str]:
        """SHA-256 of every file under `content/`, by `container/name`."""
        root = self.folder / "content"
        return {
            str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in root.rglob("*")
            if path.is_file()
        }

    def elsewhere(self) -> set[str]:
        """Every other file below the server's folder and beside it, but for those it writes."""
        content = self.folder / "content"
        return {
            str(path)
            for path in self.folder.parent.rglob("*")
            if not path.is_relative_to(content) and not path.name.startswith(_OURS)
        }

    def told(self) -> int:
        """Bytes of the server's two logs, to look only at what comes behind."""
        return sum(len(text) for text in self._logs())

    def told_since(self, mark: tuple[int, int]) -> str:
        """What the logs have had since `mark`."""
        audit, log = self._logs()
        return audit[mark[0] :] + log[mark[1] :]

    def mark(self) -> tuple[int, int]:
        """Where the logs end now."""
        audit, log = self._logs()
        return len(audit), len(log)

    def until(self, what: str, is_so: Any) -> None:
        """Wait for something that the server does behind its answer."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not is_so():
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"in vain: {what}")
            time.sleep(0.01)

    def _logs(self) -> tuple[str, str]:
        audit = self.folder / "audit.jsonl"
        return (
            audit.read_text(encoding="utf-8") if audit.exists() else "",
            self.log.read_text(encoding="utf-8", errors="replace"),
        )


@contextmanager
def arena(folder: Path) -> Iterator[Arena]:
    """One that is furnished."""
    made = Arena(folder)
    try:
        made.furnish()
        yield made
    finally:
        made.close()


__all__ = ["CLIP", "CONTAINER", "DONE", "DONE_CLIP", "OTHER_CLIP", "Arena", "arena"]
