"""The token that signs, where one is configured: whether it does."""

from collections.abc import Iterator
from hashlib import sha256

from bwv_device.cli.diagnosis.finding import Finding, Health
from bwv_device.configuration import Configuration
from bwv_device.configuration.signer import open_signer
from bwv_device.errors import BwvError

_TRIED = b"bwv doctor"


def token(configuration: Configuration) -> Iterator[Finding]:
    """A signature of the token, over nothing that matters. Without one the camera records all the
    same, unsigned."""
    signing = configuration.signing
    if not signing.on_token:
        return
    try:
        open_signer(configuration).sign(sha256(_TRIED).digest())
    except BwvError as error:
        cure = "see what was seen; until then clips are not signed"
        yield Finding("token", Health.WARN, str(error), cure)
    else:
        yield Finding("token", Health.OK, f"{signing.token} signs with the key {signing.key}")
