"""`bwv dock serve` as a process of its own, as a camera and a browser meet it."""

import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bwv_device.protocol.connection import ConnectionFile, parse_connection_file
from tests.destination.wire import Wire

COMMAND = [sys.executable, "-m", "bwv_device.cli.main", "dock", "serve", "--port", "0", "--json"]


class ServerProcess:
    """Runs from construction to `stop`."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory = directory
        # A file and no pipe: nobody reads it meanwhile, and a full pipe would stop the server.
        with tempfile.TemporaryFile("w+") as log:
            self._process = subprocess.Popen(
                [*COMMAND, "--dir", str(directory), *options],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            assert self._process.stdout is not None
            line = self._process.stdout.readline()
            if not line:
                self._process.wait()
                log.seek(0)
                raise RuntimeError(f"the server did not start: {log.read()}")
        self.said: dict[str, Any] = json.loads(line)

    @property
    def url(self) -> str:
        return str(self.said["url"])

    @property
    def connection(self) -> ConnectionFile:
        return parse_connection_file(Path(self.said["connection_file"]).read_bytes())

    def wire(self) -> Wire:
        """Signed in."""
        wire = Wire(self.said["port"])
        wire.sign_in(self.connection.blob_api_user_name, self.connection.blob_api_key)
        return wire

    def kill(self) -> None:
        """As a power cut would."""
        self._process.kill()
        self._process.communicate()

    def stop(self) -> int:
        """End it by SIGTERM; returns its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=60)
        return self._process.returncode
