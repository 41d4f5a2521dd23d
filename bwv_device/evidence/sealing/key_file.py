"""The key file of the content destination's API: a content key, wrapped for one private key.

Who uses it: the store writes one before the first byte of a sealed clip, the dock client sends it,
`opening` reads it. The form is that of the published decrypt script: one pair a line, because the
script takes the fourth field between quotes of the line that it greps.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from bwv_device.evidence.sealing.cipher import KEY_BYTES, ContentKey
from bwv_device.evidence.sealing.errors import SealError
from bwv_device.evidence.sealing.trailer import BLOCK_BYTES

LEAST_RSA_BITS = 2048
"""The API's example takes 1024; NIST SP 800-131A has disallowed that since 2014."""
FILE_MAX_BYTES = 64_000
_ENCRYPTED_KEY, _IV, _KEY_ID = "EncryptedKey", "ContentEncryptionIV", "PublicKeyId"
# The API says RSA-OAEP by what `openssl rsautl -oaep` does. SHA-1 is not broken in this place.
_OAEP = OAEP(mgf=MGF1(SHA1()), algorithm=SHA1(), label=None)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What a key file says."""

    wrapped_key: bytes
    iv: bytes
    public_key_id: str = ""

    def to_json(self) -> bytes:
        """The file's content."""
        pairs = {
            _ENCRYPTED_KEY: base64.b64encode(self.wrapped_key).decode("ascii"),
            _IV: base64.b64encode(self.iv).decode("ascii"),
        }
        # A script that greps for another field must not find it in this one's value.
        if self.public_key_id and not any(name in self.public_key_id for name in pairs):
            pairs[_KEY_ID] = self.public_key_id
        return (json.dumps(pairs, indent=2) + "\n").encode("ascii")

    def content_key(self, private_key: RSAPrivateKey) -> bytes:
        """The key of the content. Raises `SealError` when it was wrapped for another one."""
        try:
            key = private_key.decrypt(self.wrapped_key, _OAEP)
        except ValueError as error:
            raise SealError(
                f"the private key does not open it (it was sealed for {self.public_key_id or '?'}):"
                " use the one that belongs to the destination's public key"
            ) from error
        if len(key) != KEY_BYTES:
            raise SealError(f"the wrapped key has {len(key)} bytes, not {KEY_BYTES}")
        return key


def load_public_key(pem: str) -> RSAPublicKey:
    """The key that clips are sealed for. Raises `SealError`."""
    try:
        key = load_pem_public_key(pem.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SealError(f"the destination's public key can't be read: {error}") from error
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_RSA_BITS:
        raise SealError(
            f"the destination's public key is no RSA key of {LEAST_RSA_BITS} bits or more: ask its "
            "operator for a connection file with one"
        )
    return key


def wrap(content_key: ContentKey, public_key_pem: str, public_key_id: str) -> KeyFile:
    """The key file of a content key. Raises `SealError`."""
    wrapped = load_public_key(public_key_pem).encrypt(content_key.key, _OAEP)
    return KeyFile(wrapped, content_key.iv, public_key_id)


def parse_key_file(body: bytes) -> KeyFile:
    """Read a key file, ours or another maker's; raises `SealError`."""
    if len(body) > FILE_MAX_BYTES:
        raise SealError(f"the key file has {len(body)} bytes, at most {FILE_MAX_BYTES} are read")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SealError(f"the key file is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise SealError("the key file is no JSON object")
    iv = _decoded(document, _IV)
    if len(iv) != BLOCK_BYTES:
        raise SealError(f"{_IV} has {len(iv)} bytes, not {BLOCK_BYTES}")
    key_id = document.get(_KEY_ID, "")
    return KeyFile(_decoded(document, _ENCRYPTED_KEY), iv, key_id if type(key_id) is str else "")


def _decoded(document: dict[str, Any], name: str) -> bytes:
    text = document.get(name)
    if not isinstance(text, str) or not text:
        raise SealError(f"the key file has no {name}")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SealError(f"{name} in the key file is no base64") from error
