"""Whose key may sign a camera's ledger: the one that signed it before, or one that the authority
vouches for.

Who uses it: `ledgers`, for each segment. A certificate that a camera made for itself proves nothing
but that it is the same key as before: anybody can make one with the same serial number in it.
"""

from collections.abc import Sequence

from cryptography import x509

from bwv_device.evidence.identity.credential import parse_certificates
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.trust import check_path, role_of
from bwv_device.evidence.ledger.kinds import Own
from bwv_device.evidence.ledger.segment import lines_of
from bwv_device.protocol.roles import DeviceRole


class Signers:
    """Judges the signers of one segment, in order."""

    def __init__(self, serial: str, anchors: Sequence[x509.Certificate], before: str) -> None:
        """`before` is the PEM chain that signed the segment before; empty where nothing was."""
        self._serial, self._anchors, self._before = serial, anchors, before

    def __call__(self, certificates_pem: str) -> str:
        """Why it is not to be trusted; empty where it is."""
        try:
            chain = parse_certificates(certificates_pem)
            role = role_of(chain[0])
            if role != DeviceRole(self._serial):
                return f"it is that of {role}"
            if self._before and not self._is_vouched(chain) and not self._is_same(chain[0]):
                return "it is not the one that signed before, and nobody vouches for it"
        except IdentityError as error:
            return str(error)
        self._before = certificates_pem
        return ""

    def _is_vouched(self, chain: Sequence[x509.Certificate]) -> bool:
        try:
            check_path(chain, self._anchors)
        except IdentityError:
            return False
        return True

    def _is_same(self, leaf: x509.Certificate) -> bool:
        return parse_certificates(self._before)[0].public_key() == leaf.public_key()


def last_signer(segment: bytes) -> str:
    """The PEM chain that signed last in a segment; empty where it names none."""
    found = ""
    for line in lines_of(segment):
        if line.entry is not None and line.entry.kind == Own.SIGNER:
            found = str(line.entry.data.get("certificates", ""))
    return found
