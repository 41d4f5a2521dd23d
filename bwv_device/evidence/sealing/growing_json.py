"""A JSON document of one list that is sealed while it grows: whole behind each entry.

Who uses it: the location track. As with clips, what there is so far and a closing block are one
AES-256-CBC ciphertext with PKCS#7 padding together; blanks between the entries fill the blocks. No
trailers are needed: each piece is a row of the journal, which is there whole or not at all.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bwv_device.evidence.sealing.cipher import ContentKey
from bwv_device.evidence.sealing.trailer import BLOCK_BYTES

_END = b"]}"


@dataclass(frozen=True, slots=True)
class Piece:
    """What an entry adds to the ciphertext."""

    stored: bytes
    closing: bytes
    """Goes behind all pieces, if this is the last one."""


class GrowingJson:
    """One document; entries are given in order."""

    def __init__(self, content_key: ContentKey, name: str) -> None:
        """`name` is that of the list, the document's only member."""
        self._algorithm = AES(content_key.key)
        self._previous = content_key.iv
        self._before = b'{"%s": [' % name.encode("ascii")

    def add(self, entry: bytes) -> Piece:
        """The next entry, as JSON text."""
        text = self._before + entry
        self._before = b","
        stored = self._encrypted(text + b" " * (-len(text) % BLOCK_BYTES))
        self._previous = stored[-BLOCK_BYTES:]
        padding = BLOCK_BYTES - len(_END)
        return Piece(stored, self._encrypted(_END + bytes([padding]) * padding))

    def _encrypted(self, clear: bytes) -> bytes:
        return Cipher(self._algorithm, CBC(self._previous)).encryptor().update(clear)
