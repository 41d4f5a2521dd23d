"""From a file's bytes to what the checks look at: hashed, opened where it is sealed, and read.

Who uses it: whoever gathers evidence. What can't be read is stated, never raised. A sealed clip is
opened into memory: its pictures in the clear reach no disk by being verified.
"""

import hashlib
import mmap
import os
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bwv_device.evidence.sealing.errors import SealError
from bwv_device.evidence.sealing.key_file import parse_key_file
from bwv_device.evidence.sealing.opening import opened
from bwv_device.evidence.verification.evidence import Body
from bwv_device.evidence.verification.footage import read_footage
from bwv_device.evidence.verification.samples import Footage, UnreadableError


def clear_body(stored: memoryview) -> Body:
    """The body of a clip that is not sealed."""
    digest = sha256(stored)
    footage, problem = _look(stored)
    return Body(
        stored_sha256=digest,
        sealed=False,
        opened=False,
        clear=stored,
        clear_sha256=digest,
        footage=footage,
        problem=problem,
    )


def sealed_body(
    clip: Path, stored: memoryview, key_text: bytes, private_key: RSAPrivateKey | None
) -> Body:
    """The body of a sealed clip; without the private key, or with a wrong one, nobody has looked
    inside. Raises `OSError` for what the disk does."""
    digest = sha256(stored)
    closed = Body(digest, sealed=True, opened=False, clear=None, clear_sha256=None, footage=None)
    if private_key is None:
        return closed
    clear, problem = _opened(clip, key_text, private_key)
    footage, unreadable = _look(clear)
    if footage is None and problem:
        # A wrong key gives noise, and so does a ciphertext of which nothing is right.
        return replace(closed, problem=problem)
    return Body(
        stored_sha256=digest,
        sealed=True,
        opened=True,
        clear=clear,
        clear_sha256=sha256(clear),
        footage=footage,
        problem=unreadable,
        ends_early=bool(problem),
    )


def sha256(data: memoryview) -> str:
    """Lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def _opened(clip: Path, key_text: bytes, private_key: RSAPrivateKey) -> tuple[memoryview, str]:
    """(what could be opened, what was wrong behind it)."""
    handle = os.memfd_create("clip in the clear")
    problem = ""
    with os.fdopen(handle, "w+b") as file:
        try:
            for piece in opened(clip, parse_key_file(key_text), private_key):
                file.write(piece)
        except SealError as error:
            problem = str(error)
        file.flush()
        if file.tell() == 0:
            return memoryview(b""), problem
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)), problem


def _look(data: memoryview) -> tuple[Footage | None, str]:
    try:
        return read_footage(data), ""
    except UnreadableError as error:
        return None, str(error)
