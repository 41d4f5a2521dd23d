"""Who this device is: what signs for it, and what it opens connections with.

Who uses it: the media process for clips, manifests, the ledger, and the dock client. Procedure I1
of docs/design/identity.md. Identity is never a reason not to record: what can't be read is set
aside and told, and the device signs with a root of its own.
"""

import logging
import os
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path

from bwv_device.errors import BwvError
from bwv_device.evidence import durable
from bwv_device.evidence.identity.credential import (
    Credential,
    parse_certificates,
    pem,
    read_credential,
    read_file,
    write_file,
)
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.files import IdentityFiles
from bwv_device.evidence.identity.own_root import make_own
from bwv_device.evidence.signer import KeySigner, Signer

log = logging.getLogger(__name__)


class Enrolment(StrEnum):
    """Who vouches for a device."""

    NOT_ENROLLED = "not enrolled"
    """Nobody but itself."""
    ENROLLED = "enrolled"
    """An authority."""


@dataclass(frozen=True, slots=True)
class Transport:
    """What an enrolled device opens connections with."""

    file: Path
    """Key and certificates in one PEM file, as TLS libraries take them."""
    credential: Credential
    authority_pem: str
    """The authority's certificates: a destination that shows one of another is none of ours."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One device's identity as it was when it was read; renewal does not change it."""

    serial: str
    model: str
    enrolment: Enrolment
    signer: Signer
    signing: Credential
    """Key, leaf, then up to and with the anchor."""
    transport: Transport | None
    """None until enrolled."""

    @property
    def anchor_pem(self) -> str:
        """The certificate that a verifier of this device's signatures has to bring."""
        return pem(self.signing.certificates[-1])


def load_or_create(store_folder: Path, serial: str, model: str) -> Identity:
    """The identity of the device `serial` in a store; makes one of its own at the first start.

    What was renewed or enrolled since shows at the next call; whoever signs a recording keeps to
    what it has, because a key must not change within one. Any process of the device may call it.
    Raises `StoreError` when the disk fails, `ProtocolError` for a serial number that is none.
    """
    files = IdentityFiles(store_folder, serial)
    with durable.disk_errors("reading the identity in", files.folder), files.locked():
        signing = _read(files.signing)
        own = None if signing else _own(files, model)
        credential = signing or own
        assert credential is not None
        return Identity(
            serial=serial,
            model=model,
            enrolment=Enrolment.ENROLLED if signing else Enrolment.NOT_ENROLLED,
            signer=_signer(credential),
            signing=credential,
            transport=_transport(files),
        )


def _read(path: Path) -> Credential | None:
    """A credential with an anchor behind its leaf; None, and told, when it can't be used."""
    if not path.exists():
        return None
    try:
        found = read_credential(path)
        if len(found.certificates) < 2:
            raise IdentityError(f"{path}: there is no anchor behind the leaf")
        _signer(found)
    except BwvError as error:
        log.error("%s: enrol the device again; it signs with a root of its own until then", error)
        return None
    return found


def _own(files: IdentityFiles, model: str) -> Credential:
    found = _read(files.own)
    if found is not None:
        return found
    if files.own.exists():
        _set_aside(files.own)
    made = make_own(files.serial, model)
    write_file(files.own, made.to_pem())
    log.warning("%s is not enrolled: it signs with a root of its own", files.serial)
    return made


def _signer(credential: Credential) -> KeySigner:
    return KeySigner(credential.key, pem(*credential.certificates[:-1]))


def _transport(files: IdentityFiles) -> Transport | None:
    if not files.transport.exists():
        return None
    try:
        authority = pem(*parse_certificates(read_file(files.authority)))
        return Transport(files.transport, read_credential(files.transport), authority)
    except (IdentityError, FileNotFoundError) as error:
        log.error("%s: it can't open connections with it: enrol the device again", error)
        return None


def _set_aside(path: Path) -> None:
    free = (path.with_name(f"{path.name}.damaged-{number}") for number in count(1))
    target = next(one for one in free if not os.path.lexists(one))
    os.rename(path, target)
    log.error("%s can't be read and was set aside as %s", path, target.name)
