"""Sees to it that every clip that is closed has its manifest beside it.

Who uses it: the agent's thread that makes them, and the dock client, which sends none that is
missing. The procedure is numbered in docs/design/manifest.md. A manifest that is there is never
written again, whatever the clip has become since: it says what the clip was.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bwv_device.evidence import durable
from bwv_device.evidence.chain import Unit, read_chain
from bwv_device.evidence.manifest.make import make_manifest
from bwv_device.evidence.manifest.signed import sign_manifest
from bwv_device.evidence.records import Clip, ClipState, EndReason, Recording
from bwv_device.evidence.sidecars import chain_file, sidecar
from bwv_device.evidence.signer import Signer
from bwv_device.evidence.store import Store
from bwv_device.protocol.names import MANIFEST_SUFFIX

log = logging.getLogger(__name__)

_NEW_FILE = "manifest.new"
"""In the store's folder, where it is no clip's; what a cut leaves of it is written over."""
_HAS_ONE = frozenset({ClipState.FINALISED, ClipState.SENDING, ClipState.ACKNOWLEDGED})


class Manifests:
    """The manifests of one store; any thread may call."""

    def __init__(
        self, store: Store, signer: Callable[[], Signer], utc_ns: Callable[[], int]
    ) -> None:
        """`signer` is asked for each one, so that a renewed certificate is used at once."""
        self._store = store
        self._signer = signer
        self._utc_ns = utc_ns
        self._lock = threading.Lock()

    def ensure_all(self) -> Iterator[Path]:
        """Make what is missing; gives each that was made, durable. Raises as `ensure`."""
        for recording in self._store.journal.recordings():
            for clip in self._store.journal.clips(recording.id):
                path = manifest_path(self._store, clip)
                if not path.exists() and self.ensure(clip) is not None:
                    yield path

    def ensure(self, clip: Clip) -> Path | None:
        """The clip's manifest, made if it is not there; None while the clip can have none.

        It has one from when it is closed to when it is freed. One that was cut off waits until
        its recording has a stop too. Raises `StoreError`, `SigningError`, and what the signer is
        had with.
        """
        path = manifest_path(self._store, clip)
        with self._lock:
            if path.exists():
                return path
            clip = self._store.journal.clip(clip.id)
            recording = self._store.journal.recording(clip.recording_id)
            if not self._may_have_one(recording, clip):
                return None
            self._write(path, self._text(recording, clip))
            return path

    def _may_have_one(self, recording: Recording, clip: Clip) -> bool:
        cut_off = clip.end_reason is EndReason.RECOVERED and recording.trigger_off is None
        return clip.state in _HAS_ONE and not cut_off and self._store.path(clip).exists()

    def _text(self, recording: Recording, clip: Clip) -> bytes:
        corrections = self._store.journal.clock_corrections()
        manifest = make_manifest(recording, clip, corrections, self._chain(clip), self._utc_ns())
        return sign_manifest(manifest, self._signer())

    def _chain(self, clip: Clip) -> Sequence[Unit]:
        """The chain that the journal names. Without it, or with another one beside the clip,
        which the check calls wrong, the manifest has none."""
        if clip.chain is None:
            return ()
        path = chain_file(self._store.path(clip))
        with durable.disk_errors("reading", path):
            units = read_chain(path)
        if units and units[-1].chain == clip.chain:
            return units
        log.error("%s: its chain is not the one of the journal: the manifest has none", clip.file)
        return ()

    def _write(self, path: Path, text: bytes) -> None:
        """Whole and durable under its name, or not there."""
        new = self._store.folder / _NEW_FILE
        with durable.disk_errors("writing", path):
            durable.remove(new)
            handle = durable.create_new(new)
            try:
                durable.write_all(handle, text)
                os.fsync(handle)
            finally:
                os.close(handle)
            new.replace(path)
            durable.sync_folder(path.parent)


def manifest_path(store: Store, clip: Clip) -> Path:
    """Where the clip's manifest is, or would be."""
    return sidecar(store.path(clip), MANIFEST_SUFFIX)
