"""Reads a ledger from its folder, beside whoever writes it.

Who uses it: `bwv ledger`, the server's start, tests.
"""

from collections.abc import Iterator
from pathlib import Path

from bwv_device.evidence import durable
from bwv_device.evidence.ledger.check import Checked, Trusts, check_segments, trust_any
from bwv_device.evidence.ledger.head import Head
from bwv_device.evidence.ledger.segment import segment_file, segment_numbers


def segments_in(folder: Path) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each segment, in order. Raises `StoreError`."""
    with durable.disk_errors("reading the ledger", folder):
        for number in segment_numbers(folder):
            yield number, segment_file(folder, number).read_bytes()


def check_folder(folder: Path, known: tuple[Head, ...] = (), trusts: Trusts = trust_any) -> Checked:
    """Check the ledger in `folder`; one without a segment has no entry. Raises `StoreError`."""
    return check_segments(segments_in(folder), known, trusts)
