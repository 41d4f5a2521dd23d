"""Fills a store the way the recorder does, without a camera.

Used by tests of the store, the dock client and the commands.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bwv_device.evidence import durable
from bwv_device.evidence.boxes import whole_boxes
from bwv_device.evidence.chain import read_chain
from bwv_device.evidence.clip_form import form_of
from bwv_device.evidence.digests import digest_file
from bwv_device.evidence.journal import FILE_NAME
from bwv_device.evidence.records import (
    Clip,
    ClipResult,
    EndReason,
    NewClip,
    NewRecording,
    Recording,
)
from bwv_device.evidence.sidecars import chain_file
from bwv_device.evidence.store import Store
from tests.support.clips import FRAME_NS, clip_bytes

S = 1_000_000_000
TRIGGER_UTC_NS = 1_795_465_260 * S

NEW_RECORDING = NewRecording(
    user_id="0b9f3a52-6f0d-4f0e-9f55-3a1c5d1f8a10",
    user_name="PC 4711",
    serial="BWV-0001",
    model="BWV Prototype",
    firmware_version="0.1.0",
    trigger_on="DoublePress",
    trigger_on_utc_ns=TRIGGER_UTC_NS,
    pre_record_asked_ns=5 * S,
    time_zone="Europe/London",
)


def new_clip(
    recording: Recording, number: int = 1, *, start_s: int = 0, sealed: bool = False
) -> NewClip:
    """What the recorder says of clip `number`; `start_s` counts from the trigger."""
    return NewClip(
        recording_id=recording.id,
        number=number,
        start_utc_ns=recording.trigger_on_utc_ns + start_s * S,
        pre_record_delivered_ns=0,
        pre_record_short_reason="started from standby, where nothing is kept",
        frame_ns=FRAME_NS,
        sealed=sealed,
    )


def begin(store: Store, *, trigger_s: int = 0) -> Recording:
    """A recording that began `trigger_s` behind `TRIGGER_UTC_NS`."""
    trigger_utc_ns = TRIGGER_UTC_NS + trigger_s * S
    return store.begin_recording(replace(NEW_RECORDING, trigger_on_utc_ns=trigger_utc_ns))


def parts(data: bytes) -> Iterator[bytes]:
    """The head of a clip, then each whole fragment."""
    start = 0
    for box in whole_boxes(memoryview(data)):
        if box.type in {b"moov", b"mdat"}:
            yield data[start : box.end]
            start = box.end


def write_file(path: Path, data: bytes) -> None:
    """Write a clip's file part by part, each synced, as the recorder does."""
    handle = durable.create_new(path)
    try:
        durable.sync_folder(path.parent)
        for part in parts(data):
            durable.write_all(handle, part)
            os.fdatasync(handle)
    finally:
        os.close(handle)


def finalise(store: Store, clip: Clip, reason: EndReason = EndReason.STOP) -> Clip:
    """recording -> finalised, with what is in the file."""
    path = store.path(clip)
    found, digests = form_of(clip.sealed).scan(path), digest_file(path)
    chain = read_chain(chain_file(path))
    result = ClipResult(
        end_reason=reason,
        duration_ns=found.duration_ns,
        frames=found.frames,
        frames_dropped=0,
        bytes=digests.bytes,
        sha256=digests.sha256,
        md5=digests.md5,
        chain=chain[-1].chain if chain else None,
    )
    store.journal.finalise_clip(clip.id, result)
    return store.journal.clip(clip.id)


def record(store: Store, data: bytes | None = None, *, trigger_s: int = 0) -> Clip:
    """A whole recording of one clip; it is finalised."""
    recording = begin(store, trigger_s=trigger_s)
    clip = store.open_clip(recording, new_clip(recording))
    write_file(store.path(clip), clip_bytes(3.0) if data is None else data)
    clip = finalise(store, clip)
    store.journal.end_recording(
        recording.id, "LongPress", recording.trigger_on_utc_ns + (clip.duration_ns or 0)
    )
    return clip


def cut_off(store: Store, data: bytes, *, trigger_s: int = 0) -> Clip:
    """A recording of one clip, of which `data` is what a cut left on the disk."""
    recording = begin(store, trigger_s=trigger_s)
    clip = store.open_clip(recording, new_clip(recording))
    store.path(clip).write_bytes(data)
    return clip


def deliver(store: Store, clip: Clip, destination: str = "A destination") -> Clip:
    """finalised -> sending -> acknowledged."""
    store.journal.begin_sending(clip.id)
    store.journal.acknowledge(clip.id, destination)
    return store.journal.clip(clip.id)


def damage_clip_rows(folder: Path) -> None:
    """Write nonsense over the root of the clips' table, in the journal of a closed store. The
    description of the tables stays: without it the file would be no journal at all."""
    path = folder / FILE_NAME
    with closing(sqlite3.connect(path)) as raw:
        (page,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'clip'").fetchone()
        (page_bytes,) = raw.execute("PRAGMA page_size").fetchone()
    data = bytearray(path.read_bytes())
    data[(page - 1) * page_bytes : page * page_bytes] = os.urandom(page_bytes)
    path.write_bytes(data)
