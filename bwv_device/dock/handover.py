"""Hands one recording over, step by step; any crash and a repeat end in the same state.

Who uses it: `push`. The steps are numbered in docs/design/dock-client.md in this order.
"""

import logging
from collections.abc import Mapping

from bwv_device.dock import describe
from bwv_device.dock.delivery import Delivery, Outcome
from bwv_device.dock.describe_account import account_object
from bwv_device.dock.docking import TO_SEND, Docking, Step
from bwv_device.dock.errors import AbsentError, ConflictError, NotAllowedError, RejectedError
from bwv_device.dock.memory import Why
from bwv_device.dock.receipts import Receipts
from bwv_device.dock.rejection import Rejection
from bwv_device.dock.target import Target
from bwv_device.dock.track_objects import track_objects
from bwv_device.evidence.errors import IllegalStepError
from bwv_device.evidence.jws import MEDIA_TYPE
from bwv_device.evidence.records import Clip, ClipState, Recording
from bwv_device.protocol import metadata
from bwv_device.protocol.capabilities import Capability
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.keys import ContainerKey, Status

log = logging.getLogger(__name__)

_SET_ASIDE: dict[Why, Outcome] = {
    Why.REJECTED: Outcome.REJECTED,
    Why.UNPROVED: Outcome.UNPROVED,
    Why.CONFLICT: Outcome.CONFLICT,
    Why.CLEAR: Outcome.HELD_BACK,
    Why.DAMAGED: Outcome.DAMAGED,
}
_IN_CONTAINER = frozenset({Outcome.HELD, Outcome.DAMAGED})
_NOT_IN_CONTAINER = frozenset({Outcome.LOST, Outcome.REJECTED})


def needs_work(docking: Docking, recording: Recording, clip: Clip) -> bool:
    """Whether there is anything to do about a clip at this destination now."""
    if clip.state is ClipState.ACKNOWLEDGED:
        return True
    if clip.state not in TO_SEND or docking.memory.set_aside(clip.id) is not None:
        return False
    # A lost clip is looked for again only when its recording can still be completed with it,
    # or when its file was put back.
    return recording.completed_utc_ns is None or docking.store.path(clip).exists()


