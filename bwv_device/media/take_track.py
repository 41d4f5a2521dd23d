"""Where a recording was made: positions on their way into the journal, in the clear or sealed.

Who uses it: a take has one. Sealed positions can't be read on the camera any more, so they are
written as the document that goes up, which counts from the start of the first clip.
"""

import logging

from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.records import TrackPoint
from bwv_device.evidence.sealing.cipher import ContentKey
from bwv_device.evidence.sealing.growing_json import GrowingJson
from bwv_device.evidence.sealing.key_file import wrap
from bwv_device.evidence.sealing.rows import Recipient
from bwv_device.evidence.store import Store
from bwv_device.protocol import track
from bwv_device.protocol.errors import ProtocolError

log = logging.getLogger(__name__)


class TakeTrack:
    """The positions of one recording; one thread uses it."""

    def __init__(self, store: Store, recording_id: int) -> None:
        self._store, self._recording_id = store, recording_id
        self._document: tuple[int, GrowingJson] | None = None
        self._waiting: list[TrackPoint] = []
        """Positions from before the first clip was opened."""

    def add(self, point: TrackPoint) -> None:
        """Enter a position. Raises `StoreError`, `SealError`."""
        journal = self._store.journal
        recipient = journal.recipient()
        if recipient is None:
            journal.add_track_point(point)
            return
        self._waiting.append(point)
        starts = [clip.start_utc_ns for clip in journal.clips(self._recording_id)]
        while starts and self._waiting:
            self._enter(self._waiting.pop(0), min(starts), recipient)

    def close(self) -> None:
        """The recording is over."""
        if self._waiting:
            log.warning("%s positions of a recording without a clip are gone", len(self._waiting))
            self._waiting.clear()

    def _enter(self, point: TrackPoint, start_utc_ns: int, recipient: Recipient) -> None:
        where = (point.latitude_deg, point.longitude_deg, point.at_utc_ns)
        try:
            entry = track.entry_json(track.track_point(*where, start_utc_ns))
        except ProtocolError as error:
            log.error("a position of recording %s is left out: %s", self._recording_id, error)
            return
        if self._document is None:
            self._document = self._begin(recipient)
        track_id, document = self._document
        try:
            self._store.journal.add_sealed_piece(track_id, document.add(entry))
        except StoreError:
            # What comes behind a piece that is not there could not be read: begin anew.
            self._document = None
            raise

    def _begin(self, recipient: Recipient) -> tuple[int, GrowingJson]:
        content_key = ContentKey()
        key_file = wrap(content_key, recipient.public_key_pem, recipient.public_key_id)
        track_id = self._store.journal.begin_sealed_track(self._recording_id, key_file.to_json())
        return track_id, GrowingJson(content_key, track.ENTRIES)
