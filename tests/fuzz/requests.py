"""Fuzzes the server's handling of requests: `python -m tests.fuzz.requests SECONDS SEED`.

Run by the long test, as a process of its own. Requests are put together from what the protocol has,
true and untrue, sent on one connection, some with bytes changed on the way. The server runs in this
process, so that what it does not catch is seen here. SECONDS are of the CPU; one JSON object on
standard output says how many connections there were. Whatever breaks a rule ends the process with
the smallest connection that does.
"""

import json
import logging
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from bwv_device.protocol import resumable
from bwv_device.protocol.digest import repr_digest
from dock_server.settings import Limits
from tests.destination.in_process import InProcess
from tests.destination.wire import CLIP, CONTAINER, SERIAL, USER
from tests.support.hasty import hasty_disk, hasty_folder

LIMITS = Limits(head_s=0.05, idle_s=0.05, linger_s=0.05, line_wait_s=0.05, object_max_bytes=100_000)
PATIENCE_S = 30.0
EXAMPLES = 200
"""Of one round; rounds follow each other until the time is over."""
FAULTS = range(500, 503)
"""Statuses that say that the server failed; 503 and 507 say that it is busy or full."""
BYSTANDER = "20231114_221320_AAAA.mp4"
BODY = b"clip" * 1000
EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

_text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=40)
_names = st.sampled_from(
    [CONTAINER, CLIP, BYSTANDER, USER, SERIAL, "Users", "Devices", "System", "Capabilities.json",
     "receipt.json", "..", "%2e%2e", "a%2fb", "%00", "%ff", ".uploads", "0" * 32,
     "20231114_221320_7CF7.manifest.json", "bookmark_20231114T221320Z_1", "x" * 300,
     "RejectedContent_UnknownTime_0b9f4f0e-6f0a-4e6f-9a51-3f1f1a2f7c11"]
)  # fmt: skip
_parts = st.one_of(_names, _text.map(lambda text: text.replace(" ", "%20")))
_roots = st.sampled_from(["/v1/bwv", "/v1/bwv/.uploads", "/auth/v1.0", "/media", "/recordings",
                          "/static", "", "/v1"])  # fmt: skip
