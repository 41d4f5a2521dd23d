"""A real `bwv dock serve` in a process of its own, on a free port of this machine.

Who uses it: `bwv demo`. It is started as anybody would start it, so that what the
demonstration shows is what an integrator gets.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bwv_device.errors import BwvError

CONNECTION_FILE = "connection.json"
"""Where `bwv dock serve` writes it, below its folder."""

_SERVE = (sys.executable, "-m", "bwv_device.cli.main", "dock", "serve")
_STOP_S = 10.0


class ServerFailedError(BwvError):
    """The dock server did not start."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """Where it listens and what it keeps."""

    url: str
    connection_file: Path
    folder: Path


@contextmanager
def running_server(folder: Path) -> Iterator[RunningServer]:
    """Serve `folder` until the block ends. Raises `ServerFailedError` with what it said.

    The server ends with the pipe to its standard input, so it goes when this process is killed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log_path = folder.parent / "server.log"
    with log_path.open("wb") as server_log:
        process = subprocess.Popen(
            [*_SERVE, "--dir", str(folder), "--port", "0", "--json", "--until-stdin-closes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=server_log,
        )
        try:
            yield _await_start(process, folder, log_path)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_start(process: subprocess.Popen[bytes], folder: Path, log_path: Path) -> RunningServer:
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        said = json.loads(line)
        return RunningServer(said["url"], Path(said["connection_file"]), folder)
    except (ValueError, KeyError) as error:
        process.wait(_STOP_S)
        why = log_path.read_text(errors="replace").strip() or "it said nothing"
        raise ServerFailedError(f"the dock server did not start: {why}") from error
