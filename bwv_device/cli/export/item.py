"""One clip on its way into a pack: its evidence, what is said of it, and what its camera stated.

Used by `bwv export`.
"""

from dataclasses import dataclass

from bwv_device.cli.export.errors import ExportError
from bwv_device.cli.verify.outcome import Outcome
from bwv_device.evidence.jws import SignedDocumentError
from bwv_device.evidence.manifest.schema import Manifest
from bwv_device.evidence.manifest.signed import SignedManifest, read_manifest
from bwv_device.evidence.verification.checks import verify
from bwv_device.evidence.verification.evidence import Evidence
from bwv_device.evidence.verification.gather import Gatherer, Place
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.names import parse_recording_container

_UNNAMED = "recording"


@dataclass(frozen=True, slots=True)
class Item:
    """A clip that is in the clear, or could be opened."""

    evidence: Evidence
    outcome: Outcome
    clear: memoryview
    """What goes into the pack."""
    signed_manifest: SignedManifest | None
    """None where there is none whose signature is right."""

    @property
    def manifest(self) -> Manifest | None:
        """What the camera states of the clip."""
        return self.signed_manifest.manifest if self.signed_manifest is not None else None

    @property
    def folder(self) -> str:
        """Below which the clip lies in the pack: its recording, as the folder or the manifest
        names it. What a manifest says may be anything, and only a name becomes a path."""
        stated = self.manifest.container if self.manifest is not None else ""
        for name in (self.outcome.container, stated):
            if name is not None and _is_recording(name):
                return name
        return _UNNAMED

    @property
    def name(self) -> str:
        """The clip's file name."""
        return self.evidence.name


def make_item(place: Place, gatherer: Gatherer) -> Item:
    """Gather and verify. Raises `StoreError`, and `ExportError` for a clip that stays sealed."""
    if not place.path.name.isprintable():
        # It would stand in the list of checksums, where a line break begins another line.
        raise ExportError(f"{place.path.name!a} is no name for a pack: rename the file")
    evidence = gatherer.gather(place)
    body = evidence.body
    if body.clear is None:
        raise ExportError(
            f"{place.path} is sealed and can't be opened: {body.problem or 'give the private key'}"
        )
    outcome = Outcome(place.path, place.container, body.stored_sha256, verify(evidence))
    return Item(evidence, outcome, body.clear, _manifest(evidence.papers.manifest))


def _is_recording(name: str) -> bool:
    try:
        parse_recording_container(name)
    except ProtocolError:
        return False
    return True


def _manifest(text: bytes | None) -> SignedManifest | None:
    if text is None:
        return None
    try:
        return read_manifest(text)
    except SignedDocumentError:
        # That it can't be read is among the findings.
        return None
