"""A content destination that does what a test tells it to, good or bad, on a loopback port.

It is no model of how a destination should be written: it keeps everything in memory and can
answer any status, cut connections, hurt bodies, lie about digests and let tokens run out.
"""

import hashlib
import json
import re
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from bwv_device.evidence.jws import MEDIA_TYPE
from bwv_device.evidence.receipt.schema import Held, HeldObject, Receipt
from bwv_device.evidence.receipt.signed import read_receipt, sign_receipt, text_sha256
from bwv_device.evidence.signer import Signer
from bwv_device.protocol.capabilities import ALL_CAPABILITIES, Capabilities
from bwv_device.protocol.connection import ConnectionFile
from bwv_device.protocol.digest import md5_hex, repr_digest
from bwv_device.protocol.metadata import decode
from bwv_device.protocol.names import RECEIPT_OBJECT, ContainerType
from tests.unit.dock.fake_uploads import FakeUploads

UPLOADS = "uploads"
USER, KEY = "camera", "secret-key"
AUTH, STORAGE = "/auth/v1.0", "/some/where/abc"
HOLD_S = 20.0
Reply = tuple[int, dict[str, str], bytes]


class Proves(Enum):
    """What the destination says of the bytes that it stored."""

    SHA256 = auto()
    """As ours: `Repr-Digest`, and the rest."""
    MD5 = auto()
    """As a plain Swift: `Etag` and `Content-Length`."""
    NOTHING = auto()
    """As the API's example server: a status, and nothing on HEAD."""
    OTHER = auto()
    """Well-formed digests of something else."""


@dataclass
class Stored:
    """An object, with the metadata as sent."""

    body: bytes
    headers: dict[str, str]

    @property
    def meta(self) -> dict[str, str]:
        return decode(self.headers.items())


@dataclass
class Fault:
    """Something bad that happens to the next `times` requests that fit."""

    method: str
    path: str
    """Pattern of the container, or `container/object`; `auth` for the request for a token."""
    times: float
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    says: str = ""
    early: bool = False
    """Answer before the body was read, as a server that refuses by the headers; then read on."""
    keep_open: bool = False
    """With `early`: say nothing of closing, and take what comes for the rest of the body."""
    cut_after: int | None = None
    """Hang up after so many bytes of the body; nothing is stored."""
    lose_answer: bool = False
    """Do as asked, then hang up instead of answering."""
    hurt: bool = False
    """Store the body with one bit turned, as if a cable had done it."""
    hold: threading.Event | None = None
    """Do as asked, and answer only when this is set."""

    def fits(self, method: str, path: str) -> bool:
        return (
            self.times > 0
            and self.method in (method, "*")
            and re.fullmatch(self.path, path) is not None
        )


@dataclass
class FakeReceipts:
    """Gives a receipt of what is in a container now, or what a test makes of it."""

    signer: Signer
    answers_complete: bool = True
    """Whether `Complete` is answered with it, or only asking for it."""
    change: Callable[[Receipt], Receipt] = lambda receipt: receipt
    """What the destination states instead of what is true."""
    spoil: Callable[[bytes], bytes] = lambda text: text
    """What comes of the text on the way."""
    status: int = 200
    given: list[bytes] = field(default_factory=list)

    def answer(self, fake: "FakeDestination", container: str) -> Reply:
        if self.status != 200:
            return self.status, {}, b""
        text = self.spoil(self._text(fake, container))
        return 200, {"Content-Type": MEDIA_TYPE}, text

    def _text(self, fake: "FakeDestination", container: str) -> bytes:
        for text in self.given:
            if read_receipt(text).receipt.container == container:
                return text
        receipt = Receipt(
            site_name="Fake",
            container=container,
            held=Held.COMPLETE,
            objects=tuple(
                HeldObject(
                    name=path.removeprefix(f"{container}/"),
                    bytes=len(stored.body),
                    sha256=hashlib.sha256(stored.body).hexdigest(),
                )
                for path, stored in sorted(fake.objects.items())
                if path.startswith(f"{container}/")
            ),
            device="BWV-0001",
            number=len(self.given) + 1,
            previous_sha256=text_sha256(self.given[-1]) if self.given else None,
            issued_utc_ns=1_795_465_260_000_000_000,
        )
        self.given.append(sign_receipt(self.change(receipt), self.signer))
        return self.given[-1]


