"""The verbs of the API, as calls: what a destination can be asked and told.

Who uses it: `handshake` and `push`. Each call is tried again while that may help.
"""

import logging
from collections.abc import Callable, Mapping

from bwv_device.dock.backoff import Patience
from bwv_device.dock.errors import AbsentError, NotAllowedError, RejectedError
from bwv_device.dock.http import Answer, Body
from bwv_device.dock.session import Session
from bwv_device.protocol import metadata
from bwv_device.protocol.metadata import MetaPrefix
from bwv_device.protocol.resumable import UPLOAD_LIMIT, UploadLimits, parse_limits

log = logging.getLogger(__name__)

Meta = Mapping[str, str]


class Destination:
    """One destination. Every method raises `DockError`, and `ProtocolError` for bad metadata."""

    def __init__(self, session: Session, patience: Patience) -> None:
        self.session = session
        """For what is not tried again by itself."""
        self.patience = patience
        self._limits: UploadLimits | None = None
        self._asked_limits = False

    def sign_in(self) -> None:
        """Get a token, so that a wrong key shows before anything else is done."""
        self.patience.run(self.session.sign_in)

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
        self.patience.run(lambda: self.session.request("PUT", (container,), headers, b""))

    def describe_container(
        self, container: str, meta: Meta, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Merge `meta` into a container's metadata."""
        sent = {**metadata.encode(MetaPrefix.CONTAINER, meta), **(headers or {})}
        return self.patience.run(lambda: self.session.request("POST", (container,), sent, b""))

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
        return self.put_as_said(container, name, all_headers, body, create)

    def put_as_said(
        self,
        container: str,
        name: str,
        headers: Mapping[str, str],
        body: bytes | Body = b"",
        create: Callable[[], None] | None = None,
    ) -> Answer:
        """The same with all headers as they go over the wire."""
        path = (container, name)

        def once() -> Answer:
            return self.session.request("PUT", path, headers, body)

        try:
            return self.patience.run(once)
        except AbsentError:
            create() if create else self.create_container(container, {})
            return self.patience.run(once)

    def upload_limits(self, container: str, name: str) -> UploadLimits | None:
        """What holds for uploads that may be resumed; None where there are none. Asked once."""
        if not self._asked_limits:
            try:
                answer = self.patience.run(
                    lambda: self.session.request("OPTIONS", (container, name))
                )
                self._limits = parse_limits(answer.headers.get(UPLOAD_LIMIT))
            except (AbsentError, RejectedError, NotAllowedError) as error:
                log.warning("uploads can't be resumed there, it says: %s", error)
            self._asked_limits = True
        return self._limits

    def _asked(
        self, method: str, *path: str, headers: Mapping[str, str] | None = None
    ) -> Answer | None:
        try:
            return self.patience.run(lambda: self.session.request(method, path, headers))
        except AbsentError:
            return None
