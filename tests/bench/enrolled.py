"""Cameras that are enrolled at a real server over mutual TLS, for the benchmarks of the dock."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from bwv_device.configuration.keeping import Dock
from bwv_device.dock.describe import Identity
from bwv_device.dock.enrolment import enrol
from bwv_device.dock.events import NextTry, PushSummary, Report
from bwv_device.dock.push import push_all
from bwv_device.evidence.store import Store
from bwv_device.protocol.connection import ConnectionFile
from hal import registry
from tests.destination.process import ServerProcess
from tests.support.footage import IDENTITY, add_recording

ROUNDS_MAX = 20


@contextmanager
def secure_server(folder: Path, serials: Sequence[str]) -> Iterator[ServerProcess]:
    """`bwv dock serve --tls` with a code for each camera."""
    server = ServerProcess(folder, "--tls", *(w for serial in serials for w in ("--enrol", serial)))
    try:
        yield server
    finally:
        server.stop()


class EnrolledCamera:
    """A camera with a store, a certificate and a wearer of its own."""

    def __init__(self, folder: Path, server: ServerProcess, serial: str) -> None:
        self.store = Store.open(folder)
        self.connection: ConnectionFile = server.connection
        self.identity: Identity = replace(
            IDENTITY, serial=serial, user_id=str(uuid5(NAMESPACE_OID, serial))
        )
        code = server.said["codes"][serial]
        enrol(folder, serial, IDENTITY.model, self.connection, code)

    def record(self, number: int, clip_bytes: int) -> None:
        """A recording of one clip of random bytes."""
        identity = self.identity
        add_recording(self.store, number, 1, clip_bytes, identity.serial, identity.user_id)

    def push(self, report: Report) -> PushSummary:
        """Rounds until all is out, or a person would have to act."""
        settings = Dock(retry_first_s=0.05, retry_most_s=1.0)
        for _ in range(ROUNDS_MAX):
            summary = push_all(
                self.store, self.connection, registry.open_clock(), self.identity, report,
                settings=settings,
            )  # fmt: skip
            if summary.next_try is not NextTry.SOON:
                break
        return summary

    def close(self) -> None:
        self.store.close()
