"""What the server is set up with, and where things lie in its directory.

Who uses it: everything in `dock_server`; `cli` fills it from the command line.
"""

from dataclasses import dataclass
from pathlib import Path

from bwv_device.evidence.sealing.rows import Recipient
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
    head_s: float = 30.0
    """How long the head of a request may take, and how long a connection may ask nothing."""
    idle_s: float = 60.0
    """How long a body may pause before the upload is given up."""
    linger_s: float = 30.0
    """How long a refused body is read on, so that the client gets to see the refusal."""
    reserve_bytes: int = 64 * MIB
    """Room that uploads leave on the disk, for the catalogue and the log."""
    batch_bytes: int = MIB // 2
    """How much of a body is hashed and written in one go, in a thread."""
    line_wait_s: float = 60.0
    """How long a body waits for its turn before it is sent away with 503. Less than the 120 s for
    which our cameras let a block of a body wait."""
    pace_min_bytes_s: int = 8 * 1024
    """What a body has to bring in each `pace_window_s`, or its turn is given to another: a 100
    Mbit/s link shared by 64 cameras gives each about 190 KiB/s."""
    pace_window_s: float = 60.0
    append_max_bytes: int = 256 * MIB
    """Of one append, after which a camera goes to the end of the line: 2 s of a gigabit link."""
    checkpoint_bytes: int = 64 * MIB
    """How much of a body may be lost by a power cut, and has to be sent again."""
    uploads_open_max: int = 1000
    """Unfinished uploads that are kept; the least needs a file and a row."""
    upload_life_s: float = 7 * 86_400.0
    """A camera that was taken off its dock may be away for a week."""
    upload_kept_s: float = 86_400.0
    """How long a finished upload answers for the object, for a client that lost the answer."""


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
    recipient: Recipient | None = None
    """Whom cameras seal their footage for; None lets them record in the clear."""
    passwords: bool = False
    """Whether the account's key lets clients in beside certificates. Without an authority it is
    the only way in, and always does."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where things lie under the server's directory; all on one file system."""

    root: Path

    @property
    def content(self) -> Path:
        """`<container>/<object>`, byte for byte as received."""
        return self.root / "content"

    @property
    def ledger(self) -> Path:
        """The server's own."""
        return self.root / "ledger"

    @property
    def incoming(self) -> Path:
        """Bodies under way; emptied at start-up."""
        return self.root / "incoming"

    @property
    def uploads(self) -> Path:
        """Bodies of uploads that may be resumed: `<id>.part`."""
        return self.root / "uploads"

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
    def seal_for(self) -> Path:
        """The public key that footage is sealed for; not there where it is not sealed."""
        return self.root / "seal-for.json"

    @property
    def connection_file(self) -> Path:
        return self.root / "connection.json"

    @property
    def passwords_file(self) -> Path:
        """The connection file with the account's key, beside certificates."""
        return self.root / "connection-passwords.json"

    @property
    def categories(self) -> Path:
        """Put there by the operator; the default list is used without it."""
        return self.root / "categories.json"

    def upload_file(self, upload_id: str) -> Path:
        """Where an unfinished upload's bytes lie; the id is one that the server made."""
        return self.uploads / f"{upload_id}.part"

    def object_file(self, container: str, name: str) -> Path:
        """Where an object's body lies; both names have passed `check_name`."""
        return self.content / container / name
