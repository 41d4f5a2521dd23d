"""Whether the card has room for footage, and what may be freed to get it.

Who uses it: the keeper, at each trigger and each key frame.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from bwv_device.evidence.errors import StoreError, StoreFullError
from bwv_device.evidence.records import Clip
from bwv_device.evidence.room import free_acknowledged
from bwv_device.evidence.store import Store
from bwv_device.media.messages import RoomMade
from hal.errors import HalError

log = logging.getLogger(__name__)


class CardRoom:
    """The reserve of one card."""

    def __init__(
        self,
        store: Store,
        free_bytes: Callable[[Path], int],
        reserve_bytes: int,
        report: Callable[[RoomMade], None],
    ) -> None:
        self._store, self._free_bytes, self._report = store, free_bytes, report
        self._reserve_bytes = reserve_bytes

    def require(self) -> None:
        """Raises `StoreFullError` when less is free than has to stay free, also after what a
        destination holds was freed."""
        try:
            if self._has_room():
                return
            self._make_room()
            if not self._has_room():
                raise self._full()
        except HalError as error:
            # A gauge that fails is no reason not to record; a card that is full says so itself.
            log.error("the free space can't be read: %s", error)

    def _make_room(self) -> None:
        freed: list[Clip] = []
        try:
            for clip in free_acknowledged(self._store, self._has_room):
                freed.append(clip)
        except StoreError as error:
            log.error("what a destination holds can't be freed: %s", error)
        finally:
            if freed:
                size_bytes = sum(clip.bytes or 0 for clip in freed)
                self._report(RoomMade(tuple(clip.file for clip in freed), size_bytes))

    def _has_room(self) -> bool:
        return self._free_bytes(self._store.folder) >= self._reserve_bytes

    def _full(self) -> StoreFullError:
        free_mb = self._free_bytes(self._store.folder) / 1e6
        return StoreFullError(
            f"{free_mb:.1f} MB are free, {self._reserve_bytes / 1e6:.1f} MB have to stay free: "
            "dock the camera so that its clips are taken over; nothing was deleted that no "
            "server holds"
        )