class Handover:
    """One recording that is not being recorded any more."""

    def __init__(self, docking: Docking, recording: Recording) -> None:
        self._docking = docking
        self._recording = recording
        self._rejection = Rejection(docking, recording)
        self._receipts = Receipts(docking, recording)

    def run(self) -> None:
        """Bring out what can be brought out. Raises `DockError` for what may pass."""
        target = self._open_container()
        outcomes = {
            clip.number: self._deliver(target, clip)
            for clip in self._docking.clips(self._recording)
        }
        try:
            given = b"" if self._rejection.whole_recording else self._complete(target, outcomes)
            if given is None:
                return
            self._receipts.take(given)
        except (AbsentError, ConflictError):
            # Something of it is lost or damaged there: what is, goes there again.
            self._receipts.look_again()
            self._send_extras()
            raise
        self._purge()

    def _open_container(self) -> Target:
        """The recording's container, made if need be; closed when it was called complete."""
        container = self._recording.container
        if self._recording.completed_utc_ns is not None or self._is_complete(container):
            return Target(container, self._create, closed=True)
        if self._rejection.whole_recording is None:
            try:
                self._create()
                self._docking.at(Step.CONTAINER_MADE)
            except ConflictError:
                return Target(container, self._create, closed=True)
            except RejectedError as error:
                self._rejection.note(str(error), whole_recording=True)
        return Target(container, self._create)

    def _create(self) -> None:
        meta = self._docking.metadata(self._recording)
        meta[ContainerKey.STATUS] = Status.TRANSFERRING.value
        self._docking.destination.create_container(self._recording.container, meta)

    def _is_complete(self, container: str) -> bool:
        """Whether an earlier docking completed it and was cut off before it could note that."""
        try:
            found = self._docking.destination.look(container)
            values = metadata.decode(found.headers.items()) if found else {}
        except (RejectedError, NotAllowedError, ProtocolError) as error:
            log.warning("no looking at %s: %s", container, error)
            return False
        return values.get(ContainerKey.STATUS) == Status.COMPLETE

    def _deliver(self, target: Target, clip: Clip) -> Outcome:
        if clip.state not in TO_SEND:
            return Outcome.HELD if clip.destination == target.container else Outcome.REJECTED
        if aside := self._docking.memory.set_aside(clip.id):
            return _SET_ASIDE[aside.why]
        if not needs_work(self._docking, self._recording, clip):
            return Outcome.LOST
        if whole := self._rejection.whole_recording:
            return self._rejection.deliver(clip, whole.reason)
        outcome = Delivery(self._docking, self._recording, target).deliver(clip)
        if outcome is Outcome.REJECTED:
            reason = self._docking.journal.clip(clip.id).problem
            return self._rejection.deliver(clip, reason or "refused by the destination")
        return outcome

    def _complete(self, target: Target, outcomes: Mapping[int, Outcome]) -> bytes | None:
        """Say that the recording is whole, or what it lacks; None when it has to wait, else the
        receipt in the answer, which may be empty.

        It waits while the destination has not proved, or contradicts, what it was given: with
        `Complete` said, the container takes no repeat.
        """
        if any(one not in _IN_CONTAINER | _NOT_IN_CONTAINER for one in outcomes.values()):
            return None
        held = sum(one in _IN_CONTAINER for one in outcomes.values())
        missing = tuple(number for number, one in outcomes.items() if one in _NOT_IN_CONTAINER)
        given = b""
        if not target.closed:
            self._send_extras()
            self._docking.at(Step.EXTRAS_SENT)
            meta = self._docking.metadata(self._recording)
            meta |= describe.final_metadata(held, missing)
            given = self._say_complete(target.container, meta)
            self._docking.at(Step.COMPLETED)
        if self._recording.completed_utc_ns is None:
            at_utc_ns = self._docking.clock.utc_ns()
            self._docking.journal.complete_recording(self._recording.id, at_utc_ns)
            self._docking.at(Step.COMPLETION_NOTED)
            self._docking.tally.completed(self._recording, held, missing)
        return given

    def _say_complete(self, container: str, meta: dict[str, str]) -> bytes:
        """What is answered to it, if that is a receipt."""
        asked = {"Accept": MEDIA_TYPE} if self._docking.gives_receipts else {}
        answer = self._docking.destination.describe_container(container, meta, asked)
        said = answer.headers.get("Content-Type", "")
        return answer.body if asked and said.startswith(MEDIA_TYPE) else b""

    def _send_extras(self) -> None:
        """Bookmarks and the location track, where the destination takes them; and what is
        missing in a clip, where that is too much for its metadata."""
        docking, recording = self._docking, self._recording
        for clip in docking.clips(recording):
            if (account := account_object(clip)) is not None:
                self._put_extra(*account)
        if Capability.STORE_BOOKMARKS in docking.capabilities:
            for bookmark in docking.journal.bookmarks(recording.id):
                self._put_extra(*describe.bookmark_object(recording, bookmark), b"")
        if Capability.STORE_GNSS_TRACK_RECORDING in docking.capabilities:
            for extra in track_objects(docking, recording):
                self._put_extra(*extra)

    def _put_extra(self, name: str, meta: dict[str, str], body: bytes) -> None:
        container = self._recording.container
        try:
            self._docking.destination.put(container, name, meta, body, create=self._create)
        except RejectedError as error:
            self._rejection.put_extra(name, meta, body, error)

    def _purge(self) -> None:
        """Free what is acknowledged, and nothing else."""
        acknowledged = self._docking.journal.clips(self._recording.id, ClipState.ACKNOWLEDGED)
        for clip in acknowledged:
            if clip.awaits_receipt or (self._docking.gives_receipts and clip.receipt_id is None):
                continue
            try:
                purged = self._docking.store.purge(clip)
            except IllegalStepError:
                log.info("%s was freed already, for want of room", clip.file)
                continue
            self._docking.at(Step.PURGED)
            self._docking.tally.purged(purged)
