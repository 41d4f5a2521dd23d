"""What the page shows of the receipt that was given for a recording.

Who uses it: `pages`. Pure.
"""

from dataclasses import dataclass

from bwv_device.protocol.names import RECEIPT_OBJECT
from dock_server import formats
from dock_server.tables import ReceiptRow


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """The newest receipt of a container."""

    facts: tuple[tuple[str, str], ...]
    """Pairs of label and text."""
    href: str


def receipt_view(row: ReceiptRow | None) -> ReceiptView | None:
    """None where none was given: not complete yet, or nobody asked for one."""
    if row is None:
        return None
    facts = (
        ("Number", f"{row.number} of {row.device or 'an unknown camera'}"),
        ("Issued", formats.utc(row.issued_ns)),
        ("SHA-256 of the receipt", row.sha256),
    )
    return ReceiptView(facts, f"/media/{row.container}/{RECEIPT_OBJECT}")
