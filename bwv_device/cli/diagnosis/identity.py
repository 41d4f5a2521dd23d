"""Who vouches for this camera, and until when. Looks only: it makes no key."""

from collections.abc import Iterator
from pathlib import Path

from bwv_device.cli.diagnosis.finding import Finding, Health
from bwv_device.configuration import Configuration

_CURE = "ask the destination's operator for a code, then `bwv dock enrol`"


def identity(configuration: Configuration) -> Iterator[Finding]:
    """The camera's two certificates, where it is enrolled."""
    # Here and not above: certificates need a library that takes its time to import.
    from bwv_device.evidence.identity.files import IdentityFiles

    files = IdentityFiles(configuration.storage.folder, configuration.device.serial)
    if not files.signing.exists() and not files.transport.exists():
        seen = "not enrolled: signs under a root of its own, docks where no certificate is asked"
        yield Finding("identity", Health.OK, seen)
        return
    yield _certificate("identity, signing", files.signing)
    yield _certificate("identity, transport", files.transport)


def _certificate(what: str, path: Path) -> Finding:
    from bwv_device.evidence.identity.credential import read_credential
    from bwv_device.evidence.identity.errors import IdentityError

    try:
        leaf = read_credential(path).leaf
    except (IdentityError, OSError) as error:
        return Finding(what, Health.WARN, str(error), _CURE)
    seen = f"{leaf.subject.rfc4514_string()}, until {leaf.not_valid_after_utc:%d %B %Y}"
    return Finding(what, Health.OK, seen)
