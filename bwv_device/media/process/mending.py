"""What the agent does about the store when the media process has died.

Who uses it: the supervisor, before a new process is told to record: so the journal says
`recording` of nothing but what the dead one left.
"""

import logging
from collections.abc import Callable

from bwv_device.errors import BwvError
from bwv_device.evidence.errors import StoreFullError
from bwv_device.evidence.records import Clip
from bwv_device.evidence.repair import repair_behind_recorder
from bwv_device.evidence.store import Store
from bwv_device.media.messages import ClipClosed, Report, WritingFailed
from bwv_device.media.process.wishes import Wishes
from hal.interfaces.clock import NS_PER_S

log = logging.getLogger(__name__)


def mend(store: Store, wishes: Wishes, report: Callable[[Report], None]) -> None:
    """Keep what is whole of every clip that was cut off, and enter the stops that the dead
    process may not have entered. A card that fails is reported."""
    try:
        _enter_ends(store, wishes)
        for clip in repair_behind_recorder(store, wishes.goes_on):
            report(_closed(clip))
    except BwvError as error:
        log.error("what the recorder left could not be repaired: %s", error)
        report(WritingFailed(str(error), isinstance(error, StoreFullError)))


def _enter_ends(store: Store, wishes: Wishes) -> None:
    for recording_id, (trigger_ns, end) in wishes.ends().items():
        recording = store.journal.recording(recording_id)
        at_utc_ns = recording.trigger_on_utc_ns - trigger_ns + end.stop_ns
        store.journal.end_recording(recording_id, end.reason, at_utc_ns)


def _closed(clip: Clip) -> ClipClosed:
    assert clip.end_reason is not None, "a clip that was repaired has one"
    return ClipClosed(
        clip.file,
        clip.end_reason,
        (clip.duration_ns or 0) / NS_PER_S,
        clip.frames or 0,
        clip.frames_dropped or 0,
    )
