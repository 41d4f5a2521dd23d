"""One object's upload that goes on where it broke off, in this docking or in the next.

Who uses it: `sending`, at a destination that offers it. docs/design/resumable-uploads.md numbers
the steps; `_step` takes one, and is repeated until there is an answer.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from bwv_device.dock.clip_body import ClipBody
from bwv_device.dock.destination import Destination
from bwv_device.dock.errors import (
    AnswerError,
    DamagedClipError,
    DockError,
    FailedError,
    RejectedError,
    UnsteadyCardError,
)
from bwv_device.dock.http import Answer
from bwv_device.dock.memory import BegunUpload, Memory
from bwv_device.protocol.resumable import (
    INTEROP_VERSION,
    PARTIAL_UPLOAD,
    PRIORITY,
    UPLOAD_COMPLETE,
    UPLOAD_INTEROP_VERSION,
    UPLOAD_LENGTH,
    UPLOAD_OFFSET,
    UploadLimits,
    boolean,
    parse_boolean,
    parse_integer,
)

log = logging.getLogger(__name__)

BEGINNINGS_MAX = 3
"""Uploads that are begun for one object before it is sent as by any client."""
GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
VERSION = {UPLOAD_INTEROP_VERSION: str(INTEROP_VERSION)}
"""Not said in a PATCH: interim answers would come in the middle of a body, where an answer means
that the rest is not wanted."""


class NotResumableError(DockError):
    """It can't be done this way here: send the object as by a plain PUT."""


@dataclass(frozen=True)
class Parcel:
    """An object on its way."""

    container: str
    name: str
    body: ClipBody
    sha256: str
    headers: Mapping[str, str]
    """Of its PUT, metadata and digests included."""

    @property
    def target(self) -> str:
        return f"{self.container}/{self.name}"


class ResumableUpload:
    """Brings one parcel."""

    def __init__(
        self,
        destination: Destination,
        memory: Memory,
        limits: UploadLimits,
        parcel: Parcel,
        create: Callable[[], None] | None,
    ) -> None:
        """`create` makes the container."""
        self._destination = destination
        self._memory = memory
        self._limits = limits
        self._parcel = parcel
        self._create = create
        self._beginnings = 0
        self._offset: int | None = None
        """None where only the destination knows it."""
        self._furthest = 0
        begun = memory.upload(parcel.target)
        self._path = begun.path if begun and begun.sha256 == parcel.sha256 else None

    def run(self) -> Answer:
        """The destination's answer to the whole object.

        Raises what a plain PUT raises, and `NotResumableError`.
        """
        while True:
            if self._path is None:
                self._begin()
            # The tries of `Patience` count anew with each step that got on.
            answer = self._destination.patience.run(self._step)
            if answer is not None:
                return answer

    def _step(self) -> Answer | None:
        """Ask how far it is where that is not known, and append. None when there is more to do:
        the upload got on, or has to be begun anew."""
        stood = self._furthest
        if self._path is not None and self._offset is None:
            answer = self._ask(self._path)
            if answer is not None or self._furthest > stood:
                return answer
        if self._path is None or self._offset is None:
            return None
        try:
            return self._append(self._path, self._offset)
        except (DamagedClipError, UnsteadyCardError):
            self._cancel(self._path)
            raise
        except DockError:
            self._offset = None
            raise

    def _begin(self) -> None:
        self._beginnings += 1
        parcel = self._parcel
        if self._beginnings > BEGINNINGS_MAX:
            raise NotResumableError(f"{parcel.target}: {BEGINNINGS_MAX} uploads came to nothing")
        headers = {
            **parcel.headers,
            **VERSION,
            UPLOAD_COMPLETE: boolean(False),
            UPLOAD_LENGTH: str(parcel.body.size_bytes),
        }
        answer = self._destination.put_as_said(
            parcel.container, parcel.name, headers, create=self._create
        )
        location = answer.headers.get("Location")
        if parse_boolean(answer.headers.get(UPLOAD_COMPLETE)) is not False or location is None:
            raise NotResumableError(f"{parcel.target}: the destination began no upload")
        self._path = self._destination.session.path_of(location)
        self._memory.begin_upload(parcel.target, BegunUpload(path=self._path, sha256=parcel.sha256))
        self._offset = self._furthest = 0

    def _ask(self, path: str) -> Answer | None:
        """The final answer, if the upload is complete; what was learnt is in `_offset`."""
        answer = self._destination.session.exchange("HEAD", path, VERSION)
        if self._is_gone(f"HEAD {path}", answer):
            return None
        if parse_boolean(answer.headers.get(UPLOAD_COMPLETE)):
            self._memory.end_upload(self._parcel.target)
            return answer
        offset = parse_integer(answer.headers.get(UPLOAD_OFFSET))
        if offset is None or not self._furthest <= offset <= self._parcel.body.size_bytes:
            self._forget(f"the destination says that it is at {offset}")
            return None
        if offset > self._furthest:
            log.info("%s goes on at byte %s", self._parcel.target, offset)
        self._offset = self._furthest = offset
        return None

    def _append(self, path: str, offset: int) -> Answer | None:
        size = self._parcel.body.size_bytes
        most = self._limits.max_append_size_bytes
        end = size if most is None else min(size, offset + max(most, 1))
        headers = {
            "Content-Type": PARTIAL_UPLOAD,
            UPLOAD_OFFSET: str(offset),
            UPLOAD_COMPLETE: boolean(end == size),
        }
        if PRIORITY in self._parcel.headers:
            headers[PRIORITY] = self._parcel.headers[PRIORITY]
        body = self._parcel.body.part(offset, end) if end > offset else b""
        answer = self._destination.session.exchange("PATCH", path, headers, body)
        if parse_boolean(answer.headers.get(UPLOAD_COMPLETE)):
            self._memory.end_upload(self._parcel.target)
            self._path = self._offset = None
            return self._destination.session.checked(f"PATCH {path}", answer)
        # From here on the upload answers, and not the object.
        if answer.status == HTTPStatus.CONFLICT:
            raise FailedError(f"PATCH {path}: it is at another offset, which is asked for", 409)
        if not self._is_gone(f"PATCH {path}", answer):
            if offset == end:
                raise AnswerError(f"PATCH {path}: all was sent, and it is never called complete")
            self._offset = self._furthest = end
        return None

    def _is_gone(self, what: str, answer: Answer) -> bool:
        """Whether the upload can't be gone on with; it is forgotten then. Raises `StatusError` for
        what is no affair of this upload."""
        if answer.status in GONE:
            self._forget("the destination has it no more")
            return True
        try:
            self._destination.session.checked(what, answer)
        except RejectedError as error:
            self._forget(str(error))
            return True
        return False

    def _forget(self, why: str) -> None:
        """Begin anew with the next step."""
        log.warning("%s is begun anew: %s", self._parcel.target, why)
        self._memory.end_upload(self._parcel.target)
        self._path = self._offset = None

    def _cancel(self, path: str) -> None:
        """What was sent is not what was recorded: the destination may drop it."""
        self._forget("the card gave other bytes than were recorded")
        try:
            answer = self._destination.session.exchange("DELETE", path, VERSION)
            self._destination.session.checked(f"DELETE {path}", answer)
        except DockError as error:
            log.warning("%s stays at the destination until it expires: %s", path, error)
