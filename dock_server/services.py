"""Everything that a request may need, built once and handed to the handlers.

Who uses it: `serve` and the tests build one; handlers find it under `SERVICES`.
"""

from dataclasses import dataclass

from aiohttp import web

from bwv_device.evidence.durable import write_all
from bwv_device.protocol.capabilities import ALL_CAPABILITIES, OURS, Capabilities
from bwv_device.protocol.categories import categories_json
from bwv_device.protocol.names import CAPABILITIES_OBJECT, CATEGORIES_OBJECT
from dock_server.auth import TokenBook
from dock_server.authority.authority import Authority
from dock_server.authority.receipts import receipt_key_of
from dock_server.catalogue import Catalogue
from dock_server.clock import ServerClock
from dock_server.containers import Containers
from dock_server.deposit import Write
from dock_server.intake import Intake
from dock_server.ledgers import Ledgers
from dock_server.line import Line
from dock_server.open_partials import OpenPartials
from dock_server.own_ledger import OwnLedger
from dock_server.receipt_signer import ReceiptKey, own_receipt_key
from dock_server.receipts import Receipts
from dock_server.reconcile import make_folders, reconcile
from dock_server.settings import Folders, ServerSettings
from dock_server.space import FreeBytes, SpaceBook, free_bytes
from dock_server.transfers import Transfers
from dock_server.upload_book import UploadBook
from dock_server.uploads import UploadSlots


@dataclass(frozen=True, slots=True)
class Services:
    """One server's parts. Those that block are marked so in their own docstrings."""

    settings: ServerSettings
    folders: Folders
    clock: ServerClock
    catalogue: Catalogue
    containers: Containers
    intake: Intake
    receipts: Receipts
    ledgers: Ledgers
    own_ledger: OwnLedger
    receipt_anchor_pem: str
    """The certificates that stand behind the receipts."""
    authority: Authority | None
    """None: plain HTTP for this machine, and the account's key."""
    tokens: TokenBook
    slots: UploadSlots
    line: Line
    uploads: UploadBook
    partials: OpenPartials
    transfers: Transfers
    space: SpaceBook
    documents: dict[str, bytes]
    """The objects in `System` that the server itself writes, by name."""

    def close(self) -> None:
        """Close the files, the ledger and the catalogue."""
        self.partials.close()
        self.own_ledger.close()
        self.catalogue.close()


_CAPABILITIES = Capabilities(ALL_CAPABILITIES.supported | OURS)
SERVICES = web.AppKey("services", Services)


def open_services(
    settings: ServerSettings,
    clock: ServerClock,
    write: Write = write_all,
    free: FreeBytes = free_bytes,
) -> Services:
    """Open the directory, reconcile it, and build the parts. Blocks.

    Raises `StartError`, `CatalogueError` or `OSError`.
    """
    folders = Folders(settings.directory)
    make_folders(folders)
    catalogue = Catalogue(folders.catalogue)
    reconcile(catalogue, folders)
    uploads = UploadBook(catalogue, folders, clock, settings.limits, write)
    uploads.reconcile()
    containers = Containers(catalogue, folders, clock)
    containers.create_fixed()
    authority = Authority.open(folders.root, clock) if Authority.is_in(folders.root) else None
    receipt_key = _receipt_key(authority, folders, settings.site_name)
    # A key of its own: a signer is for one thread at a time.
    ledger_signer = _receipt_key(authority, folders, settings.site_name).signer
    own_ledger = OwnLedger(folders, settings.site_name, clock, ledger_signer)
    anchors = () if authority is None else (authority.certificate,)
    ledgers = Ledgers(catalogue, folders, own_ledger, anchors)
    ledgers.catch_up_all()
    return Services(
        settings=settings,
        folders=folders,
        clock=clock,
        catalogue=catalogue,
        containers=containers,
        intake=Intake(catalogue, folders, clock, write, registered=ledgers.stored),
        receipts=Receipts(
            *(catalogue, folders, clock, receipt_key.signer, settings.site_name),
            signed=own_ledger.receipt_signed,
        ),
        ledgers=ledgers,
        own_ledger=own_ledger,
        receipt_anchor_pem=receipt_key.anchor_pem,
        slots=UploadSlots(),
        line=Line(settings.limits.uploads_max, settings.limits.line_wait_s),
        uploads=uploads,
        partials=OpenPartials(uploads),
        transfers=Transfers(),
        authority=authority,
        tokens=TokenBook(
            *(settings.credentials, settings.limits, clock),
            passwords=settings.passwords or authority is None,
        ),
        space=SpaceBook(folders.root, settings.limits.reserve_bytes, free),
        documents={
            CAPABILITIES_OBJECT: _CAPABILITIES.to_json(),
            CATEGORIES_OBJECT: categories_json(settings.categories),
        },
    )


def _receipt_key(authority: Authority | None, folders: Folders, site_name: str) -> ReceiptKey:
    """Below the authority where there is one, else below a root of the server's own."""
    if authority is None:
        return own_receipt_key(folders, site_name)
    return receipt_key_of(authority, folders, site_name)
