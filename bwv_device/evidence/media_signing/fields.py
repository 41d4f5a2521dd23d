"""Takes fields off the front of bytes whose lengths nobody has checked yet.

Who uses it: the reading half of the wire format. `struct` alone would raise its own error in
each of a dozen places.
"""

from bwv_device.evidence.media_signing.errors import SeiFormatError


class Fields:
    """Big-endian fields, one after the other."""

    def __init__(self, data: bytes, what: str) -> None:
        """`what` names them in errors."""
        self._data, self._what, self._at = data, what, 0

    @property
    def left(self) -> int:
        """Bytes that nobody has taken."""
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        """The next `size` bytes. Raises `SeiFormatError` when there are fewer."""
        if size > self.left:
            raise SeiFormatError(f"{self._what} is torn: {size} bytes wanted, {self.left} there")
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int) -> int:
        """An unsigned number of `size` bytes."""
        return int.from_bytes(self.take(size))

    def signed(self, size: int) -> int:
        """A signed number of `size` bytes."""
        return int.from_bytes(self.take(size), signed=True)

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.left)

    def require_version(self, *known: int) -> int:
        """The version byte that each value begins with. Raises `SeiFormatError` for another."""
        version = self.number(1)
        if version not in known:
            raise SeiFormatError(f"{self._what} has version {version}: only {known} are known")
        return version

    def require_end(self) -> None:
        """Raise `SeiFormatError` when something is left."""
        if self.left:
            raise SeiFormatError(f"{self._what} has {self.left} bytes too many")
