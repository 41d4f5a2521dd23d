"""The verbs of the API, as calls: what a destination can be asked and told.

Who uses it: `handshake` and `push`. Each call is tried again while that may help.
"""

from collections.abc import Callable, Mapping

from bwv_device.dock.backoff import Patience
from bwv_device.dock.errors import AbsentError
from bwv_device.dock.http import Answer, Body
from bwv_device.dock.session import Session
from bwv_device.protocol import metadata
from bwv_device.protocol.metadata import MetaPrefix

Meta = Mapping[str, str]


class Destination:
    """One destination. Every method raises `DockError`, and `ProtocolError` for bad metadata."""

    def __init__(self, session: Session, patience: Patience) -> None:
        self._session = session
        self._patience = patience

    def sign_in(self) -> None:
        """Get a token, so that a wrong key shows before anything else is done."""
        self._patience.run(self._session.sign_in)

    def read(
        self, container: str, name: str, headers: Mapping[str, str] | None = None
    ) -> Answer | None:
        """A document; None when there is none."""
        return self._asked("GET", container, name, headers=headers)

    def look(self, container: str, name: str | None = None) -> Answer | None:
        """The headers of a container or object; None when there is none."""
        return self._asked("HEAD", container, *([] if name is None else [name]))

    def create_container(self, container: str, meta: Meta) -> None:
        """Create a container, or merge `meta` into the one that is there."""
        headers = metadata.encode(MetaPrefix.CONTAINER, meta)
        self._patience.run(lambda: self._session.request("PUT", (container,), headers, b""))

    def describe_container(
        self, container: str, meta: Meta, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Merge `meta` into a container's metadata."""
        sent = {**metadata.encode(MetaPrefix.CONTAINER, meta), **(headers or {})}
        return self._patience.run(lambda: self._session.request("POST", (container,), sent, b""))

    def put(
        self,
        container: str,
        name: str,
        meta: Meta,
        body: bytes | Body = b"",
        headers: Mapping[str, str] | None = None,
        create: Callable[[], None] | None = None,
    ) -> Answer:
        """Store an object. Where the container is not there, make it and repeat once.

        `create` makes the container; without it, one without metadata is made.
        """
        all_headers = {**metadata.encode(MetaPrefix.OBJECT, meta), **(headers or {})}
        path = (container, name)

        def once() -> Answer:
            return self._session.request("PUT", path, all_headers, body)

        try:
            return self._patience.run(once)
        except AbsentError:
            create() if create else self.create_container(container, {})
            return self._patience.run(once)

    def _asked(
        self, method: str, *path: str, headers: Mapping[str, str] | None = None
    ) -> Answer | None:
        try:
            return self._patience.run(lambda: self._session.request(method, path, headers))
        except AbsentError:
            return None
