"""Which recordings go first: those that the wearer marked.

Who uses it: `push` for the order, `sending` for what the destination is told. A bookmark is the one
mark that the camera has for "this matters"; of makers' cameras, "critical events first" is known.
"""

from collections.abc import Sequence

from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import Recording


def is_marked(journal: Journal, recording: Recording) -> bool:
    """Whether the wearer set a bookmark in it."""
    return bool(journal.bookmarks(recording.id))


def marked_first(journal: Journal, recordings: Sequence[Recording]) -> list[Recording]:
    """The marked ones, then the others, both in the order in which they come."""
    return sorted(recordings, key=lambda recording: not is_marked(journal, recording))