_paths = st.builds(
    lambda root, parts, query: "/".join([root, *parts]) + query,
    _roots,
    st.lists(_parts, max_size=3),
    st.sampled_from(["", "?format=json", "?limit=-1", "?marker=%ff", "?page=999999999999999999"]),
)
_methods = st.sampled_from(
    ["PUT", "PUT", "PUT", "GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "COPY", "X-Y"]
)
_values = st.one_of(
    _text,
    st.integers(-5, 10**20).map(str),
    st.sampled_from(
        ["?0", "?1", resumable.PARTIAL_UPLOAD, repr_digest(EMPTY_SHA256), "sha-256=:x:", "bytes=0-",
         "bytes=-5", "bytes=9-1", "application/jose+json", "100-continue", "chunked", "gzip",
         EMPTY_SHA256, "Complete", "Transferring", "u=0", "8", "*/*", "W/\"x\"",
         "Mon, 23 Nov 2026 20:21:00 GMT"]
    ),
)  # fmt: skip
_header_names = st.one_of(
    st.sampled_from(
        ["X-Object-Meta-Sha256", "X-Object-Meta-Name", "X-Container-Meta-Status",
         "X-Container-Meta-Clipcount", "X-Object-Meta-Starttime", "Repr-Digest", "Content-Digest",
         "Want-Repr-Digest", "ETag", "Content-Type", "Range", "If-Range", "If-None-Match", "Accept",
         "Expect", "Priority", "Upload-Complete", "Upload-Offset", "Upload-Length",
         "Upload-Draft-Interop-Version", "Content-Encoding", "Transfer-Encoding", "Content-Length",
         "X-Auth-User", "X-Auth-Key", "Authorization", "Host", "Connection", "Upgrade", "Cookie"]
    ),
    st.text("abcXYZ-_ :\t", min_size=1, max_size=12),
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """One, before it is written out."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes
    signed_in: bool
    true_length: bool

    def to_bytes(self, token: str) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"X-Auth-Token: {token}"] * self.signed_in
        lines += [f"Content-Length: {len(self.body)}"] * self.true_length
        lines += [f"{name}: {value}" for name, value in self.headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + self.body


_requests = st.builds(
    Request,
    _methods,
    _paths,
    st.lists(st.tuples(_header_names, _values), max_size=6),
    st.one_of(st.binary(max_size=200), st.just(b"{}"), st.just(b"4\r\nclip\r\n0\r\n\r\n")),
    st.integers(0, 9).map(lambda number: number > 0),
    st.integers(0, 9).map(lambda number: number > 1),
)
_changes = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=3)
_connections = st.tuples(st.lists(_requests, min_size=1, max_size=4), st.just([]) | _changes)


class _Traces(logging.Handler):
    """Keeps what was logged with a trace, or as an error of aiohttp's own."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info or record.levelno >= logging.CRITICAL:
            self.seen.append(self.format(record))


def exchanged(port: int, data: bytes) -> bytes:
    """All that comes back until the server hangs up. Raises `TimeoutError` when it never does."""
    said = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        try:
            connection.sendall(data)
            while block := connection.recv(1 << 16):
                said += block
        except TimeoutError:
            raise
        except OSError:
            return said
    return said


def statuses(said: bytes) -> Iterator[int]:
    """Of all answers; a body may hold what looks like one, and is then looked at as well."""
    for part in said.split(b"HTTP/1.1 ")[1:]:
        if part[:3].isdigit():
            yield int(part[:3])


def check(server: InProcess, traces: _Traces, requests: list[Request], changes: list) -> None:  # type: ignore[type-arg]
    """One connection, and what must hold behind it."""
    data = bytearray(b"".join(each.to_bytes(server.wire.token) for each in requests))
    for place, byte in changes:
        data[round(place * (len(data) - 1))] = byte
    failed = [status for status in statuses(exchanged(server.wire.port, bytes(data)))
              if status in FAULTS]  # fmt: skip
    assert not failed, f"answered {failed} to {bytes(data)!r}"
    assert not traces.seen, f"logged a trace at {bytes(data)!r}: {traces.seen[0]}"
    stored = server.services.folders.content / CONTAINER / BYSTANDER
    assert stored.read_bytes() == BODY, f"the bystander was changed by {bytes(data)!r}"


@contextmanager
def stage(folder: Path) -> Iterator[tuple[InProcess, _Traces]]:
    """A server with a bystander, and what it logs."""
    traces = _Traces()
    logging.getLogger().addHandler(traces)
    server = InProcess(folder, LIMITS)
    try:
        server.wire.open_recording()
        assert server.wire.put(CONTAINER, BYSTANDER, BODY).status == 201
        yield server, traces
    finally:
        server.close()
        logging.getLogger().removeHandler(traces)


def fuzz(server: InProcess, traces: _Traces, seconds: float, first_seed: int) -> int:
    """Connections made in so much time of the CPU."""
    made = 0

    def one(connection: tuple[list[Request], list]) -> None:  # type: ignore[type-arg]
        nonlocal made
        made += 1
        check(server, traces, *connection)

    # From here on: what the imports took is no fuzzing, and may be more than a short run has.
    number, until_s = first_seed, time.process_time() + seconds
    while time.process_time() < until_s:
        profile = settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            verbosity=Verbosity.quiet,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        seed(number)(profile(given(_connections)(one)))()
        number += 1
    return made


def main(seconds: float, first_seed: int) -> None:
    """See the module."""
    logging.getLogger("dock_server").setLevel(logging.WARNING)
    with hasty_folder() as folder, hasty_disk(), stage(folder / "dock") as (server, traces):
        made = fuzz(server, traces, seconds, first_seed)
    print(json.dumps({"connections": made}), flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
