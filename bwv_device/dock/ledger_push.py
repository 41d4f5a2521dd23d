"""Hands the camera's ledger over, and keeps the head of the destination's own: procedure L6 of
docs/design/ledger.md.

Who uses it: `push`, before the recordings and once more behind them.
"""

import logging
from dataclasses import dataclass

from bwv_device.dock.docking import Docking
from bwv_device.dock.errors import ConflictError, DockError
from bwv_device.dock.proof import Expected, verdict
from bwv_device.errors import Kind as ErrorKind
from bwv_device.evidence import durable
from bwv_device.evidence.digests import Digester
from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.identity.credential import parse_certificates
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.trust import check_path, role_of
from bwv_device.evidence.ledger.entry import Stamp
from bwv_device.evidence.ledger.head import Head, is_signed, leads_to
from bwv_device.evidence.ledger.keeper import Fact, LedgerKeeper
from bwv_device.evidence.ledger.kept import Kept
from bwv_device.evidence.ledger.kinds import Kind
from bwv_device.evidence.ledger.ledger import Ledger
from bwv_device.evidence.ledger.segment import segment_file
from bwv_device.protocol import names
from bwv_device.protocol.capabilities import Capability
from bwv_device.protocol.digest import REPR_DIGEST, repr_digest
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.keys import ObjectKey
from bwv_device.protocol.ledger_head import AFTER, LedgerHead, parse_ledger_head
from bwv_device.protocol.roles import DestinationRole

log = logging.getLogger(__name__)

BUDGET_BYTES = 64 << 20
"""Segments that a destination holds are removed, the oldest first, when all are more than this:
some weeks of a camera that is never off."""
STEPS_MAX = 500
"""Documents of digests in one round; a million entries."""


def hand_over_ledger(docking: Docking) -> None:
    """Bring out what there is, to a destination that takes it. Raises `DockError` for what ends the
    round; everything else is told."""
    if docking.ledger is None or Capability.STORE_LEDGER not in docking.capabilities:
        return
    try:
        _LedgerPush(docking, docking.ledger).run()
    except (DockError, ProtocolError, StoreError) as error:
        if isinstance(error, DockError) and error.ends_round:
            raise
        docking.tally.failed(error)


@dataclass
class _LedgerPush:
    docking: Docking
    ledger: LedgerKeeper

    def run(self) -> None:
        # What was told of this visit up to now belongs into what goes up.
        self.ledger.catch_up()
        with self.ledger.opened() as opened:
            opened.close_segment()
            self._folder, segments = opened.folder, opened.closed_segments()
            self._container = names.ledger_container(self.docking.identity.serial, opened.id)
        self._kept = Kept(self._folder, self.docking.memory.binding)
        for number in segments:
            if number not in self._kept.held:
                self._send(number)
        with self.ledger.opened() as opened:
            self._make_room(opened)
        self._meet_server()

    def _send(self, number: int) -> None:
        path = segment_file(self._folder, number)
        with durable.disk_errors("reading", path):
            data = path.read_bytes()
        digester = Digester()
        digester.update(data)
        digests = digester.result()
        try:
            answer = self.docking.destination.put(
                *(self._container, names.ledger_object(number)),
                {ObjectKey.SHA256: digests.sha256},
                data,
                {
                    "Content-Type": "application/jsonl",
                    "ETag": digests.md5,
                    REPR_DIGEST: repr_digest(digests.sha256),
                },
                lambda: self.docking.destination.create_container(self._container, {}),
            )
        except ConflictError as error:
            self._expose(f"it holds another segment {number} of this ledger ({error})")
            return
        expected = Expected(digests.sha256, digests.md5, digests.bytes)
        if verdict(answer.headers, expected).proof is None:
            text = f"segment {number} of the ledger was taken without proof, and stays here"
            self.docking.tally.problem(ErrorKind.FAULT, text)
            return
        self._kept.hold(number)

    def _make_room(self, opened: Ledger) -> None:
        """Only what is held, and only what is beyond the budget."""
        sizes = {
            number: segment_file(self._folder, number).stat().st_size
            for number in opened.closed_segments()
        }
        left = sum(sizes.values())
        for number, size_bytes in sorted(sizes.items()):
            if left <= BUDGET_BYTES or number not in self._kept.held:
                return
            with durable.disk_errors("removing", self._folder):
                durable.remove(segment_file(self._folder, number))
            left -= size_bytes

    def _meet_server(self) -> None:
        """Follow the destination's own ledger from the head that was kept to the newest one."""
        for _ in range(STEPS_MAX):
            stated = self._ask()
            if stated is None:
                return
            head = Head(stated.ledger, stated.number, stated.hash)
            if problem := self._distrust(stated, head):
                self.docking.tally.problem(ErrorKind.FAULT, problem)
                return
            if not self._follow(stated, head) or stated.is_last:
                return

    def _ask(self) -> LedgerHead | None:
        kept = self._kept.server
        headers = {AFTER: str(kept.number)} if kept else None
        answer = self.docking.destination.read(names.SYSTEM, names.LEDGER_HEAD_OBJECT, headers)
        if answer is None and kept is not None:
            self._expose("it states no ledger of its own any more")
        return None if answer is None else parse_ledger_head(answer.body)

    def _follow(self, stated: LedgerHead, head: Head) -> bool:
        """Whether it was right to go on to `head`."""
        kept = self._kept.server
        digests = [bytes.fromhex(digest) for digest in stated.digests]
        if kept is not None and not leads_to(kept, digests, head):
            was = f"entry {kept.number} ({kept.hash[:16]})"
            now = f"it is now at {head.number} of {head.ledger}"
            self._expose(f"its own ledger does not go on from {was} that it stated before: {now}")
            return False
        if head != kept:
            self._kept.keep(head)
            told = {"ledger": head.ledger, "number": head.number, "hash": head.hash}
            self._enter(Kind.SERVER_HEAD, told)
        return True

    def _distrust(self, stated: LedgerHead, head: Head) -> str:
        """Why the head is not the destination's; empty where it is."""
        if not is_signed(head, stated.signature, stated.certificates):
            return "the head of the destination's ledger is not signed: it is not kept"
        try:
            chain = parse_certificates(stated.certificates)
            check_path(chain, self.docking.receipt_anchors)
            role = role_of(chain[0])
        except IdentityError as error:
            return f"the head of the destination's ledger is signed by nobody we trust: {error}"
        if not isinstance(role, DestinationRole):
            return f"the head of the destination's ledger is signed by {role}: it is not kept"
        return ""

    def _expose(self, what: str) -> None:
        """One of the two has rewritten its history; a person has to find out which."""
        text = f"{what}; nothing is overwritten on either side: keep both and compare them"
        self._enter(Kind.SERVER_REWROTE, {"text": text})
        self.docking.tally.problem(
            ErrorKind.FAULT, f"this camera and its destination do not agree: {text}"
        )

    def _enter(self, kind: Kind, data: dict[str, object]) -> None:
        now = self.docking.clock.utc_reading()
        self.ledger.enter(Fact(kind, data, Stamp(now.utc_ns, now.error_ns, now.monotonic_ns)))
