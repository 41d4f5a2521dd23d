"""Makes the ciphertext of a clip, unit by unit: AES-256-CBC that is whole behind each unit.

Who uses it: the clip's file, through `seal`. What has been made so far, and the closing block, are
together one AES-256-CBC ciphertext with PKCS#7 padding, as `openssl enc -d -aes-256-cbc` takes it.
The next unit goes over the closing block, with a new one behind.
"""

import secrets
import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bwv_device.evidence.boxes import HEADER_BYTES
from bwv_device.evidence.fragments import Mark
from bwv_device.evidence.sealing.trailer import BLOCK_BYTES, TRAILER_BYTES, Info

KEY_BYTES = 32
_WHOLE_BLOCK_OF_PADDING = bytes([BLOCK_BYTES]) * BLOCK_BYTES
"""PKCS#7 behind content that fills its last block."""


Bytes = bytes | memoryview


@dataclass(frozen=True, slots=True)
class UnitBytes:
    """A unit as it is in the clear and on the disk. Half a megabyte is not copied without need:
    what a cipher gives stands in its own buffer, and holds until it makes the next one."""

    clear: tuple[Bytes, ...]
    """In pieces, one behind the other."""
    written: Bytes
    """What goes to the disk at once: the unit, then the block that closes the file there."""
    closing_bytes: int = 0
    """Length of that block, which the next unit writes over; 0 for a file in the clear."""

    @property
    def stored(self) -> Bytes:
        """What stays on the disk."""
        return self.written[: len(self.written) - self.closing_bytes]

    @property
    def closing(self) -> bytes:
        """The closing block."""
        return bytes(self.written[len(self.written) - self.closing_bytes :])

    @property
    def clear_bytes(self) -> int:
        """How long it is in the clear."""
        return sum(map(len, self.clear))


def clear_unit(part: bytes) -> UnitBytes:
    """A unit of a file in the clear."""
    return UnitBytes((part,), part)


class ContentKey:
    """The key of one object. It is made anew for each, and written nowhere but wrapped."""

    def __init__(self) -> None:
        self.key = secrets.token_bytes(KEY_BYTES)
        self.iv = secrets.token_bytes(BLOCK_BYTES)

    def __repr__(self) -> str:
        return "ContentKey()"


class UnitCipher:
    """One clip; units are given in order."""

    def __init__(self, content_key: ContentKey) -> None:
        self._algorithm = AES(content_key.key)
        self._previous = content_key.iv
        self._buffer = bytearray()
        self._end_bytes = self._number = 0

    def seal(self, part: bytes, mark: Mark) -> UnitBytes:
        """The next unit; of `mark`, pictures and time are told in its trailer."""
        box = _free_box_without_trailer(len(part))
        body_bytes = len(part) + len(box)
        end_bytes = self._end_bytes + body_bytes + TRAILER_BYTES
        info = Info(self._number, Mark(end_bytes, mark.frames, mark.media_end_ns))
        room = self._room(body_bytes + TRAILER_BYTES + BLOCK_BYTES)
        self._encrypt(part, box, room)
        trailer = info.to_bytes() + self._joint(info.closing)
        # Chosen ciphertext: what decrypts to it goes into the clear unit, in a box of no meaning.
        noise = self._decrypted(trailer, bytes(room[body_bytes - BLOCK_BYTES : body_bytes]))
        written = room[: body_bytes + TRAILER_BYTES + BLOCK_BYTES]
        written[body_bytes:] = trailer + info.closing
        self._previous = trailer[-BLOCK_BYTES:]
        self._end_bytes, self._number = end_bytes, self._number + 1
        return UnitBytes((part, box + noise), written, BLOCK_BYTES)

    def _room(self, size_bytes: int) -> memoryview:
        """The buffer, long enough for that many bytes and what the cipher asks for beyond them."""
        if len(self._buffer) < size_bytes + BLOCK_BYTES:
            # A new one, because views of the former may still be held.
            self._buffer = bytearray(size_bytes + BLOCK_BYTES)
        return memoryview(self._buffer)

    def _encrypt(self, part: bytes, box: bytes, room: memoryview) -> None:
        cipher = Cipher(self._algorithm, CBC(self._previous)).encryptor()
        done = cipher.update_into(part, room)
        cipher.update_into(box, room[done:])

    def _joint(self, closing: bytes) -> bytes:
        """The block behind which a block of padding encrypts to `closing`."""
        return self._decrypted(closing, _WHOLE_BLOCK_OF_PADDING)

    def _decrypted(self, stored: bytes, previous: bytes) -> bytes:
        return Cipher(self._algorithm, CBC(previous)).decryptor().update(stored)


def _free_box_without_trailer(part_bytes: int) -> bytes:
    """The beginning of a box that makes whole blocks of a part, and ends behind the trailer."""
    filler = -(part_bytes + HEADER_BYTES) % BLOCK_BYTES
    size = HEADER_BYTES + filler + TRAILER_BYTES
    return struct.pack(">I4s", size, b"free") + bytes(filler)
