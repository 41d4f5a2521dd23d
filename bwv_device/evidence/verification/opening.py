"""From a file's bytes to what the checks look at: hashed, opened where it is sealed, and read.

Who uses it: whoever gathers evidence. What can't be read is stated, never raised.
"""

import hashlib

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


def sha256(data: memoryview) -> str:
    """Lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def _look(data: memoryview) -> tuple[Footage | None, str]:
    try:
        return read_footage(data), ""
    except UnreadableError as error:
        return None, str(error)
