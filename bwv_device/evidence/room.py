"""Makes room on the card: with clips that a destination holds, and with no other ever.

Who uses it: the recorder and the fault watch, when less is free than has to stay free.
"""

from collections.abc import Callable, Iterator

from bwv_device.evidence.errors import IllegalStepError
from bwv_device.evidence.records import Clip, ClipState
from bwv_device.evidence.store import Store


def free_acknowledged(store: Store, is_enough: Callable[[], bool]) -> Iterator[Clip]:
    """Free clips that a destination has acknowledged, the oldest first, until `is_enough`, which
    is asked before each; gives each that was freed. A docking that was cut off leaves such
    clips, and one that runs may free them at the same time. One that waits for the destination's
    receipt stays.

    Raises `StoreError`.
    """
    for clip in store.journal.clips(state=ClipState.ACKNOWLEDGED):
        if clip.awaits_receipt:
            continue
        if is_enough():
            return
        try:
            yield store.purge(clip)
        except IllegalStepError:
            continue
