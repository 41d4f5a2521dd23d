"""Ledgers for tests: a clock that goes on by itself, and a signer with a key of its own."""

import datetime
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from bwv_device.evidence.ledger.entry import Stamp
from bwv_device.evidence.ledger.ledger import Ledger
from bwv_device.evidence.ledger.segment import segment_file, segment_numbers

S = 1_000_000_000
START_UTC_NS = 1_795_465_260 * S


@dataclass
class Hand:
    """A clock that stands where it is put."""

    mono_ns: int = 100 * S
    offset_ns: int = START_UTC_NS
    error_ns: int | None = 1_000_000

    def now(self) -> Stamp:
        return Stamp(self.mono_ns + self.offset_ns, self.error_ns, self.mono_ns)

    def go_on_s(self, seconds: float) -> Stamp:
        self.mono_ns += round(seconds * S)
        return self.now()

    def reboot(self, off_s: float) -> None:
        """Monotonic time begins anew; UTC goes on."""
        utc_ns = self.mono_ns + self.offset_ns + round(off_s * S)
        self.mono_ns = 3 * S
        self.offset_ns = utc_ns - self.mono_ns


@dataclass
class TestSigner:
    """A key made for the test, in a certificate that it signed itself."""

    __test__ = False
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    fails: bool = False
    certificate_chain_pem: str = ""

    def __post_init__(self) -> None:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test camera")])
        begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(begin)
            .not_valid_after(begin + datetime.timedelta(days=3650))
            .sign(self.key, hashes.SHA256())
        )
        self.certificate_chain_pem = made.public_bytes(Encoding.PEM).decode()

    def sign(self, digest: bytes) -> bytes:
        if self.fails:
            raise OSError("the token does not answer")
        return self.key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))


def open_ledger(folder: Path, hand: Hand, signer: TestSigner | None = None) -> Ledger:
    return Ledger.open(folder, "BWV-0001", hand.now, signer)


def read_segments(folder: Path) -> list[tuple[int, bytes]]:
    return [
        (number, segment_file(folder, number).read_bytes()) for number in segment_numbers(folder)
    ]
