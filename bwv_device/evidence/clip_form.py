"""The two forms in which a clip lies on the disk, in the clear and sealed, as data.

Who uses it: repair, `check` and adoption, which ask a clip's form and do not ask which it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bwv_device.evidence.fragments import Scan, scan
from bwv_device.evidence.mend import mend_clear, mend_sealed
from bwv_device.evidence.sealing.scan import scan_sealed
from bwv_device.evidence.settle import settle_chain, settle_sealed_chain


@dataclass(frozen=True, slots=True)
class ClipForm:
    """What is done differently; every function raises `OSError`."""

    scan: Callable[[Path], Scan]
    mend: Callable[[Path, Scan], None]
    settle: Callable[[Path, Scan], str | None]


_FORMS = {
    False: ClipForm(scan, mend_clear, settle_chain),
    True: ClipForm(scan_sealed, mend_sealed, settle_sealed_chain),
}


def form_of(sealed: bool) -> ClipForm:
    """The form of a clip, as its row says."""
    return _FORMS[sealed]
