"""A real dock server beside the simulation: the command that anybody starts, as a process.

Who uses it: the run of a scenario that asks for one.
"""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from firmware_sim.errors import SimulationError

_PATIENCE_S = 30.0


class ServerBeside:
    """A context manager; it ends with us, however we end."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where it keeps everything."""
        self.folder = folder
        self._process: subprocess.Popen[str] | None = None

    @property
    def connection_file(self) -> Path:
        """What cameras are given."""
        return self.folder / "connection.json"

    def __enter__(self) -> "ServerBeside":
        """Wait until it listens. Raises `SimulationError` when it does not start."""
        command = [sys.executable, "-m", "bwv_device.cli.main", "dock", "serve"]
        command += ["--dir", str(self.folder), "--port", "0", "--json", "--until-stdin-closes"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line or "port" not in json.loads(line):
            self._end()
            raise SimulationError(f"the dock server does not start: {line.strip() or 'see above'}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
