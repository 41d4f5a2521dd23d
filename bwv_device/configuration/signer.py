"""Who signs for the camera that a configuration describes.

Who uses it: the media process for the pictures of clips, the agent for everything else.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from bwv_device.configuration.model import Configuration
from bwv_device.configuration.signing import Signing
from bwv_device.evidence.errors import SigningError

if TYPE_CHECKING:
    from bwv_device.evidence.signer import Signer


def open_signer(configuration: Configuration) -> "Signer":
    """The signer as it is now: an enrolment or a renewal shows the next time. Some milliseconds,
    and more the first time in a process. Raises a `BwvError` when there is none to be had."""
    if configuration.signing.on_token:
        return _on_token(configuration.signing)
    # Here and not above: signatures need a library that takes its time to import.
    from bwv_device.evidence.identity import load_or_create

    device = configuration.device
    return load_or_create(configuration.storage.folder, device.serial, device.model).signer


def _on_token(signing: Signing) -> "Signer":
    from bwv_device.evidence.pkcs11_signer import Pkcs11Signer, TokenKey, token_of

    module, pin_file, certificates = signing.module, signing.pin_file, signing.certificates
    assert module and pin_file and certificates, "the section has all or nothing"
    where = TokenKey(module, signing.token, signing.key, pin_file)
    return Pkcs11Signer(token_of(where), _read(certificates))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise SigningError(f"the certificates in {path} can't be read: {error}") from error
