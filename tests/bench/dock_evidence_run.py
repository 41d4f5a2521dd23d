"""The whole recorder in one process, with all that evidence costs or with none of it.

Used by `dock_evidence_cost`, which runs `main` in a process of its own. `all` signs with the
camera's own key, seals, chains and hashes, and takes the time of that on the keeper's thread;
`none` leaves all four out, the digests of the store included.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bwv_device.evidence.digests import Digester
from bwv_device.evidence.fragments import Mark
from bwv_device.evidence.identity import load_or_create
from bwv_device.evidence.sealing.cipher import UnitBytes, clear_unit
from bwv_device.evidence.store import Store
from bwv_device.media.clip_chain import ClipChain
from bwv_device.media.fragment_file import FragmentFile
from bwv_device.media.interpreter import favour_encoder
from bwv_device.media.picture_signing import PictureSigning
from bwv_device.media.signers import OpenSigner
from tests.bench.recorder_footage import SIZES
from tests.bench.recorder_record import Recorded, record
from tests.support.sealing import recipient

MODES = ("none", "all")


@dataclass
class Cost:
    """Of evidence, in one run."""

    cpu_s: float = 0.0
    """On the keeper's thread, inside what signs, seals, chains and hashes."""
    sealing_bytes: int = 0
    """By which boxes of no content and closing blocks make the file longer."""
    signings: dict[int, PictureSigning] = field(default_factory=dict)

    def timed(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any, **more: Any) -> Any:
            began_s = time.thread_time()
            try:
                return real(*values, **more)
            finally:
                self.cpu_s += time.thread_time() - began_s

        return call

    def giving(self, real: Callable[..., bytes]) -> Callable[..., bytes]:
        timed = self.timed(real)

        def call(signing: PictureSigning, *values: Any, **more: Any) -> bytes:
            self.signings[id(signing)] = signing
            return bytes(timed(signing, *values, **more))

        return call

    def making(self, real: Callable[..., tuple[UnitBytes, Mark]]) -> Callable[..., Any]:
        timed = self.timed(real)

        def call(file: FragmentFile, part: bytes) -> tuple[UnitBytes, Mark]:
            unit, mark = timed(file, part)
            self.sealing_bytes += unit.clear_bytes - len(part)
            return unit, mark

        return call


def run_all(run: Callable[..., Recorded]) -> dict[str, float]:
    """A run with everything."""
    cost = Cost()
    with (
        patch.object(PictureSigning, "give", cost.giving(PictureSigning.give)),
        patch.object(FragmentFile, "_made", cost.making(FragmentFile._made)),
        patch.object(FragmentFile, "_hash", cost.timed(FragmentFile._hash)),
        patch.object(ClipChain, "sync", cost.timed(ClipChain.sync)),
    ):
        recorded = run(prepare=_prepared)
    signed = sum(one.signed_bytes for one in cost.signings.values())
    made = {"signed_bytes": signed, "sealing_bytes": cost.sealing_bytes}
    return asdict(recorded) | made | {"evidence_cpu_s": cost.cpu_s}


def run_none(run: Callable[..., Recorded]) -> dict[str, float]:
    """A run with nothing: the clip lies there, and nobody knows its digests."""
    with (
        patch.object(FragmentFile, "_made", lambda _file, part: (clear_unit(part), _NO_MARK)),
        patch.object(FragmentFile, "_hash", lambda file, unit, _mark: _count(file, unit)),
    ):
        return asdict(run())


_NO_MARK = Mark(0, 0, 0)


def _count(file: FragmentFile, unit: UnitBytes) -> None:
    digester: Digester = file._digester
    digester._bytes += len(unit.stored)


def _prepared(store: Store) -> OpenSigner:
    store.journal.accept_recipient(recipient(), 0)
    signer = load_or_create(store.folder, "BENCH-1", "Bench").signer
    return lambda: signer


def main() -> None:
    """MODE SIZE PICTURES SOUND FOLDER FRAMES; the result as JSON."""
    favour_encoder()
    mode, name, pictures, sound, folder, frames = sys.argv[1:]
    size = next(size for size in SIZES if size.name == name)

    def run(**more: Any) -> Recorded:
        return record(size, Path(pictures), Path(sound), Path(folder), int(frames), **more)

    print(json.dumps({"all": run_all, "none": run_none}[mode](run)))
