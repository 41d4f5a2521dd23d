"""What can go wrong with a ledger beyond what a disk does."""

from bwv_device.evidence.errors import StoreError


class LedgerError(StoreError):
    """A ledger, or a part of one, is not what it should be."""


class NoEntryError(LedgerError, ValueError):
    """A line that is no entry; the message says what it lacks."""
