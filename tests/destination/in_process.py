"""A content destination in a thread of the test's process, with clock, disk and room of its own."""

import asyncio
import json
import logging
import queue
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from bwv_device.evidence.durable import write_all
from dock_server import audit
from dock_server.app import RUNNER_OPTIONS, build_app
from dock_server.clock import ServerClock
from dock_server.deposit import Write
from dock_server.services import Services, open_services
from dock_server.settings import Credentials, Limits, ServerSettings
from dock_server.visitor import VisitorSite
from tests.destination.wire import Wire

CREDENTIALS = Credentials("bwv", "secret-key")
PLENTY_BYTES = 1 << 40


@dataclass
class Hands:
    """What a test can turn while the server runs."""

    utc_ns: int = 1_700_000_100_000_000_000
    monotonic_s: float = 0.0
    free_bytes: int = PLENTY_BYTES
    write: Write = field(default=write_all)

    def clock(self) -> ServerClock:
        return ServerClock(lambda: self.utc_ns, lambda: self.monotonic_s)


class _AuditLines(logging.Handler):
    """Collects the lines of the audit log."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: queue.Queue[dict[str, Any]] = queue.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.put(json.loads(record.getMessage()))


class InProcess:
    """Runs from construction to `close`."""

    def __init__(
        self, directory: Path, limits: Limits | None = None, site_name: str = "Test dock"
    ) -> None:
        self.hands = self._hands()
        self._audit_lines = _AuditLines()
        audit.logger.addHandler(self._audit_lines)
        self.services = self._open(directory, limits or Limits(), site_name)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._runner, port = self._call(self._start)
        self.port = port
        self.wire = self._first_wire()

    def close(self) -> None:
        self._call(self._runner.cleanup)
        audit.logger.removeHandler(self._audit_lines)
        self._call(self._loop.shutdown_default_executor)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.services.close()

    def wait_for_line(self, **wanted: object) -> dict[str, Any]:
        """The next audit line that has these values; fails after 20 s without one."""
        while True:
            line = self._audit_lines.seen.get(timeout=20)
            if wanted.items() <= line.items():
                return line

    def content(self) -> set[str]:
        """Every file under `content/`, as container/object."""
        root = self.services.folders.content
        return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}

    def incoming(self) -> list[Path]:
        return list(self.services.folders.incoming.iterdir())

    def _first_wire(self) -> Wire:
        """Signed in."""
        wire = Wire(self.port)
        wire.sign_in(CREDENTIALS.user_name, CREDENTIALS.key)
        return wire

    def _hands(self) -> Hands:
        return Hands()

    def _settings(self, directory: Path, limits: Limits, site_name: str) -> ServerSettings:
        return ServerSettings(
            directory=directory, credentials=CREDENTIALS, site_name=site_name, limits=limits
        )

    def _tls(self) -> ssl.SSLContext | None:
        """Plain HTTP."""
        return None

    def _open(self, directory: Path, limits: Limits, site_name: str) -> Services:
        return open_services(
            self._settings(directory, limits, site_name),
            self.hands.clock(),
            write=lambda handle, data: self.hands.write(handle, data),
            free=lambda _folder: self.hands.free_bytes,
        )

    async def _start(self) -> tuple[web.AppRunner, int]:
        limits = self.services.settings.limits
        options = RUNNER_OPTIONS | {
            "keepalive_timeout": limits.head_s,
            "lingering_time": limits.linger_s,
        }
        runner = web.AppRunner(build_app(self.services), **options, shutdown_timeout=5)
        await runner.setup()
        listener = socket.create_server(("127.0.0.1", 0))
        await VisitorSite(runner, listener, options, self._tls()).start()
        return runner, int(listener.getsockname()[1])

    def _call(self, start: Callable):  # type: ignore[no-untyped-def, type-arg]
        return asyncio.run_coroutine_threadsafe(start(), self._loop).result(20)
