"""Signs a stream of H.264 pictures as they are written: gives each back, some with a SEI in it.

Who uses it: the clip writer has one for each clip. The numbered rules are those of
docs/design/media-signing.md.
"""

import logging
from collections import deque
from typing import TYPE_CHECKING

from bwv_device.evidence.errors import SigningError
from bwv_device.evidence.media_signing import nal_units, sei, values
from bwv_device.evidence.media_signing.part import MOST_ENTRIES, Part, list_hash
from bwv_device.evidence.media_signing.signing_time import to_ticks

# A camera that starts has better to do than to import what signatures need.
if TYPE_CHECKING:
    from bwv_device.evidence.signer import Signer

log = logging.getLogger(__name__)

PART_PICTURES = 10
"""A part ends at the latest behind so many pictures: so many at most, and those of the part
before, has a clip that was cut off behind its last signature."""
MOST_WAITING = 60
"""So many documents wait for a signer that fails: half a minute at the least."""
_SIGNATURE_BYTES = 3 + values.MOST_SIGNATURE_BYTES
_SEI_BYTES = 300
"""Of a SEI beside certificates and list: header, UUID, GENERAL, names, signature."""


class StreamSigner:
    """Of one stream, from its first picture, which is an IDR picture; one thread uses it."""

    def __init__(
        self, signer: "Signer", vendor: values.Vendor, part_pictures: int = PART_PICTURES
    ) -> None:
        self._signer, self._vendor, self._part_pictures = signer, vendor, part_pictures
        self._certificates = self._certificate_values()
        self._part: Part | None = None
        self._counter = 0
        self._linked = bytes(values.HASH_BYTES)
        self._unsigned: deque[bytes] = deque()
        self._due: list[bytes] = []
        self._signed_bytes = 0
        self._lost = 0
        self._fails = False

    @property
    def signed_bytes(self) -> int:
        """Bytes that signatures have added to the stream so far."""
        return self._signed_bytes

    @property
    def most_to_come_bytes(self) -> int:
        """Bytes that the end of the stream may add to `signed_bytes`, at most."""
        list_bytes = MOST_ENTRIES * values.HASH_BYTES
        one = _SEI_BYTES + len(self._certificates)
        waiting = sum(len(document) + _SEI_BYTES for document in self._unsigned)
        return 2 * one + list_bytes + waiting

    @property
    def unsigned_parts(self) -> int:
        """Parts of the stream that have ended and have no signature: the signer failed."""
        return self._lost + len(self._unsigned)

    def add(self, picture: bytes, utc_ns: int) -> bytes:
        """The picture (one access unit in the form of annex B, captured at `utc_ns`) as it goes
        into the stream. Raises `SigningError` for what is no picture, or begins no stream; what
        the signer itself raises ends nothing: the picture goes on without a signature."""
        slices, starts_group = self._look_at(picture)
        due, self._due = self._due, []
        if self._part is not None and self._is_full(self._part, slices, starts_group):
            made = self._end_part(self._part, utc_ns, triggered=not starts_group)
            # Before the picture that opens a group it would be torn off by a cut there.
            if starts_group:
                self._due = made
            else:
                due += made
        self._fill(slices, utc_ns)
        return self._with_seis(picture, due)

    def add_last(self, picture: bytes, utc_ns: int) -> bytes:
        """As `add`, for the picture with which the stream ends: it carries the signature of all
        before it, and is itself the only one without."""
        slices, starts_group = self._look_at(picture)
        due, self._due = self._due, []
        if self._part is not None and self._part.entries:
            due += self._end_part(self._part, utc_ns, triggered=not starts_group)
        self._fill(slices, utc_ns)
        return self._with_seis(picture, due)

    def _look_at(self, picture: bytes) -> tuple[list[bytes], bool]:
        units = nal_units.split_annex_b(picture)
        slices = [unit for unit in units if nal_units.is_slice(unit)]
        starts_group = any(map(nal_units.starts_group, slices))
        if self._part is None and not starts_group:
            raise SigningError("a signed stream begins with an IDR picture")
        return slices, starts_group

    def _is_full(self, part: Part, slices: list[bytes], starts_group: bool) -> bool:
        if not part.entries:
            return False
        too_many = len(part.entries) + len(slices) > MOST_ENTRIES
        return starts_group or part.pictures >= self._part_pictures or too_many

    def _fill(self, slices: list[bytes], utc_ns: int) -> None:
        if self._part is None:
            self._part = Part(utc_ns)
        self._part.add(slices)

    def _end_part(self, part: Part, end_utc_ns: int, *, triggered: bool) -> list[bytes]:
        """The SEIs that can be put into the stream now: that of the part which ends, and those
        that had to wait for their signer."""
        self._counter += 1
        general = values.General(
            triggered=triggered,
            start_ticks=to_ticks(part.start_utc_ns),
            end_ticks=to_ticks(end_utc_ns),
            counter=self._counter,
            units=len(part.entries),
            gop_hash=list_hash(part.entries),
            linked_hash=self._linked,
        )
        self._linked = part.entries[0]
        self._part = Part(end_utc_ns, part.anchor)
        self._unsigned.append(self._document(general, part.entries))
        return self._sign_waiting()

    def _document(self, general: values.General, entries: list[bytes]) -> bytes:
        # One that ends with its group speaks for a clip that is cut behind it, and so does the
        # first: they bring the certificates.
        brings = general.counter == 1 or not general.triggered
        tlvs = self._certificates if brings else b""
        tlvs += sei.tlv(sei.GENERAL, general.to_bytes())
        if len(entries) <= MOST_ENTRIES:
            tlvs += sei.tlv(sei.HASH_LIST, values.hash_list_bytes(entries))
        return sei.document(tlvs, _SIGNATURE_BYTES)

    def _sign_waiting(self) -> list[bytes]:
        """SEIs of the documents that wait, in order, up to the first that can't be signed."""
        made: list[bytes] = []
        while self._unsigned:
            try:
                signature = self._signer.sign(sei.document_digest(self._unsigned[0]))
            except SigningError as error:
                self._note_failure(error)
                break
            self._note_success()
            value = values.signature_bytes(signature, values.MOST_SIGNATURE_BYTES)
            made.append(sei.signed_unit(self._unsigned.popleft(), value))
        return made

    def _note_failure(self, error: SigningError) -> None:
        if not self._fails:
            log.error("a clip can't be signed now, and goes on without: %s", error)
        self._fails = True
        if len(self._unsigned) > MOST_WAITING:
            self._unsigned.popleft()
            self._lost += 1

    def _note_success(self) -> None:
        if self._fails:
            log.warning("the clip is signed again: %s parts waited", len(self._unsigned))
        self._fails = False

    def _with_seis(self, picture: bytes, seis: list[bytes]) -> bytes:
        if not seis:
            return picture
        inserted = b"".join(nal_units.START_CODE + unit for unit in seis)
        self._signed_bytes += len(inserted)
        at = nal_units.before_first_slice(picture)
        return picture[:at] + inserted + picture[at:]

    def _certificate_values(self) -> bytes:
        return b"".join(
            (
                sei.tlv(sei.CRYPTO_INFO, values.crypto_info_bytes()),
                sei.tlv(sei.VENDOR_INFO, self._vendor.to_bytes()),
                sei.tlv(
                    sei.CERTIFICATES,
                    values.certificates_bytes(self._signer.certificate_chain_pem),
                ),
            )
        )
