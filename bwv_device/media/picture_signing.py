"""Signs the pictures of one clip on their way to the muxer.

Who uses it: the clip writer, which knows which picture is the last. Procedures S1 and S2 of
docs/design/media-signing.md. Nothing here ends footage: what can't be signed goes on unsigned, and
`unsigned` says so.
"""

import logging
from typing import TYPE_CHECKING

from bwv_device.errors import BwvError
from bwv_device.evidence.media_signing.stream_signer import StreamSigner
from bwv_device.evidence.media_signing.values import Vendor
from bwv_device.evidence.records import Recording

if TYPE_CHECKING:
    from bwv_device.evidence.signer import Signer

log = logging.getLogger(__name__)


class PictureSigning:
    """Of one clip; one thread uses it."""

    def __init__(self, signer: "Signer", recording: Recording, utc_offset_ns: int) -> None:
        """`utc_offset_ns` is what the recording adds to monotonic times."""
        # Who made the camera is not known here; what it is called is.
        vendor = Vendor(recording.firmware_version, recording.serial, recording.model)
        self._stream = StreamSigner(signer, vendor)
        self._utc_offset_ns = utc_offset_ns
        self._given_up: str | None = None

    @property
    def signed_bytes(self) -> int:
        """Bytes that signatures have added so far."""
        return self._stream.signed_bytes

    @property
    def most_to_come_bytes(self) -> int:
        """Bytes that the end of the clip may add, at most."""
        return self._stream.most_to_come_bytes

    @property
    def unsigned(self) -> str | None:
        """What of the clip has no signature that should have one, in words; None when nothing."""
        if self._given_up is not None:
            return self._given_up
        parts = self._stream.unsigned_parts
        return f"{parts} parts have no signature: the signer failed" if parts else None

    def give(self, data: bytes, time_ns: int, *, is_last: bool) -> bytes:
        """A picture (annex B, captured at `time_ns`, monotonic) as it goes into the file."""
        if self._given_up is not None:
            return data
        give = self._stream.add_last if is_last else self._stream.add
        try:
            return give(data, time_ns + self._utc_offset_ns)
        except BwvError as error:
            # An encoder that gives what it should not; footage matters more than its signature.
            log.error("a clip is not signed from here on: %s", error)
            self._given_up = f"it is not signed to its end: {error}"
            return data
