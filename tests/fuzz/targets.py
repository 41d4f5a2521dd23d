"""What is fuzzed: functions of bytes that raise nothing but our own errors, and keep their word.

Used by `tests/fuzz/parsers.py`, which finds inputs, and by the test that runs all that were ever
found. A target ends quietly for any input; an `AssertionError` says that what was read does not fit
what was given.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from bwv_device.errors import BwvError
from bwv_device.evidence import jws
from bwv_device.evidence.chain import START, Unit, chained, parse_chain, written
from bwv_device.evidence.fragments import scan_bytes
from bwv_device.evidence.ledger.check import check_segments
from bwv_device.evidence.manifest.signed import KIND as MANIFEST
from bwv_device.evidence.manifest.signed import read_manifest
from bwv_device.evidence.media_signing.nal_units import (
    escape,
    split_annex_b,
    split_lengths,
    unescape,
)
from bwv_device.evidence.media_signing.sei import is_signing, read_sei
from bwv_device.evidence.media_signing.stream_reader import StreamReader
from bwv_device.evidence.receipt.signed import KIND as RECEIPT
from bwv_device.evidence.receipt.signed import read_receipt
from bwv_device.evidence.sealing.key_file import KeyFile, parse_key_file
from bwv_device.evidence.sealing.scan import scan_sealed_bytes
from bwv_device.evidence.signer import KeySigner
from bwv_device.evidence.verification.footage import read_footage
from bwv_device.protocol import digest, names, resumable, tags, times
from bwv_device.protocol.capabilities import ALL_CAPABILITIES, parse_capabilities
from bwv_device.protocol.categories import parse_categories
from bwv_device.protocol.clip_account import parse_document
from bwv_device.protocol.connection import build_connection_file, parse_connection_file
from bwv_device.protocol.est import parse_basic, parse_body
from bwv_device.protocol.metadata import decode
from bwv_device.protocol.pictures import parse_gaps
from bwv_device.protocol.roles import parse_role_uri
from bwv_device.protocol.track import parse_track, track_json, track_point
from tests.support.clips import clip_bytes
from tests.support.signing_keys import make_root, make_signer

Run = Callable[[bytes], object]


@dataclass(frozen=True)
class Target:
    """A parser. `seeds` are inputs that it takes, to begin with."""

    run: Run
    seeds: Callable[[], list[bytes]]

    def __call__(self, data: bytes) -> None:
        """Run it; our own errors are what it may answer with."""
        try:
            self.run(data)
        except BwvError:
            return


def _scan_clip(data: bytes) -> None:
    """What is whole stays whole when all behind it is cut off, as the repair does it."""
    found = scan_bytes(memoryview(data))
    assert found.whole_bytes <= len(data)
    again = scan_bytes(memoryview(data[: found.whole_bytes]))
    assert (again.whole_bytes, again.fragments) == (found.whole_bytes, found.fragments)
    if found.fragments:
        read_footage(memoryview(data))


def _scan_sealed(data: bytes) -> None:
    found = scan_sealed_bytes(memoryview(data))
    assert found.whole_bytes <= len(data)


def _units(data: bytes) -> None:
    split_lengths(data)
    for unit in split_annex_b(data):
        if is_signing(unit):
            read_sei(unit)
    # A unit never ends in a zero, which `escape` relies on.
    unit = data + b"\x80"
    assert unescape(escape(unit)) == unit


def _stream(data: bytes) -> None:
    reader = StreamReader()
    pictures = 0
    for picture in data.split(b"\x00\x00\x00\x01\x09"):
        reader.add(split_annex_b(picture))
        pictures += 1
    assert len(reader.finish().states) <= len(data) + pictures


def _chain(data: bytes) -> None:
    units = parse_chain(data)
    assert parse_chain(written(units)) == units


def _ledger(data: bytes) -> None:
    check_segments([(1, data)])
    check_segments([(1, data)], are_closed=True)


def _key_file(data: bytes) -> None:
    found = parse_key_file(data)
    assert parse_key_file(found.to_json()) == found


def _connection(data: bytes) -> None:
    found = parse_connection_file(data)
    assert parse_connection_file(found.to_json()) == found


@cache
def _signer() -> KeySigner:
    return make_signer(make_root())


def _payload_of(kind: str, read: Run) -> Run:
    """The document inside a signature that is right: a fuzzer makes none."""
    return lambda data: read(jws.sign(data, kind, _signer()))


def _documents(data: bytes) -> None:
    """Each parser of JSON sees the same document."""
    for parse in (parse_document, parse_track, parse_capabilities, parse_categories):
        _quietly(parse, data)


def _texts(data: bytes) -> None:
    """What stands in a header or a name: each parser sees the same text."""
    text = data.decode("latin-1")
    for parse in (
        *(digest.parse_repr_digest, digest.parse_etag, digest.check_sha256_hex),
        *(names.container_kind, names.object_kind, names.parse_clip_object, names.check_name),
        *(names.parse_ledger_container, names.parse_ledger_object),
        *(resumable.parse_boolean, resumable.parse_integer, resumable.parse_limits),
        *(resumable.is_urgent, resumable.is_partial_upload),
        *(tags.parse_tags, parse_gaps, parse_role_uri, parse_basic),
        *(times.parse_epoch_seconds, times.parse_rfc3339, times.parse_name_time),
    ):
        _quietly(parse, text)
    _quietly(parse_body, data)
    name, _, value = text.partition(":")
    _quietly(decode, [(name, value), ("X-Object-Meta-" + name, value)])


def _quietly(parse: Callable[..., object], data: object) -> None:
    try:
        parse(data)
    except BwvError:
        return


def _clips() -> list[bytes]:
    return [clip_bytes(0.4, sound=False), clip_bytes(1.2)]


def _chains() -> list[bytes]:
    first = Unit(0, 100, 100, 0, 0, "ab" * 32, chained(START, "ab" * 32), "")
    second = Unit(1, 200, 200, 5, 9, "cd" * 32, chained(first.chain, "cd" * 32), "")
    return [written([first]), written([first, second])]


def _annex_b() -> list[bytes]:
    uuid = bytes.fromhex("005bc93f2d715e95ada4796f90877a6f")
    sei = b"\x00\x00\x00\x01\x06\x05\x30" + uuid + bytes(31) + b"\x80"
    picture = b"\x00\x00\x00\x01\x65\x88\x84"
    return [sei, picture + sei + b"\x01\x00\x02ab\x80"]


def _connections() -> list[bytes]:
    made = build_connection_file(
        uris=["https://dock.example/auth/v1.0"],
        user_name="u",
        key="k",
        site_name="Site",
        application=("app", "1"),
    )
    return [made.to_json()]


_JSON = (
    b'{"Version":1}',
    b'{"CoordinateEntries":[]}',
    b'[{"Name":"a","Id":"1"}]',
)


def _json_seeds() -> list[bytes]:
    track = track_json([track_point(51.5, -0.1, 10**18, 10**18)])
    return [*_JSON, track, ALL_CAPABILITIES.to_json()]


TARGETS: dict[str, Target] = {
    "mp4": Target(_scan_clip, _clips),
    "sealed clip": Target(_scan_sealed, _clips),
    "sei": Target(_units, _annex_b),
    "signed stream": Target(_stream, _annex_b),
    "manifest": Target(_payload_of(MANIFEST, read_manifest), lambda: list(_JSON)),
    "receipt": Target(_payload_of(RECEIPT, read_receipt), lambda: list(_JSON)),
    "signed document": Target(read_manifest, lambda: [jws.sign(b"{}", MANIFEST, _signer())]),
    "key file": Target(_key_file, lambda: [KeyFile(b"k" * 384, b"i" * 16, "id").to_json()]),
    "connection file": Target(_connection, _connections),
    "chain": Target(_chain, _chains),
    "ledger": Target(_ledger, lambda: [b'{"n":1}\n']),
    "documents": Target(_documents, _json_seeds),
    "texts": Target(_texts, lambda: [b"sha-256=:YWJj:", b"a:b;c:d", b"20231114T221320Z", b"?1"]),
}
"""By name. All that reads bytes which came from outside is in one of them."""
