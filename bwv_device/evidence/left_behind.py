"""What an earlier run left in the store, as the journal and the folders tell it.

Who uses it: the start-up repair, which finds it at once and puts it right later; and the repair
behind a recorder that has died meanwhile, which leaves it alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from bwv_device.evidence.records import Clip


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Found before anything new was recorded: so nothing new is in it."""

    clips: frozenset[int] = frozenset()
    """Those in `recording`."""
    recordings: frozenset[int] = frozenset()
    """Those without a stop."""
    files: tuple[Path, ...] = ()
    """Those that the journal does not know."""

    def with_adopted(self, clips: Iterable[Clip]) -> "LeftBehind":
        """With files that are clips in `recording` now."""
        adopted = tuple(clips)
        return replace(
            self,
            clips=self.clips | {clip.id for clip in adopted},
            recordings=self.recordings | {clip.recording_id for clip in adopted},
            files=(),
        )


NOTHING = LeftBehind()
