"""A small HTTP client for tests that says exactly what it is told to say."""

import http.client
import socket
from dataclasses import dataclass
from urllib.parse import quote

from bwv_device.protocol.metadata import MetaPrefix, to_headers

USER = "0b9f4f0e-6f0a-4e6f-9a51-3f1f1a2f7c11"
SERIAL = "BWV-0001"
CONTAINER = f"{USER}_{SERIAL}_20231114T221320Z"
CLIP = "20231114_221320_7CF7.mp4"


@dataclass(frozen=True)
class Answer:
    """A response; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Wire:
    """Talks to one server; `token` goes with every request once there is one."""

    def __init__(self, port: int, storage: str = "/v1/bwv") -> None:
        self.port = port
        self.storage = storage
        self.token = ""

    def connect(self) -> http.client.HTTPConnection:
        """A new connection, not open yet."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        """One request on a connection of its own."""
        connection = self.connect()
        token = {"X-Auth-Token": self.token} if self.token else {}
        try:
            connection.request(method, path, body, {**token, **(headers or {})})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def sign_in(self, user: str, key: str) -> Answer:
        answer = self.ask("GET", "/auth/v1.0", headers={"X-Auth-User": user, "X-Auth-Key": key})
        self.token = answer.headers.get("x-auth-token", "")
        return answer

    def put(
        self,
        container: str,
        name: str = "",
        body: bytes = b"",
        /,
        *,
        headers: dict[str, str] | None = None,
        **meta: str,
    ) -> Answer:
        """PUT of a container, or of an object, with metadata."""
        prefix = MetaPrefix.OBJECT if name else MetaPrefix.CONTAINER
        return self.ask(
            "PUT", self.path(container, name), body, to_headers(prefix, meta) | (headers or {})
        )

    def post(self, container: str, name: str = "", /, **meta: str) -> Answer:
        prefix = MetaPrefix.OBJECT if name else MetaPrefix.CONTAINER
        return self.ask("POST", self.path(container, name), headers=to_headers(prefix, meta))

    def get(self, container: str, name: str = "", headers: dict[str, str] | None = None) -> Answer:
        return self.ask("GET", self.path(container, name), headers=headers)

    def head(self, container: str, name: str = "") -> Answer:
        return self.ask("HEAD", self.path(container, name))

    def path(self, container: str, name: str = "") -> str:
        parts = [self.storage, *(quote(part, safe="") for part in (container, name) if part)]
        return "/".join(parts)

    def register(self, user: str = USER, serial: str = SERIAL) -> None:
        """Make a user and a device known."""
        assert self.put("Users", user, Name="Sam Doe", Active="True").status == 201
        assert self.put("Devices", serial, Name="Camera 1", Active="True").status == 201

    def open_recording(self, **meta: str) -> None:
        """A recording that is ready for its clips."""
        self.register()
        assert self.put(CONTAINER, Status="Transferring", **meta).status == 201

    def raw(self, data: bytes, *, close: bool = False) -> bytes:
        """Send bytes as they are; with `close` the rest of them never comes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(data)
            if close:
                return b""
            return connection.recv(65536)

    def raw_put(self, container: str, name: str, length: int, body: bytes) -> bytes:
        """The bytes of a PUT whose Content-Length may not be true."""
        head = (
            f"PUT {self.path(container, name)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"X-Auth-Token: {self.token}\r\nContent-Length: {length}\r\n\r\n"
        )
        return head.encode() + body
