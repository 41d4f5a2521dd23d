"""The account of a clip: everything that is known to be missing in it.

Who uses it: the recorder makes it when a clip is closed, the journal keeps it, the dock client
sends it. With the certificate of its recording it is one document at the destination, for those
clips whose gaps are too many for metadata.
"""

from pydantic import Field, ValidationError

from bwv_device.protocol.buffer_certificate import BufferCertificate
from bwv_device.protocol.documents import first_problem, parse_json
from bwv_device.protocol.pictures import Fact, PictureAccount

DOCUMENT_MAX_BYTES = 1_000_000


class ClipAccount(Fact):
    """What a closed clip has, and what it lacks."""

    pictures: PictureAccount
    """Its gaps count from the clip's start."""
    sound_lost_ns: int | None = Field(default=None, ge=0)
    """Time of the clip for which there should be sound and is none: lost on the way, silent
    because the microphone was gone, or too late for the clip. None where no microphone is
    configured."""


class ClipDocument(Fact):
    """All that is known of one clip, as it lies beside the clip at the destination."""

    clip: str
    """The clip object's name."""
    account: ClipAccount | None = None
    certificate: BufferCertificate | None = None
    """With the first clip of a recording."""


def parse_document(body: bytes | str) -> ClipDocument:
    """Read a document from the wire; raises `ProtocolError`."""
    what = "clip's account"
    try:
        return ClipDocument.model_validate(parse_json(body, what, DOCUMENT_MAX_BYTES))
    except ValidationError as error:
        raise first_problem(error, what) from error