class FakeDestination:
    """Runs from construction to `close`."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.proves = Proves.SHA256
        self.capabilities: Capabilities | bytes | None = ALL_CAPABILITIES
        self.capabilities_etag: str | None = None
        self.categories: bytes | None = None
        self.containers: dict[str, dict[str, str]] = {"System": {}, "Users": {}, "Devices": {}}
        self.objects: dict[str, Stored] = {}
        self.log: list[tuple[str, str]] = []
        self.token = ""
        self.token_uses = float("inf")
        """After how many requests a token has run out."""
        self.uses_left = 0.0
        self.checks_claims = True
        """Whether a body that is not the one of the request's `ETag` is refused."""
        self.receipts: FakeReceipts | None = None
        self.storage_url: str | None = None
        self.faults: list[Fault] = []
        self.uploads = FakeUploads(STORAGE)
        self.seen = threading.Condition()
        fake = self

        class Handler(_Handler):
            destination = fake

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        if tls is not None:
            self.scheme = "https"
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self._server.server_address[1]}"

    def connection(self) -> ConnectionFile:
        """What a camera is given."""
        return ConnectionFile(
            site_name="Fake",
            application_name="Fake",
            application_version="1",
            authentication_token_uri=[self.url + AUTH],
            blob_api_key=KEY,
            blob_api_user_name=USER,
            container_type=ContainerType.MP4,
        )

    def close(self) -> None:
        for fault in self.faults:
            if fault.hold is not None:
                fault.hold.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fail(self, method: str, path: str, **fault: object) -> Fault:
        """Let the next requests that fit go wrong; once, without `times`."""
        made = Fault(method, path, **{"times": 1, **fault})  # type: ignore[arg-type]
        self.faults.append(made)
        return made

    def heal(self) -> None:
        self.faults.clear()

    def asked(self, method: str, path: str) -> int:
        """How many such requests there were."""
        return sum(
            method in (one, "*") and re.fullmatch(path, two) is not None for one, two in self.log
        )

    def wait_for(self, method: str, path: str) -> None:
        """Until such a request has come in."""
        with self.seen:
            assert self.seen.wait_for(lambda: self.asked(method, path) > 0, timeout=HOLD_S)

    def clips(self, container: str) -> dict[str, Stored]:
        """Clips of a container by name."""
        return {
            path.split("/")[1]: stored
            for path, stored in self.objects.items()
            if path.startswith(container + "/") and path.endswith(".mp4")
        }

    def rejected(self) -> list[str]:
        """Containers of rejected content."""
        return [name for name in self.containers if name.startswith("RejectedContent_")]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Cameras that hang up are what many tests are about; anything else is printed."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    destination: FakeDestination

    def log_message(self, format: str, *arguments: object) -> None:
        """Tests look at `FakeDestination.log`."""

    def do_GET(self) -> None:
        self._handle()

    do_HEAD = do_PUT = do_POST = do_OPTIONS = do_PATCH = do_DELETE = do_GET

    def _handle(self) -> None:
        path = self._path()
        with self.destination.seen:
            self.destination.log.append((self.command, path))
            self.destination.seen.notify_all()
        fault = self._fault(path)
        if fault.cut_after is not None and self.command == "PATCH":
            self._torn(path, self.rfile.read(min(fault.cut_after, self._size)))
        elif fault.cut_after is not None:
            self._hang_up(fault.cut_after)
        elif fault.status and fault.early:
            self.close_connection = True
            closes = {} if fault.keep_open else {"Connection": "close"}
            self._answer(fault.status, {**closes, **fault.headers}, fault.says.encode())
            with suppress(OSError):
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
        else:
            body = self.rfile.read(self._size)
            if self.command == "PATCH" and len(body) < self._size:
                self._torn(path, body)
            else:
                self._settle(path, fault, body)

    @property
    def _size(self) -> int:
        """Of the body, as it is said."""
        return int(self.headers.get("Content-Length", "0"))

    def _torn(self, path: str, body: bytes) -> None:
        """What came of an append counts."""
        self.destination.uploads.take(path, self.headers, body, torn=True)
        self._hang_up(0)

    def _settle(self, path: str, fault: Fault, body: bytes) -> None:
        if fault.status:
            self._answer(
                fault.status, {"Content-Type": "text/plain", **fault.headers}, fault.says.encode()
            )
            return
        if fault.hurt:
            body = bytes([body[0] ^ 1]) + body[1:]
        status, headers, content = self._act(path, body)
        if fault.hold is not None:
            fault.hold.wait(HOLD_S)
        if fault.lose_answer:
            self._hang_up(0)
        else:
            self._answer(status, headers, content)

    def _path(self) -> str:
        if self.path == AUTH:
            return "auth"
        return unquote(self.path.removeprefix(STORAGE).strip("/"))

    def _fault(self, path: str) -> Fault:
        for fault in self.destination.faults:
            if fault.fits(self.command, path):
                fault.times -= 1
                return fault
        return Fault("", "", 0)

    def _hang_up(self, after_bytes: int) -> None:
        if after_bytes:
            self.rfile.read(after_bytes)
        self.close_connection = True
        self.connection.close()

    def _act(self, path: str, body: bytes) -> Reply:
        if path == "auth":
            return self._sign_in()
        if not self._token_is_good():
            return 401, {}, b""
        container, _, name = path.partition("/")
        act: dict[str, Callable[[str, str, bytes], Reply]] = {
            "GET": self._get,
            "HEAD": self._head,
            "PUT": self._put,
            "POST": self._post,
            "OPTIONS": self._options,
            "PATCH": self._patch,
            "DELETE": self._delete,
        }
        if container == UPLOADS and self.command == "HEAD":
            return self._look_at_upload(name)
        return act[self.command](container, name, body)

    def _sign_in(self) -> Reply:
        if (self.headers["X-Auth-User"], self.headers["X-Auth-Key"]) != (USER, KEY):
            return 401, {}, b""
        fake = self.destination
        fake.token = f"token-{len(fake.log)}"
        fake.uses_left = fake.token_uses
        storage_url = fake.storage_url or fake.url + STORAGE
        return 200, {"X-Auth-Token": fake.token, "X-Storage-Url": storage_url}, b""

    def _token_is_good(self) -> bool:
        self.destination.uses_left -= 1
        return (
            self.headers.get("X-Auth-Token") == self.destination.token
            and self.destination.uses_left >= 0
        )

    def _get(self, container: str, name: str, _body: bytes) -> Reply:
        fake = self.destination
        documents = {
            "Capabilities.json": fake.capabilities.to_json()
            if isinstance(fake.capabilities, Capabilities)
            else fake.capabilities,
            "Categories.json": fake.categories,
        }
        if name == RECEIPT_OBJECT and fake.receipts is not None:
            return fake.receipts.answer(fake, container)
        document = documents.get(name) if container == "System" else None
        if document is None:
            return 404, {}, b""
        etag = fake.capabilities_etag
        return 200, {"Etag": md5_hex(document) if etag is None else etag}, document

    def _head(self, container: str, name: str, _body: bytes) -> Reply:
        fake = self.destination
        if not name:
            found = fake.containers.get(container)
            return (404, {}, b"") if found is None else (204, found, b"")
        stored = fake.objects.get(f"{container}/{name}")
        if stored is None:
            return 404, {}, b""
        return 200, {**stored.headers, **self._proof(stored.body, looked=True)}, b""

    def _put(self, container: str, name: str, body: bytes) -> Reply:
        fake = self.destination
        if not name:
            new = container not in fake.containers
            self._merge(container)
            return (201 if new else 202), {}, b""
        if container not in fake.containers:
            return 404, {}, b""
        if fake.uploads.limit and "Upload-Complete" in self.headers:
            return fake.uploads.begin(f"{container}/{name}", self.headers)
        if fake.checks_claims and not self._is_as_claimed(body):
            return 422, {}, b""
        fake.objects[f"{container}/{name}"] = Stored(body, self._meta("x-object-meta-"))
        return 201, self._proof(body, looked=False), b""

    def _options(self, _container: str, _name: str, _body: bytes) -> Reply:
        limit = self.destination.uploads.limit
        return (204, {"Upload-Limit": limit}, b"") if limit else (405, {}, b"")

    def _look_at_upload(self, name: str) -> Reply:
        fake = self.destination
        status, headers = fake.uploads.look(f"{UPLOADS}/{name}", self._proof)
        return status, headers, b""

    def _patch(self, container: str, name: str, body: bytes) -> Reply:
        fake = self.destination
        status, headers, done = fake.uploads.take(f"{container}/{name}", self.headers, body)
        if done is None:
            return status, headers, b""
        if fake.checks_claims and md5_hex(done.body) != done.headers.get("etag"):
            return 422, {**headers, "Upload-Complete": "?1"}, b""
        fake.objects[done.target] = Stored(done.body, done.meta)
        return 201, {**headers, **self._proof(done.body, looked=False)}, b""

    def _delete(self, container: str, name: str, _body: bytes) -> Reply:
        return self.destination.uploads.cancel(f"{container}/{name}"), {}, b""

    def _post(self, container: str, name: str, _body: bytes) -> Reply:
        if name or container not in self.destination.containers:
            return 404, {}, b""
        self._merge(container)
        receipts, asked = self.destination.receipts, self.headers.get("Accept")
        complete = "X-Container-Meta-Status" in self.headers
        if receipts is not None and receipts.answers_complete and complete and asked == MEDIA_TYPE:
            return receipts.answer(self.destination, container)
        return 204, {}, b""

    def _merge(self, container: str) -> None:
        old = self.destination.containers.get(container, {})
        self.destination.containers[container] = old | self._meta("x-container-meta-")

    def _meta(self, prefix: str) -> dict[str, str]:
        return {
            key.lower(): value
            for key, value in self.headers.items()
            if key.lower().startswith(prefix)
        }

    def _is_as_claimed(self, body: bytes) -> bool:
        etag = self.headers.get("ETag")
        return etag is None or etag == md5_hex(body)

    def _proof(self, body: bytes, *, looked: bool) -> dict[str, str]:
        size = {"Content-Length": str(len(body))} if looked else {}
        match self.destination.proves:
            case Proves.SHA256:
                digest = repr_digest(hashlib.sha256(body).hexdigest())
                return {"Repr-Digest": digest, "Etag": md5_hex(body), **size}
            case Proves.MD5:
                return {"Etag": f'"{md5_hex(body)}"', **size}
            case Proves.OTHER:
                return {"Repr-Digest": repr_digest(hashlib.sha256(b"other").hexdigest()), **size}
            case _:
                return {}

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers and status != 204 and self.command != "HEAD":
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD" and status != 204:
                self.wfile.write(body)
        except OSError:
            self.close_connection = True  # The camera went away first.


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[FakeDestination]:
    """A fake destination for as long as the block runs."""
    fake = FakeDestination(tls)
    try:
        yield fake
    finally:
        fake.close()


def json_bytes(value: object) -> bytes:
    """A JSON document."""
    return json.dumps(value).encode()
