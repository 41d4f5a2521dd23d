"""Opens what was sealed, for who holds the private key.

Who uses it: `bwv export`, `bwv verify` when it is given the key, and tests. It reads what the API
describes, so also the clips of other makers.
"""

from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bwv_device.evidence.digests import READ_BYTES
from bwv_device.evidence.sealing.errors import SealError
from bwv_device.evidence.sealing.key_file import KeyFile
from bwv_device.evidence.sealing.trailer import BLOCK_BYTES


def load_private_key(pem: bytes, password: bytes | None = None) -> RSAPrivateKey:
    """The key that opens clips; raises `SealError`."""
    try:
        key = load_pem_private_key(pem, password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SealError(f"the private key can't be read: {error}") from error
    if not isinstance(key, RSAPrivateKey):
        raise SealError("the private key is no RSA key: clips are sealed for RSA keys only")
    return key


def opened(path: Path, key_file: KeyFile, private_key: RSAPrivateKey) -> Iterator[bytes]:
    """The bytes in the clear, piece by piece.

    Raises `SealError` when key and file do not fit together, which may show behind the last piece
    only, `OSError` when the file can't be read.
    """
    cipher = Cipher(AES(key_file.content_key(private_key)), CBC(key_file.iv)).decryptor()
    padding = PKCS7(8 * BLOCK_BYTES).unpadder()
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            yield padding.update(cipher.update(piece))
    try:
        yield padding.update(cipher.finalize()) + padding.finalize()
    except ValueError as error:
        raise SealError(
            f"{path.name} does not end as a sealed file does: it was cut off or changed, or the "
            "key file is another one's"
        ) from error
