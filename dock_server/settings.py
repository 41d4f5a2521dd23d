"""What the server is set up with, and where things lie in its directory.

Who uses it: everything in `dock_server`; `cli` fills it from the command line.
"""

from dataclasses import dataclass
from pathlib import Path

from bwv_device.protocol.categories import DEFAULT_CATEGORIES, Category

AUTH_PATH = "/auth/v1.0"
STORAGE_PATH = "/v1/bwv"
"""`/v1/{account}`; clients take it from `X-Storage-Url` and never build it."""

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may ask of the server."""

    object_max_bytes: int = 5 * 1024 * MIB
    """A plain Swift store refuses more than 5 GiB in one object too."""
    uploads_max: int = 32
    token_life_s: float = 900.0
    """15 min, as the API's example server gives."""
    tokens_max: int = 1000
    idle_s: float = 60.0
    """How long a body may pause before the upload is given up."""
    reserve_bytes: int = 64 * MIB
    """Room that uploads leave on the disk, for the catalogue and the log."""
    batch_bytes: int = MIB // 2
    """How much of a body is hashed and written in one go, in a thread."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The account's name and key."""

    user_name: str
    key: str


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """One server."""

    directory: Path
    credentials: Credentials
    site_name: str = "Local dock"
    categories: tuple[Category, ...] = DEFAULT_CATEGORIES
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class Folders:
    """Where things lie under the server's directory; all on one file system."""

    root: Path

    @property
    def content(self) -> Path:
        """`<container>/<object>`, byte for byte as received."""
        return self.root / "content"

    @property
    def incoming(self) -> Path:
        """Bodies under way; emptied at start-up."""
        return self.root / "incoming"

    @property
    def set_aside(self) -> Path:
        """Files that the catalogue does not know; never deleted by the server."""
        return self.root / "set-aside"

    @property
    def catalogue(self) -> Path:
        return self.root / "catalogue.sqlite"

    @property
    def audit_log(self) -> Path:
        return self.root / "audit.jsonl"

    @property
    def credentials(self) -> Path:
        return self.root / "credentials.json"

    @property
    def receipt_key(self) -> Path:
        """Key and certificates that sign receipts, where there is no authority."""
        return self.root / "receipt-key.pem"

    @property
    def connection_file(self) -> Path:
        return self.root / "connection.json"

    @property
    def categories(self) -> Path:
        """Put there by the operator; the default list is used without it."""
        return self.root / "categories.json"

    def object_file(self, container: str, name: str) -> Path:
        """Where an object's body lies; both names have passed `check_name`."""
        return self.content / container / name
