"""The server's own ledger: what it has signed for, and which ledgers of cameras it holds.

Who uses it: `receipts` and `ledgers` enter, cameras ask for its head and keep it: should the server
ever rewrite what it signed for, each camera that docks sees it. Every method blocks.
"""

from bwv_device.evidence.ledger.entry import Stamp
from bwv_device.evidence.ledger.head import Head, sign_head
from bwv_device.evidence.ledger.keeper import Fact, LedgerKeeper
from bwv_device.evidence.ledger.kinds import ServerKind
from bwv_device.evidence.ledger.ledger import Ledger
from bwv_device.evidence.ledger.read import links_after
from bwv_device.evidence.signer import Signer
from bwv_device.protocol.ledger_head import DIGESTS_MAX, LedgerHead
from bwv_device.version import VERSION
from dock_server.clock import ServerClock
from dock_server.settings import Folders
from dock_server.tables import ReceiptRow

_NS_PER_S = 1_000_000_000


class OwnLedger:
    """From construction to `close`; any thread may call. Only `head` raises."""

    def __init__(
        self, folders: Folders, site_name: str, clock: ServerClock, signer: Signer
    ) -> None:
        self._folder, self._clock, self._signer = folders.ledger, clock, signer
        self._keeper = LedgerKeeper(
            lambda: Ledger.open(folders.ledger, site_name, self._now, signer),
            lambda: self._now().mono_ns,
        )
        self._enter(ServerKind.STARTED, {"version": VERSION})

    def receipt_signed(self, row: ReceiptRow) -> None:
        """A receipt that is about to be given."""
        what = {"device": row.device, "number": row.number, "container": row.container}
        self._enter(ServerKind.RECEIPT, {**what, "sha256": row.sha256})

    def segment_stored(
        self, container: str, segment: int, sha256: str, head: Head, problems: int
    ) -> None:
        """A segment of a camera's ledger, with the head that it leads to."""
        what = {"container": container, "segment": segment, "sha256": sha256}
        where = {"number": head.number, "hash": head.hash, "problems": problems}
        self._enter(ServerKind.SEGMENT_STORED, {**what, **where})

    def head(self, after: int | None) -> LedgerHead:
        """The head, or one on the way to it from entry `after`, signed. Raises `StoreError`."""
        with self._keeper.opened() as ledger:
            ledger.sync()
            newest = stated = ledger.head
            links = [] if after is None else links_after(self._folder, after, DIGESTS_MAX)
            if links:
                stated = Head(newest.ledger, links[-1].number, links[-1].hash)
            signature = sign_head(stated, self._signer)
        return LedgerHead(
            ledger=stated.ledger,
            number=stated.number,
            hash=stated.hash,
            digests=tuple(link.digest.hex() for link in links),
            is_last=stated.number == newest.number,
            signature=signature,
            certificates=self._signer.certificate_chain_pem,
        )

    def close(self) -> None:
        """The server is ended in order."""
        self._enter(ServerKind.ENDED, {})
        self._keeper.close()

    def _enter(self, kind: ServerKind, data: dict[str, object]) -> None:
        """Synced before anybody is answered on the strength of it."""
        self._keeper.enter(Fact(kind, data, self._now()))
        self._keeper.sync()

    def _now(self) -> Stamp:
        mono_ns = round(self._clock.monotonic_s() * _NS_PER_S)
        return Stamp(self._clock.utc_ns(), None, mono_ns)
