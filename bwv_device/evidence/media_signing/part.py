"""One part of a stream: the hashes of its units, up to where a SEI speaks of them.

Who uses it: the signer fills one as pictures come; the reader uses the rules of one entry.
"""

from hashlib import new, sha256

from bwv_device.evidence.media_signing import nal_units

MOST_ENTRIES = 600
"""A verifier of the open framework takes no longer list."""


def entry(anchor: bytes, unit_hash: bytes, digest: str = "sha256") -> bytes:
    """What stands in the list for a slice that is not the anchor itself."""
    return new(digest, anchor + unit_hash).digest()


def list_hash(entries: list[bytes], digest: str = "sha256") -> bytes:
    """The hash over all entries; zeros for none."""
    if not entries:
        return bytes(new(digest).digest_size)
    return new(digest, b"".join(entries)).digest()


class Part:
    """The part that is being filled; one thread uses it."""

    def __init__(self, start_utc_ns: int, anchor: bytes = b"") -> None:
        """`anchor` is the one of the group that the part goes on with; empty where the part
        begins with a group."""
        self.start_utc_ns = start_utc_ns
        self.anchor = anchor
        self.entries: list[bytes] = []
        self.pictures = 0

    def add(self, slices: list[bytes]) -> None:
        """Take in one picture's slices."""
        self.pictures += 1
        for unit in slices:
            unit_hash = sha256(unit).digest()
            if nal_units.starts_group(unit):
                self.anchor = unit_hash
                self.entries.append(unit_hash)
            else:
                self.entries.append(entry(self.anchor, unit_hash))
