"""Signs with a key that never leaves its token: a secure element, a smart card, an HSM.

Who uses it: `configuration.signer` where a token is configured. PKCS#11 2.40, mechanism
`CKM_ECDSA`; procedure S4 of docs/design/media-signing.md. The binding is `python-pkcs11`, which is
imported when a token is first used: most cameras have none.
"""

import importlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from bwv_device.evidence.certificate_chain import read_chain, require_chain
from bwv_device.evidence.errors import SigningError
from bwv_device.evidence.signer import require_digest

if TYPE_CHECKING:
    import pkcs11
    from pkcs11 import Session
    from pkcs11._pkcs11 import lib as Library
    from pkcs11.types import SignMixin

log = logging.getLogger(__name__)

T = TypeVar("T")

_FOR_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class TokenKey:
    """Where a key is."""

    module: Path
    """The library that speaks to the token."""
    token: str
    """Its label."""
    key: str
    """Label of the private key on it."""
    pin_file: Path
    """Holds the user's PIN, and nothing else but a line feed."""


class Token:
    """One key on one token, opened when it is first needed; any thread may use it.

    A process logs in to a token once, for all its threads, so it has one of these a key
    (`token_of`).
    """

    def __init__(self, where: TokenKey) -> None:
        self._where = where
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._key: SignMixin | None = None

    def sign(self, digest: bytes) -> bytes:
        """`r` and `s`, 32 bytes each, of the ECDSA signature over `digest`. Raises `SigningError`;
        the next call opens the token anew."""
        _require_binding()
        from pkcs11 import Mechanism

        with self._lock:
            return self._guarded(lambda key: key.sign(digest, mechanism=Mechanism.ECDSA))

    def close(self) -> None:
        """Log out; fine when it is not open."""
        with self._lock:
            if self._session is not None:
                self._forget()

    def _guarded(self, use: "Callable[[SignMixin], T]") -> T:
        from pkcs11.exceptions import PKCS11Error

        try:
            if self._key is None:
                self._key = self._open()
            return use(self._key)
        except PKCS11Error as error:
            self._forget()
            # Most of these errors have no text but their names.
            text = f"{type(error).__name__} {error}".strip()
            raise SigningError(
                f"the token {self._where.token} does not sign ({text}): check that it is plugged "
                f"in, its label, the key's label {self._where.key}, and the PIN in "
                f"{self._where.pin_file}"
            ) from error

    def _open(self) -> "SignMixin":
        from pkcs11 import KeyType, ObjectClass
        from pkcs11.types import SignMixin

        pin = _read_pin(self._where.pin_file)
        self._session = self._find().open(user_pin=pin)
        found = self._session.get_key(ObjectClass.PRIVATE_KEY, KeyType.EC, self._where.key)
        if not isinstance(found, SignMixin):
            raise SigningError(f"the key {self._where.key} may not sign: make one that may")
        return found

    def _find(self) -> "pkcs11.Token":
        from pkcs11.exceptions import NoSuchToken

        library = self._library()
        try:
            return library.get_token(token_label=self._where.token)
        except NoSuchToken:
            # One that was plugged in since is seen only so; it ends all other sessions.
            library.reinitialize()
            return library.get_token(token_label=self._where.token)

    def _library(self) -> "Library":
        import pkcs11

        try:
            return pkcs11.lib(str(self._where.module))
        except RuntimeError as error:
            raise SigningError(
                f"{self._where.module} is no PKCS#11 module ({error}): set signing.module to the "
                "library that came with the token"
            ) from error

    def _forget(self) -> None:
        """The session may be good for nothing any more, and says so when it is closed."""
        from pkcs11.exceptions import PKCS11Error

        session, self._session, self._key = self._session, None, None
        try:
            if session is not None:
                session.close()
        except PKCS11Error as error:
            log.info("the session with the token %s was gone: %r", self._where.token, error)


class Pkcs11Signer:
    """As `Signer` says, by a key on a token. One that is not plugged in yet is no error before
    the first signature, so that what waits for it is signed once it is."""

    def __init__(self, token: Token, certificate_chain_pem: str) -> None:
        """Raises `SigningError` when the chain is none that a verifier would take."""
        leaf = read_chain(certificate_chain_pem)[0].public_key()
        if not isinstance(leaf, ec.EllipticCurvePublicKey):
            raise SigningError("the first certificate is not that of a key on P-256")
        require_chain(certificate_chain_pem, leaf)
        self._token, self._leaf, self._is_checked = token, leaf, False
        self.certificate_chain_pem = certificate_chain_pem

    def sign(self, digest: bytes) -> bytes:
        """As `Signer` says."""
        require_digest(digest)
        pair = self._token.sign(digest)
        half = len(pair) // 2
        numbers = int.from_bytes(pair[:half]), int.from_bytes(pair[half:])
        signature = utils.encode_dss_signature(*numbers)
        if not self._is_checked:
            self._require_own(signature, digest)
        return signature

    def _require_own(self, signature: bytes, digest: bytes) -> None:
        """The first signature shows whether token and certificates belong together."""
        try:
            self._leaf.verify(signature, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        except InvalidSignature as error:
            raise SigningError(
                "the key on the token is not that of the first certificate in "
                "signing.certificates: put the certificate there that was issued for it"
            ) from error
        self._is_checked = True


@cache
def token_of(where: TokenKey) -> Token:
    """The one `Token` of this process for that key."""
    return Token(where)


def _require_binding() -> None:
    try:
        importlib.import_module("pkcs11")
    except ImportError as error:
        raise SigningError(
            f"the token can't be asked ({error}): install python-pkcs11, with "
            "`pip install 'bwv-device[token]'` in the camera's environment"
        ) from error


def _read_pin(path: Path) -> str:
    """Raises `SigningError` when it can't be read, or others may."""
    try:
        if path.stat().st_mode & _FOR_OTHERS:
            raise SigningError(f"others may read the PIN in {path}: chmod 600 it")
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SigningError(f"the PIN in {path} can't be read: {error}") from error
