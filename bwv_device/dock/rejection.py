"""Content that the destination refused for good goes to a container of its own, and shows.

Who uses it: `handover`. Only a refusal leads here, never a fault of the network or the server.
"""

import uuid

from bwv_device.dock.delivery import Delivery, Outcome, keep, lose
from bwv_device.dock.describe import rejected_metadata
from bwv_device.dock.docking import Docking, Step
from bwv_device.dock.errors import ConflictError, LostClipError, RejectedError
from bwv_device.dock.memory import RejectedContent, Why
from bwv_device.dock.target import Target
from bwv_device.errors import Kind
from bwv_device.evidence.records import Clip, Recording
from bwv_device.protocol.capabilities import Capability
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.keys import ObjectKey
from bwv_device.protocol.names import rejected_container


class Rejection:
    """The rejected content of one recording."""

    def __init__(self, docking: Docking, recording: Recording) -> None:
        self._docking = docking
        self._recording = recording

    @property
    def whole_recording(self) -> RejectedContent | None:
        """Set when the destination refused the recording's own container."""
        noted = self._docking.memory.rejected(self._recording.container)
        return noted if noted and noted.whole_recording else None

    def note(self, reason: str, whole_recording: bool) -> RejectedContent:
        """Fix where the content goes, once and for all, before anything is sent there."""
        noted = self._docking.memory.rejected(self._recording.container)
        if noted is None or (whole_recording and not noted.whole_recording):
            at_utc_ns = self._docking.clock.utc_ns()
            noted = RejectedContent(
                container=noted.container if noted else rejected_container(at_utc_ns, uuid.uuid4()),
                at_utc_ns=noted.at_utc_ns if noted else at_utc_ns,
                reason=reason,
                whole_recording=whole_recording,
            )
            self._docking.memory.reject(self._recording.container, noted)
            self._docking.at(Step.REJECTION_NOTED)
        return noted

    def deliver(self, clip: Clip, reason: str) -> Outcome:
        """Bring a refused clip to rejected content, or keep it here and say so.

        It is freed like any other once the destination proves that it holds it there.
        """
        docking = self._docking
        docking.journal.begin_sending(clip.id)
        if Capability.STORE_REJECTED_CONTENT not in docking.capabilities:
            keep(docking, clip, Why.REJECTED, f"{reason}; there is no place for rejected content")
            return Outcome.REJECTED
        if not docking.store.path(clip).exists():
            lose(docking, clip, LostClipError(f"{clip.file} is gone"))
            return Outcome.LOST
        try:
            target = self._make_container(reason)
        except (RejectedError, ConflictError, ProtocolError) as error:
            text = f"{reason}; rejected content was refused too: {error}"
            keep(docking, clip, Why.REJECTED, text)
            return Outcome.REJECTED
        return self._deliver_to(target, clip, reason)

    def put_extra(self, name: str, meta: dict[str, str], body: bytes, error: RejectedError) -> None:
        """Bring a refused bookmark or track to rejected content; the journal keeps it anyway."""
        text = f"{self._recording.container}/{name} was refused: {error}"
        self._docking.tally.problem(Kind.REFUSE, text)
        if Capability.STORE_REJECTED_CONTENT in self._docking.capabilities:
            try:
                target = self._make_container(str(error))
                self._docking.destination.put(target.container, name, meta | target.extra, body)
            except RejectedError as again:
                self._docking.tally.problem(Kind.FAULT, str(again))

    def _deliver_to(self, target: Target, clip: Clip, reason: str) -> Outcome:
        outcome = Delivery(self._docking, self._recording, target).deliver(clip)
        journal = self._docking.journal
        if outcome is Outcome.HELD:
            text = f"{reason}; held as rejected content in {target.container}"
            journal.note_problem(clip.id, text)
            self._docking.tally.problem(Kind.REFUSE, f"{clip.file}: {text}")
        elif outcome is Outcome.REJECTED:
            text = f"{reason}; rejected content was refused too"
            keep(self._docking, clip, Why.REJECTED, text)
        elif outcome is not Outcome.LOST:
            # It is settled, and where it lies is not the recording's own container.
            text = journal.clip(clip.id).problem or reason
            self._docking.memory.put_aside(clip.id, Why.REJECTED, text)
        return Outcome.LOST if outcome is Outcome.LOST else Outcome.REJECTED

    def _make_container(self, reason: str) -> Target:
        noted = self.note(reason, whole_recording=False)
        target = self._target(noted)
        target.create()
        self._docking.at(Step.REJECTED_CONTAINER_MADE)
        return target

    def _target(self, noted: RejectedContent) -> Target:
        original = self._docking.metadata(self._recording)
        meta = rejected_metadata(noted.container, original, noted.at_utc_ns, noted.reason)
        return Target(
            noted.container,
            lambda: self._docking.destination.create_container(noted.container, meta),
            {ObjectKey.REJECTED_ORIGINAL_CONTAINER: self._recording.container},
        )
