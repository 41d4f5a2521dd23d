"""A real `bwv dock serve` process that a test may kill and start again on the same folder."""

import json
import subprocess
import sys
from pathlib import Path

from bwv_device.protocol.connection import ConnectionFile, parse_connection_file


class DockProcess:
    """Started on a free port; later starts use the same one, as a restarted server does."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self._options = folder, options
        self._port = 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        command = [sys.executable, "-m", "bwv_device.cli.main", "dock", "serve"]
        command += ["--dir", str(self.folder), "--port", str(self._port), "--json"]
        command += self._options
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline())
        self._port = said["port"]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    def connection(self) -> ConnectionFile:
        """What cameras are given."""
        return parse_connection_file((self.folder / "connection.json").read_bytes())

    def kill(self) -> None:
        """As `kill -9` does."""
        assert self._process is not None
        self._process.kill()
        self._reap()

    def stop(self) -> None:
        """As an operator does."""
        assert self._process is not None
        self._process.terminate()
        self._reap()

    def _reap(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        self._process.wait(20)
        self._process.stdout.close()
