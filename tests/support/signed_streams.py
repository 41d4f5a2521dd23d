"""Streams of H.264 for tests of signatures, written as words: `IPPIPP` is two groups of three.

A capital letter begins a picture, a small one is a further slice of it; `I` and `i` are slices of
an IDR picture, `P` and `p` of another one. What a reading says is a word too, a letter a picture.
"""

import random
import re
from collections.abc import Iterable, Sequence

from bwv_device.evidence.media_signing import nal_units, sei
from bwv_device.evidence.media_signing.reading import PictureState, StreamReading
from bwv_device.evidence.media_signing.stream_reader import StreamReader
from bwv_device.evidence.media_signing.stream_signer import StreamSigner
from bwv_device.evidence.media_signing.values import Vendor
from bwv_device.evidence.signer import Signer
from tests.support.signing_keys import the_signer

FRAME_NS = 40_000_000
START_UTC_NS = 1_795_000_000_000_000_000
VENDOR = Vendor("1.2.3", "BWV-TEST-1", "Test & Sons")
LETTERS = {
    PictureState.AUTHENTIC: ".",
    PictureState.NOT_COVERED: "_",
    PictureState.UNSIGNED: "U",
    PictureState.ADDED: "A",
    PictureState.ALTERED: "N",
}
_SLICE_BYTES = 60


def make_picture(word: str, chance: random.Random) -> bytes:
    """One picture of the slices in `word`, in the form of annex B."""
    return b"".join(nal_units.START_CODE + _slice(letter, chance) for letter in word)


def make_stream(words: str, seed: int = 1) -> list[bytes]:
    """The pictures of `words`; another `seed` gives other contents."""
    chance = random.Random(seed)
    return [make_picture(word, chance) for word in re.findall("[A-Z][a-z]*", words)]


def capture_ns(number: int) -> int:
    """When the picture with this number was captured."""
    return START_UTC_NS + number * FRAME_NS


def make_stream_signer(signer: Signer | None = None, **options: int) -> StreamSigner:
    """A signer of a new stream."""
    return StreamSigner(signer or the_signer(), VENDOR, **options)


def sign(pictures: Sequence[bytes], stream_signer: StreamSigner | None = None) -> list[bytes]:
    """The pictures as they go into a clip that ends with the last one."""
    by = stream_signer or make_stream_signer()
    last = len(pictures) - 1
    return [
        (by.add_last if number == last else by.add)(picture, capture_ns(number))
        for number, picture in enumerate(pictures)
    ]


def signed(words: str, seed: int = 1, **options: int) -> list[bytes]:
    """The stream of `words`, signed to its end."""
    return sign(make_stream(words, seed), make_stream_signer(**options))


def read(pictures: Iterable[bytes]) -> StreamReading:
    """What the signatures in a stream say."""
    reader = StreamReader()
    for picture in pictures:
        reader.add(nal_units.split_annex_b(picture))
    return reader.finish()


def letters(reading: StreamReading) -> str:
    """The states of the pictures as a word."""
    return "".join(LETTERS[state] for state in reading.states)


def layout(pictures: Iterable[bytes]) -> str:
    """A stream as a word, with `S` for each signing SEI."""
    return "".join(_letter(unit) for each in pictures for unit in nal_units.split_annex_b(each))


def without_seis(picture: bytes) -> bytes:
    """The picture with its signing SEIs taken out."""
    units = [unit for unit in nal_units.split_annex_b(picture) if not sei.is_signing(unit)]
    return b"".join(nal_units.START_CODE + unit for unit in units)


def seis(picture: bytes) -> bytes:
    """The signing SEIs of a picture alone."""
    units = [unit for unit in nal_units.split_annex_b(picture) if sei.is_signing(unit)]
    return b"".join(nal_units.START_CODE + unit for unit in units)


def alter(picture: bytes) -> bytes:
    """The picture with one bit of its last slice turned."""
    return picture[:-2] + bytes((picture[-2] ^ 0x10,)) + picture[-1:]


def _slice(letter: str, chance: random.Random) -> bytes:
    kind = nal_units.IDR if letter in "Ii" else nal_units.SLICE
    first = 0x80 if letter.isupper() else 0x40
    body = bytes(chance.randrange(4, 255) for _ in range(_SLICE_BYTES))
    return bytes((0x60 | kind, first)) + body + b"\x80"


def _letter(unit: bytes) -> str:
    if nal_units.is_slice(unit):
        letter = "I" if nal_units.kind(unit) == nal_units.IDR else "P"
        return letter if nal_units.is_primary(unit) else letter.lower()
    return "S" if sei.is_signing(unit) else "o"
