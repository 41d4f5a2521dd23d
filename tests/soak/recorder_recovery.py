"""What a start costs when an hour of footage was cut off: before the camera is ready, and after.

A part of `scripts/soak recorder`. The footage is small pictures, so the fragments are as many as in
an hour of any other and the bytes are fewer: both speeds are told apart.
"""

import os
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from bwv_device.evidence import durable
from bwv_device.evidence.digests import digest_file
from bwv_device.evidence.fragments import scan
from bwv_device.evidence.records import ClipState
from bwv_device.evidence.repair import look, put_right
from bwv_device.evidence.store import Store
from tests.bench.report import Row
from tests.bench.settings import Settings
from tests.support.clips import clip_bytes
from tests.support.stores import begin, new_clip, parts

FRAGMENTS_AN_HOUR = 7200
"""Two a second."""
BYTES_PER_MB = 1_000_000


def rows(settings: Settings) -> list[Row]:
    """One clip that was cut off, and one start on it."""
    fragments = round(settings.length_s(FRAGMENTS_AN_HOUR))
    with tempfile.TemporaryDirectory(prefix="bwv-recovery-") as folder:
        store = Store.open(Path(folder))
        path = _cut_off(store, fragments)
        scan_s, hash_s = _timed(lambda: scan(path)), _timed(lambda: digest_file(path))
        size = path.stat().st_size
        look_s = _timed(lambda: look(store))
        right_s = _timed(lambda: list(put_right(store)))
        states = [clip.state for clip in store.journal.clips()]
        store.close()
    mended = states == [ClipState.FINALISED]
    return [
        Row("recovery: fragments that were cut off", fragments),
        Row("recovery: clips made whole", int(mended), limit=1, ok=mended),
        Row("recovery: before the camera is ready (baseline: with all that follows)", look_s, "s",
            baseline=look_s + right_s, ok=look_s < right_s),
        Row("recovery: fragments scanned a second", fragments / scan_s, "1/s"),
        Row("recovery: hashed (SHA-256 and MD5)", size / BYTES_PER_MB / hash_s, "MB/s"),
    ]  # fmt: skip


def _cut_off(store: Store, fragments: int) -> Path:
    """A clip in `recording` of so many whole fragments and a torn one."""
    recording = begin(store)
    clip = store.open_clip(recording, new_clip(recording))
    head, *body = parts(clip_bytes(10.0))
    path = store.path(clip)
    handle = durable.create_new(path)
    try:
        durable.write_all(handle, head)
        for _, part in zip(range(fragments), cycle(body), strict=False):
            durable.write_all(handle, part)
        durable.write_all(handle, body[0][:-100])
        os.fsync(handle)
    finally:
        os.close(handle)
    return path


def _timed(work: Callable[[], object]) -> float:
    began_s = time.monotonic()
    work()
    return time.monotonic() - began_s
