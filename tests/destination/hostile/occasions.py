"""What no single request makes: a disk that is full, and two docks that bring the same clip.

Used by the tests and the long test of hostile input. Each says in words what was wrong.
"""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bwv_device.configuration.keeping import Dock
from bwv_device.dock.events import NextTry
from bwv_device.dock.push import push_all
from bwv_device.evidence.store import Store
from hal import registry
from tests.destination.hostile.arena import CLIP, CONTAINER, Arena, arena
from tests.destination.hostile.attacks import Attack
from tests.destination.hostile.judge import attacked
from tests.destination.hostile.sending import put, say
from tests.support.dock_disks import Disks
from tests.support.footage import IDENTITY, add_recording
from tests.support.small_disk import SmallDisk, small_disk

LEFT_BYTES = 256 * 1024
"""Less than the reserve, so that nothing is taken; what is stored already can be read."""
LARGE_BYTES = 4_000_000_000
"""Below what one object may have: only the disk says no."""
CLIPS, CLIP_BYTES = 2, 2_000_000
TRIES_MOST = 50


def full_disk() -> list[str]:
    """A full disk refuses what is declared and what is sent; with room, all is well again."""
    with small_disk() as disk, arena(disk.folder / "dock") as stage:
        declared = {"Content-Length": str(LARGE_BYTES), "Connection": "close"}
        body = os.urandom(100_000)
        length = {"Content-Length": str(len(body)), "Connection": "close"}

        def large(stage: Arena) -> list[int]:
            return _while_full(disk, stage, put(stage, CONTAINER, CLIP, declared))

        def small(stage: Arena) -> list[int]:
            return _while_full(disk, stage, put(stage, CONTAINER, CLIP, length), body)

        return [
            f"{attack}: {wrong}"
            for attack in (
                Attack("full disk", "4 GB declared", large, frozenset({507}), '"status": 507'),
                Attack("full disk", "a clip", small, frozenset({507}), '"status": 507'),
            )
            for wrong in attacked(stage, attack)
        ]


def _while_full(disk: SmallDisk, stage: Arena, *parts: bytes) -> list[int]:
    disk.fill(LEFT_BYTES)
    try:
        return say(stage, *parts)
    finally:
        disk.empty()


def two_docks(folder: Path) -> list[str]:
    """The same recording comes from two docks at once: both get rid of it, it is there once."""
    first, second = folder / "first", folder / "second"
    store = Store.open(first)
    add_recording(store, 0, CLIPS, CLIP_BYTES)
    store.close()
    shutil.copytree(first, second)
    with arena(folder / "dock") as stage, ThreadPoolExecutor(2) as pool:
        left = list(pool.map(_push, (first, second), (stage, stage)))
        return [*_wrong(left), *_found(first, stage), *_found(second, stage)]


def _push(folder: Path, stage: Arena) -> int:
    """Until nothing is left, or in vain; the clips that are left."""
    store, clock = Store.open(folder), registry.open_clock()
    settings = Dock(retry_first_s=0.05, retry_most_s=0.5)
    try:
        for _ in range(TRIES_MOST):
            summary = push_all(
                store, stage.connection, clock, IDENTITY, lambda _event: None, settings=settings
            )
            if summary.next_try is NextTry.NOT_NEEDED:
                break
        return summary.clips_left
    finally:
        store.close()


def _wrong(left: list[int]) -> Iterator[str]:
    if any(left):
        yield f"clips left on the two cameras: {left}"


def _found(camera: Path, stage: Arena) -> Iterator[str]:
    disks = Disks(camera, stage.folder)
    for kind, texts in vars(disks.compare()).items():
        yield from (f"{kind}: {text}" for text in texts)
    if disks.held() != CLIPS:
        yield f"the server has {disks.held()} of {CLIPS} clips"
