"""One running server: takes the directory, listens, and ends without cutting anyone off.

Who uses it: `cli`.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from bwv_device.evidence.errors import StoreBusyError
from bwv_device.evidence.lock import StoreLock
from dock_server import audit
from dock_server.app import RUNNER_OPTIONS, build_app
from dock_server.clock import SYSTEM_CLOCK
from dock_server.errors import StartError
from dock_server.in_flight import IN_FLIGHT
from dock_server.private_files import load_categories, load_credentials, write_connection_file
from dock_server.reconcile import make_folders
from dock_server.services import Services, open_services
from dock_server.settings import Folders, Limits, ServerSettings
from dock_server.visitor import VisitorSite

logger = logging.getLogger(__name__)

SHUTDOWN_S = 60.0
"""How long requests in flight may still run after the signal to end."""
LINE_MAX_BYTES = 16_384
"""Of a request line and of one header."""
HEADERS_MAX = 128
"""Of one request: `protocol.metadata` takes 90 items, and a client has some of its own."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is asked to listen and what it is called."""

    directory: Path
    host: str
    port: int
    advertise: str
    """The host that the connection file names."""
    user_name: str | None
    site_name: str
    until_stdin_closes: bool = False
    """End when standard input does: whoever started the server holds the other end of a pipe,
    and even a killed one lets go of it."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Running:
    """What a started server tells whoever started it."""

    url: str
    host: str
    port: int
    connection_file: str
    directory: str
    process_id: int


def run_server(place: Place, announce: Callable[[Running], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` is called once connections are accepted.

    Raises `StartError`, `CatalogueError` or `OSError`.
    """
    folders = Folders(place.directory.resolve())
    with _listening(place) as listener, _holding(folders), _services(folders, place) as services:
        log = audit.attach_file(folders.audit_log)
        try:
            running = _introduce(place, folders, services, listener)
            stdin = sys.stdin.fileno() if place.until_stdin_closes else None
            asyncio.run(_serve(services, listener, stdin, lambda: announce(running)))
        finally:
            audit.detach_file(log)


@contextlib.contextmanager
def _listening(place: Place) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    try:
        listener = socket.create_server((place.host, place.port), family=family, backlog=128)
    except OSError as error:
        raise StartError(
            f"can't listen on {place.host} port {place.port}: {error.strerror or error}: choose "
            "another port, or 0 for a free one"
        ) from error
    with listener:
        yield listener


@contextlib.contextmanager
def _holding(folders: Folders) -> Iterator[None]:
    try:
        make_folders(folders)
        lock = StoreLock(folders.root)
    except StoreBusyError as error:
        raise StartError(
            f"another server has {folders.root}: stop it, or choose another directory"
        ) from error
    except OSError as error:
        raise StartError(f"{folders.root} can't be used: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.close()


@contextlib.contextmanager
def _services(folders: Folders, place: Place) -> Iterator[Services]:
    settings = ServerSettings(
        directory=folders.root,
        credentials=load_credentials(folders, place.user_name),
        site_name=place.site_name,
        categories=load_categories(folders),
        limits=place.limits,
    )
    services = open_services(settings, SYSTEM_CLOCK)
    try:
        yield services
    finally:
        services.close()


def _introduce(
    place: Place, folders: Folders, services: Services, listener: socket.socket
) -> Running:
    port = int(listener.getsockname()[1])
    host = f"[{place.advertise}]" if ":" in place.advertise else place.advertise
    url = f"http://{host}:{port}"
    settings = services.settings
    write_connection_file(
        *(folders, url, settings.site_name, settings.credentials),
        receipt_anchor_pem=services.receipt_anchor_pem,
    )
    return Running(
        url=f"{url}/",
        host=place.host,
        port=port,
        connection_file=str(folders.connection_file),
        directory=str(folders.root),
        process_id=os.getpid(),
    )


async def _serve(
    services: Services, listener: socket.socket, stdin: int | None, announce: Callable[[], None]
) -> None:
    app = build_app(services)
    options = RUNNER_OPTIONS | {
        "keepalive_timeout": services.settings.limits.head_s,
        "lingering_time": services.settings.limits.linger_s,
        "max_line_size": LINE_MAX_BYTES,
        "max_field_size": LINE_MAX_BYTES,
        "max_headers": HEADERS_MAX,
    }
    runner = web.AppRunner(app, **options)
    await runner.setup()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        if stdin is not None:
            _watch_end(stdin, ended)
        site = VisitorSite(runner, listener, options)
        await site.start()
        announce()
        await ended.wait()
        logger.info("ending: requests in flight are finished first")
        await site.stop()
        left = await app[IN_FLIGHT].drain(SHUTDOWN_S)
        if left:
            logger.warning("%s requests did not finish in %s s and are cut off", left, SHUTDOWN_S)
    finally:
        await runner.cleanup()


def _watch_end(pipe: int, ended: asyncio.Event) -> None:
    """Set `ended` at the end of `pipe`; raises `StartError` when nobody can wait for that."""
    loop = asyncio.get_running_loop()

    def drain() -> None:
        if not os.read(pipe, 65_536):
            loop.remove_reader(pipe)
            ended.set()

    try:
        loop.add_reader(pipe, drain)
    except OSError as error:
        raise StartError(
            "--until-stdin-closes needs a pipe as standard input, not a file: give it one"
        ) from error
