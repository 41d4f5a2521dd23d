"""Holds a clip against the manifest that its camera signed.

Who uses it: the table of checks. The manifest's digests cover the whole file, sound and all, and
its units say where a file that differs begins to differ.
"""

import hashlib
from collections.abc import Iterator

from bwv_device.evidence.jws import SignedDocumentError
from bwv_device.evidence.manifest.schema import Manifest
from bwv_device.evidence.manifest.signed import read_manifest
from bwv_device.evidence.verification.evidence import Evidence
from bwv_device.evidence.verification.facts import Fact, Source
from bwv_device.evidence.verification.signer_check import signer_findings
from bwv_device.evidence.verification.unit_comparison import SignedUnit, compare_units
from bwv_device.evidence.verification.verdict import Finding
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.names import check_serial
from bwv_device.protocol.roles import DeviceRole

_SOURCE = Source.MANIFEST
_NS_PER_S = 1_000_000_000


def check_manifest(evidence: Evidence) -> Iterator[Finding]:
    """Findings about signature, signer, and the file against what was signed."""
    if evidence.papers.manifest is None:
        yield Finding(_SOURCE, Fact.MANIFEST_ABSENT)
        return
    try:
        signed = read_manifest(evidence.papers.manifest)
        role = DeviceRole(check_serial(signed.manifest.device.serial))
    except (SignedDocumentError, ProtocolError) as error:
        yield Finding(_SOURCE, Fact.MANIFEST_BROKEN, detail=str(error))
        return
    manifest = signed.manifest
    made_utc_ns = manifest.made_utc_ns
    yield from signer_findings(_SOURCE, signed.chain, evidence.trust, made_utc_ns, role)
    if evidence.container is not None and evidence.container != manifest.container:
        detail = f"it is of {manifest.container}/{manifest.clip}"
        yield Finding(_SOURCE, Fact.MANIFEST_OF_ANOTHER, detail=detail)
    yield from _content(evidence, manifest)
    yield from _remarks(manifest)


def _content(evidence: Evidence, manifest: Manifest) -> Iterator[Finding]:
    """The file, byte for byte; where it differs, unit by unit."""
    body = evidence.body
    if manifest.clear is not None and body.clear_sha256 == manifest.clear.sha256:
        detail = f"SHA-256 {manifest.clear.sha256}, {manifest.media.frames} pictures"
        yield Finding(_SOURCE, Fact.FILE_IS_SIGNED, 0, manifest.media.duration_ns, detail)
        return
    if body.stored_sha256 == manifest.stored.sha256 and manifest.sealed:
        detail = f"SHA-256 {manifest.stored.sha256}, {manifest.media.frames} pictures"
        yield Finding(_SOURCE, Fact.SEALED_FILE_IS_SIGNED, 0, manifest.media.duration_ns, detail)
        return
    if body.clear is None:
        yield Finding(_SOURCE, Fact.FILE_DIFFERS, detail=_digests(body.stored_sha256, manifest))
        return
    yield from _differing(evidence, manifest)


def _differing(evidence: Evidence, manifest: Manifest) -> Iterator[Finding]:
    body = evidence.body
    footage = body.footage
    frames = len(footage.samples) if footage is not None else 0
    end_ns = footage.end_ns if footage is not None else 0
    count = f"{frames} pictures, the camera signed {manifest.media.frames}"
    if frames < manifest.media.frames:
        yield Finding(_SOURCE, Fact.FRAMES_MISSING, end_ns, end_ns, count)
    elif frames > manifest.media.frames:
        yield Finding(_SOURCE, Fact.FRAMES_TOO_MANY, detail=count)
    if footage is None or body.clear is None or not footage.units or not manifest.units:
        yield Finding(_SOURCE, Fact.FILE_DIFFERS, detail=_digests(body.clear_sha256, manifest))
        return
    found = [_sha256(body.clear[unit.start : unit.end]) for unit in footage.units]
    yield from compare_units(_signed_units(manifest), found, _SOURCE)


def _signed_units(manifest: Manifest) -> list[SignedUnit]:
    ends_ns = [unit.media_end_ns for unit in manifest.units]
    starts_ns = [0, *ends_ns]
    return [
        SignedUnit(unit.sha256, start_ns, unit.media_end_ns)
        for unit, start_ns in zip(manifest.units, starts_ns, strict=False)
    ]


def _remarks(manifest: Manifest) -> Iterator[Finding]:
    """What the camera itself says is missing, and what its times are worth."""
    account = manifest.media.account
    if account is not None and account.pictures.gap_count:
        lost_s = account.pictures.camera_lost_ns / _NS_PER_S
        detail = f"{account.pictures.gap_count} gaps, {lost_s:.2f} s without a camera"
        yield Finding(_SOURCE, Fact.CAPTURE_GAPS, detail=detail)
    if manifest.utc.error_ns is None:
        yield Finding(_SOURCE, Fact.TIME_UNCERTAIN)


def _sha256(data: memoryview) -> str:
    return hashlib.sha256(data).hexdigest()


def _digests(found: str | None, manifest: Manifest) -> str:
    """A sealed clip that was cut off has no digest in the clear: the camera could not know it."""
    signed = manifest.clear or manifest.stored
    return f"its SHA-256 is {found}, the camera signed {signed.sha256}"
