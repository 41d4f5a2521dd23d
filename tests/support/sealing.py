"""Keys, and plain `openssl`, for tests of what is sealed.

`opened_by_openssl` does what the published decrypt script of the content destination's API does,
with the same commands: it greps the key file's lines and takes the fourth field between quotes.
"""

import base64
import subprocess
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from bwv_device.evidence.records import Clip
from bwv_device.evidence.sealing.key_file import parse_key_file
from bwv_device.evidence.sealing.opening import opened
from bwv_device.evidence.sealing.rows import Recipient
from bwv_device.evidence.sealing.seal import begin_seal
from bwv_device.evidence.sidecars import key_file
from bwv_device.evidence.store import Store
from bwv_device.media.fragment_file import FragmentFile
from tests.support.stores import begin, finalise, new_clip

_SCRIPT = r"""
set -eu
field() { grep "$1" "$KEY_FILE" | cut -d '"' -f 4 | openssl base64 -d -A; }
field EncryptedKey > "$WORK/wrapped"
openssl pkeyutl -decrypt -inkey "$PRIVATE_KEY" -in "$WORK/wrapped" -out "$WORK/key" \
    -pkeyopt rsa_padding_mode:oaep
key=$(od -An -v -tx1 "$WORK/key" | tr -d ' \n')
iv=$(field ContentEncryptionIV | od -An -v -tx1 | tr -d ' \n')
openssl enc -d -aes-256-cbc -K "$key" -iv "$iv" -in "$CLIP" -out "$WORK/clear"
"""


@cache
def private_key() -> rsa.RSAPrivateKey:
    """The destination owner's key."""
    return rsa.generate_private_key(65537, 2048)


def private_pem(key: rsa.RSAPrivateKey | None = None) -> bytes:
    """As `openssl` reads it."""
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (key or private_key()).private_bytes(*form)


def public_pem(key: rsa.RSAPrivateKey | None = None) -> str:
    """SubjectPublicKeyInfo."""
    public = (key or private_key()).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def recipient() -> Recipient:
    """Whom the tests' clips are sealed for."""
    return Recipient(public_pem(), "unit-test-key")


def public_key_attributes(key: rsa.RSAPrivateKey | None = None) -> dict[str, object]:
    """What a connection file says of a destination that wants sealed footage."""
    pem = base64.b64encode(public_pem(key).encode()).decode()
    return {"want_encryption": True, "public_key": pem, "public_key_id": "unit-test-key"}


def record_sealed(store: Store, data: bytes, *, trigger_s: int = 0) -> Clip:
    """A whole recording of one sealed clip, as the recorder makes it."""
    recording = begin(store, trigger_s=trigger_s)
    clip = store.open_clip(recording, new_clip(recording, sealed=True))
    file = FragmentFile(store.path(clip), begin_seal(store.path(clip), recipient()))
    file.write(data)
    file.commit()
    file.close()
    clip = finalise(store, clip)
    store.journal.end_recording(
        recording.id, "LongPress", recording.trigger_on_utc_ns + (clip.duration_ns or 0)
    )
    return clip


def clear_copy(sealed: Path, copy: Path) -> Path:
    """What is in a sealed clip, for a player."""
    key = parse_key_file(key_file(sealed).read_bytes())
    copy.write_bytes(b"".join(opened(sealed, key, private_key())))
    return copy


def opened_by_openssl(clip: Path, key_file: Path, work: Path) -> tuple[int, bytes]:
    """The exit code of `openssl`, and what it gave out."""
    work.mkdir(exist_ok=True)
    private = work / "private.pem"
    private.write_bytes(private_pem())
    done = subprocess.run(
        ["bash", "-c", _SCRIPT],
        env={
            "PATH": "/usr/bin:/bin:/usr/local/bin",
            **{"CLIP": str(clip), "KEY_FILE": str(key_file)},
            **{"WORK": str(work), "PRIVATE_KEY": str(private)},
        },
        capture_output=True,
        check=False,
    )
    clear = work / "clear"
    return done.returncode, clear.read_bytes() if clear.exists() else b""
