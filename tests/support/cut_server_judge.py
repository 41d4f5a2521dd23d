"""Looks at a server's disk after a power cut: does it keep what its clients were promised?

Run by the rig for each crash state, as `python -m tests.support.cut_server_judge PROMISES FOLDER
RESULTS`, with the disk at $MNT and how many promises hold at $ACKED. It starts the server twice, as
two starts would be, asks it, reads its disk, and adds one line to RESULTS. The exit code is 0 when
all is well.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bwv_device.errors import BwvError
from bwv_device.protocol.resumable import UPLOAD_OFFSET
from dock_server.clock import SYSTEM_CLOCK
from dock_server.reconcile import reconcile
from dock_server.services import open_services
from dock_server.settings import ServerSettings
from tests.destination.in_process import CREDENTIALS, InProcess
from tests.destination.wire import Wire
from tests.support.dock_disks import Files, not_given, receipts_in
from tests.support.promises import Promise, read_promises


@dataclass
class ServerJudgement:
    """One crash state. The lists are in words, and empty when all is well."""

    promised: int
    """Promises that held at the cut."""
    objects: int = 0
    """Objects among them."""
    receipts: int = 0
    """Receipts that the server has, promised or not."""
    lost: list[str] = field(default_factory=list)
    """Objects that were answered for, and that the server does not give byte for byte."""
    unfounded: list[str] = field(default_factory=list)
    """Objects of receipts that the disk does not give."""
    disagreements: list[str] = field(default_factory=list)
    """Anything else that was promised and is not kept, and starts that find more to do."""

    @property
    def is_well(self) -> bool:
        return not (self.lost or self.unfounded or self.disagreements)


def judge(folder: Path, promises: list[Promise]) -> ServerJudgement:
    """Start, ask, stop, start again. Raises `BwvError` when the server does not start."""
    told = ServerJudgement(len(promises))
    server = InProcess(folder)
    try:
        for promise in promises:
            told.objects += promise["kind"] == "object"
            kept = _KEPT[promise["kind"]](server.wire, promise)
            if not kept:
                where = told.lost if promise["kind"] == "object" else told.disagreements
                where.append(f"not kept: {promise}")
    finally:
        server.close()
    receipts = receipts_in(folder)
    told.receipts = len(receipts)
    told.unfounded += not_given(folder, receipts, Files())
    told.disagreements += _second_start(folder)
    return told


def _object(wire: Wire, promise: Promise) -> bool:
    answer = wire.get(promise["container"], promise["name"])
    return hashlib.sha256(answer.body).hexdigest() == promise["sha256"]


def _complete(wire: Wire, promise: Promise) -> bool:
    answer = wire.head(promise["container"])
    return answer.headers.get("x-container-meta-status") == "Complete"


def _receipt(wire: Wire, promise: Promise) -> bool:
    """The very same text, however often it is asked for."""
    return wire.get(promise["container"], "receipt.json").body.decode() == promise["text"]


def _offset(wire: Wire, promise: Promise) -> bool:
    """At least so far; a finished upload is an object by now."""
    answer = wire.ask("HEAD", promise["upload"])
    return int(answer.headers.get(UPLOAD_OFFSET.lower(), "-1")) >= promise["offset"]


_KEPT: dict[str, Callable[[Wire, Promise], bool]] = {
    "object": _object,
    "complete": _complete,
    "receipt": _receipt,
    "offset": _offset,
}


def _second_start(folder: Path) -> Iterator[str]:
    services = open_services(ServerSettings(folder, CREDENTIALS), SYSTEM_CLOCK)
    try:
        found = reconcile(services.catalogue, services.folders)
    finally:
        services.catalogue.close()
    if found.removed_temporary or found.set_aside or found.missing:
        yield f"another start finds more to do: {found}"


def main(lines: Path, folder: str, results: Path) -> int:
    """See the module."""
    count = int(os.environ["ACKED"] or 0)
    try:
        told = judge(Path(os.environ["MNT"]) / folder, read_promises(lines, count))
    except BwvError as error:
        told = ServerJudgement(count, disagreements=[f"the server does not start: {error}"])
    with results.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(told)) + "\n")
    print(*told.lost, *told.unfounded, *told.disagreements, sep="\n")
    return 0 if told.is_well else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
