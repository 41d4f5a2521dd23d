"""Content Credentials (C2PA) for exported clips: made, and read back with C2PA's own reader.

Used by `bwv export`. The credential names the device as the one that captured, and carries what was
verified; it is signed by whoever exports. No network is used: no time stamp is asked for, nothing
is fetched. The library is c2pa-python, the binding of the reference implementation.
"""

import json
from pathlib import Path
from typing import Any

import c2pa

from bwv_device.cli.export.errors import ExportError
from bwv_device.cli.export.exporter import Exporter
from bwv_device.cli.export.item import Item
from bwv_device.evidence.verification.words import headline
from bwv_device.protocol.times import rfc3339_ms
from bwv_device.version import VERSION

FORMAT = "video/mp4"
CAPTURED = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
MAKER = "bwv-device"
VERIFICATION_LABEL = "org.bwv-device.verification"
_GOOD_STATES = frozenset({"Valid", "Trusted"})
_NAMESPACES = {
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/2.32/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
}


def make_credential(
    item: Item, clip: Path, copy: Path, exporter: Exporter, now_utc_ns: int
) -> bytes:
    """Sign a credential over the file `clip`, which is only read, and give it; and make `copy`, the
    same clip with a credential of the same content inside. Both are read back.

    Raises `ExportError` when the clip's form has no place for one, or the reader does not take it,
    `OSError` for what the disk does.
    """
    stated = _stated(item, now_utc_ns)
    try:
        sidecar = _sign(stated, clip, copy, exporter, embed=False)
        _sign(stated, clip, copy, exporter, embed=True)
        states = {read_state(clip, exporter, sidecar), read_state(copy, exporter)}
    except c2pa.C2paError as error:
        copy.unlink(missing_ok=True)
        raise ExportError(f"no credential can be made for {item.name}: {error}") from error
    if not states <= _GOOD_STATES:
        copy.unlink(missing_ok=True)
        raise ExportError(f"C2PA's reader calls the credential {', '.join(sorted(states))}")
    return sidecar


def read_state(clip: Path, exporter: Exporter, sidecar: bytes | None = None) -> str:
    """What C2PA's reader says of a clip: `Trusted`, `Valid` or `Invalid`; the exporter's own root
    is its anchor. Raises `c2pa.C2paError` where it finds no credential."""
    context = _context(exporter)
    with (
        clip.open("rb") as file,
        c2pa.Reader(FORMAT, file, manifest_data=sidecar, context=context) as reader,
    ):
        return str(reader.get_validation_state())


def _sign(
    stated: dict[str, Any], clip: Path, target: Path, exporter: Exporter, *, embed: bool
) -> bytes:
    """The manifest store; `target` becomes the clip, with it inside when it is embedded."""
    builder = c2pa.Builder(stated, context=_context(exporter))
    if not embed:
        builder.set_no_embed()
    algorithm = c2pa.C2paSigningAlg.ES256
    certificates = exporter.certificates_pem
    with (
        c2pa.Signer.from_callback(exporter.sign, algorithm, certificates, None) as signer,
        clip.open("rb") as source,
        target.open("w+b") as made,
    ):
        return bytes(builder.sign(signer, FORMAT, source, made))


def _context(exporter: Exporter) -> c2pa.Context:
    settings = {
        "version": 1,
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
        "trust": {"user_anchors": exporter.certificates_pem},
        "builder": {"thumbnail": {"enabled": False}},
    }
    return c2pa.Context(settings=c2pa.Settings.from_json(json.dumps(settings)))


def _stated(item: Item, now_utc_ns: int) -> dict[str, Any]:
    """The credential's content: who captured, when, and what was verified."""
    return {
        "claim_generator_info": [{"name": MAKER, "version": VERSION}],
        "title": item.name,
        "format": FORMAT,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [_created(item)]}},
            {"label": "c2pa.metadata", "kind": "Json", "data": _device(item)},
            {"label": VERIFICATION_LABEL, "kind": "Json", "data": _verified(item, now_utc_ns)},
        ],
    }


def _created(item: Item) -> dict[str, Any]:
    action: dict[str, Any] = {"action": "c2pa.created", "digitalSourceType": CAPTURED}
    manifest = item.manifest
    if manifest is not None:
        device = manifest.device
        action["when"] = rfc3339_ms(manifest.media.start_utc_ns)
        action["softwareAgent"] = {
            "name": f"{device.model} {device.serial}",
            "version": device.firmware_version,
        }
    return action


def _device(item: Item) -> dict[str, Any]:
    manifest = item.manifest
    data: dict[str, Any] = {"@context": _NAMESPACES, "tiff:Make": MAKER}
    if manifest is not None:
        data["tiff:Model"] = manifest.device.model
        data["exifEX:BodySerialNumber"] = manifest.device.serial
        data["exif:DateTimeOriginal"] = rfc3339_ms(manifest.media.start_utc_ns)
    return data


def _verified(item: Item, now_utc_ns: int) -> dict[str, Any]:
    verdict = item.outcome.verdict
    return {
        "verdict": verdict.grade.value,
        "text": headline(verdict),
        "verified": rfc3339_ms(now_utc_ns),
        "signers": item.outcome.signers,
        "sha256": item.evidence.body.clear_sha256,
        "storedSha256": item.evidence.body.stored_sha256,
    }
