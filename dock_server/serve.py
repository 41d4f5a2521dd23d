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
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from bwv_device.evidence.errors import StoreBusyError
from bwv_device.evidence.lock import StoreLock
from dock_server import audit
from dock_server.app import RUNNER_OPTIONS, build_app, build_pages
from dock_server.authority.authority import Authority
from dock_server.authority.codes import new_code
from dock_server.clock import SYSTEM_CLOCK
from dock_server.errors import StartError
from dock_server.in_flight import IN_FLIGHT
from dock_server.private_files import load_categories, load_credentials, write_connection_files
from dock_server.reconcile import make_folders
from dock_server.seal_for import load_recipient
from dock_server.services import Services, open_services
from dock_server.settings import Folders, Limits, ServerSettings
from dock_server.tls import ServerTls
from dock_server.visitor import VisitorSite

logger = logging.getLogger(__name__)

SHUTDOWN_S = 60.0
"""How long requests in flight may still run after the signal to end."""
PAGE_HOST = "127.0.0.1"
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
    tls: bool = False
    """Make an authority where there is none. Where there is one, it is TLS always."""
    page_port: int = 0
    """With TLS the page is for this machine's browser on a port of its own, without TLS."""
    passwords: bool = False
    """Let clients in by the account's key, beside certificates."""
    seal_for: Path | None = None
    """PEM of the public key that cameras are to seal for; once given, it is remembered."""
    enrol: tuple[str, ...] = ()
    """Serial numbers of devices that are each to have a code."""


@dataclass(frozen=True, slots=True)
class Running:
    """What a started server tells whoever started it."""

    url: str
    host: str
    port: int
    connection_file: str
    directory: str
    process_id: int
    page_url: str
    """For a browser on this machine."""
    passwords_file: str | None
    """The connection file with the account's key, where that lets clients in beside them."""
    codes: dict[str, str]
    """A code for each device that was to have one."""


@dataclass(frozen=True, slots=True)
class _Doors:
    """What the server listens on."""

    listener: socket.socket
    page: socket.socket | None
    """None: the page is behind `listener` as well."""
    tls: ServerTls | None

    @property
    def page_port(self) -> int:
        return int((self.page or self.listener).getsockname()[1])


def run_server(place: Place, announce: Callable[[Running], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` is called once connections are accepted.

    Raises `StartError`, `CatalogueError` or `OSError`.
    """
    folders = Folders(place.directory.resolve())
    with (
        _listening(place.host, place.port) as listener,
        _holding(folders),
        _services(folders, place) as services,
        _doors(place, services, listener) as doors,
    ):
        log = audit.attach_file(folders.audit_log)
        try:
            running = _introduce(place, folders, services, doors)
            stdin = sys.stdin.fileno() if place.until_stdin_closes else None
            asyncio.run(_serve(services, doors, stdin, lambda: announce(running)))
        finally:
            audit.detach_file(log)


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise StartError(
            f"can't listen on {host} port {port}: {error.strerror or error}: choose "
            "another port, or 0 for a free one"
        ) from error
    with listener:
        yield listener


@contextlib.contextmanager
def _doors(place: Place, services: Services, listener: socket.socket) -> Iterator[_Doors]:
    """The main door, and with TLS a side door for this machine's browser: it trusts no authority
    of ours, and nothing that it is shown leaves the machine."""
    if services.authority is None:
        yield _Doors(listener, None, None)
        return
    tls = ServerTls(services.authority, place.site_name, (place.advertise, place.host))
    with _listening(PAGE_HOST, place.page_port) as page:
        yield _Doors(listener, page, tls)


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
        passwords=place.passwords,
        recipient=load_recipient(folders, place.seal_for),
    )
    if place.tls and not Authority.is_in(folders.root):
        Authority.create(folders.root, place.site_name, SYSTEM_CLOCK)
    services = open_services(settings, SYSTEM_CLOCK)
    try:
        yield services
    finally:
        services.close()


def _introduce(place: Place, folders: Folders, services: Services, doors: _Doors) -> Running:
    port = int(doors.listener.getsockname()[1])
    host = f"[{place.advertise}]" if ":" in place.advertise else place.advertise
    url = f"{'http' if doors.tls is None else 'https'}://{host}:{port}"
    passwords_file = write_connection_files(
        folders, url, services.settings, services.authority, services.receipt_anchor_pem
    )
    return Running(
        url=f"{url}/",
        host=place.host,
        port=port,
        connection_file=str(folders.connection_file),
        directory=str(folders.root),
        process_id=os.getpid(),
        page_url=f"{url}/" if doors.page is None else f"http://{PAGE_HOST}:{doors.page_port}/",
        passwords_file=None if passwords_file is None else str(passwords_file),
        codes=_codes(place, services.authority),
    )


def _codes(place: Place, authority: Authority | None) -> dict[str, str]:
    if place.enrol and authority is None:
        raise StartError("--enrol needs an authority: give --tls as well")
    return {} if authority is None else {one: new_code(authority, one) for one in place.enrol}


async def _serve(
    services: Services, doors: _Doors, stdin: int | None, announce: Callable[[], None]
) -> None:
    app, options = build_app(services), _options(services)
    runner = web.AppRunner(app, **options)
    pages = web.AppRunner(build_pages(services, app[IN_FLIGHT]), **options)
    for one in (runner, pages):
        await one.setup()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        if stdin is not None:
            _watch_end(stdin, ended)
        context = doors.tls.context if doors.tls else None
        sites = [VisitorSite(runner, doors.listener, options, context)]
        if doors.page is not None:
            sites.append(VisitorSite(pages, doors.page, options))
        for site in sites:
            await site.start()
        announce()
        async with _kept_young(doors.tls):
            await ended.wait()
        logger.info("ending: requests in flight are finished first")
        for site in sites:
            await site.stop()
        left = await app[IN_FLIGHT].drain(SHUTDOWN_S)
        if left:
            logger.warning("%s requests did not finish in %s s and are cut off", left, SHUTDOWN_S)
    finally:
        for one in (runner, pages):
            await one.cleanup()


def _options(services: Services) -> dict[str, Any]:
    return RUNNER_OPTIONS | {
        "keepalive_timeout": services.settings.limits.head_s,
        "lingering_time": services.settings.limits.linger_s,
        "max_line_size": LINE_MAX_BYTES,
        "max_field_size": LINE_MAX_BYTES,
        "max_headers": HEADERS_MAX,
    }


@contextlib.asynccontextmanager
async def _kept_young(tls: ServerTls | None) -> AsyncIterator[None]:
    """The server's certificate is renewed while the block runs."""
    if tls is None:
        yield
        return
    task = asyncio.create_task(tls.keep_young())
    try:
        yield
    finally:
        task.cancel()


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
