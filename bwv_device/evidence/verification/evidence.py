"""What is laid before the checks: one clip, what lies beside it, and whom the verifier trusts.

Who uses it: whoever gathers evidence makes it; the checks read it and nothing else. All of it is
in memory or mapped, so that a check is a pure function.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography import x509

from bwv_device.evidence.ledger.check import Checked
from bwv_device.evidence.verification.samples import Footage


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the verifier believes, which is never taken from beside the clip."""

    now_utc_ns: int
    anchors: tuple[x509.Certificate, ...] = ()
    revoked_utc_ns: Mapping[int, int] = field(default_factory=dict)
    """Serial numbers of certificates that were revoked, and since when."""


@dataclass(frozen=True, slots=True)
class Papers:
    """What lies beside a clip, as it was read; None where there is none."""

    manifest: bytes | None = None
    receipt: bytes | None = None
    ledger: Checked | None = None
    """The device's ledger, checked by itself; once for all clips of a folder."""


@dataclass(frozen=True, slots=True)
class Body:
    """The clip itself."""

    stored_sha256: str
    """Of the file as it lies there."""
    sealed: bool
    opened: bool
    """Whether a sealed one could be opened."""
    clear: memoryview | None
    """The clip in the clear; None while it is sealed."""
    clear_sha256: str | None
    footage: Footage | None
    """None where nothing could be read: `problem` says why."""
    problem: str = ""
    ends_early: bool = False
    """Whether the seal has no proper end, so that something behind it is missing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One clip."""

    name: str
    """The file's name."""
    container: str | None
    """Name of the recording's container, where the folder has one."""
    body: Body
    papers: Papers
    trust: Trust
