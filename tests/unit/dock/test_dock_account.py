"""What is missing in a clip, on its way to a destination: in the metadata, and whole."""

from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.dock import describe
from bwv_device.dock.describe_account import account_metadata, account_object
from bwv_device.protocol.buffer_certificate import BufferCertificate, ShortCause, Shortfall
from bwv_device.protocol.clip_account import ClipAccount, parse_document
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.keys import ObjectKey
from bwv_device.protocol.metadata import MetaPrefix, encode
from bwv_device.protocol.pictures import GAPS_MAX, Fact, Gap, PictureAccount, gaps_text, parse_gaps
from tests.support.accounts import ACCOUNT, CERTIFICATE, account_clip, many_gaps
from tests.support.docking_camera import Rig
from tests.unit.dock.fake_destination import FakeDestination
from tests.unit.dock.test_dock_describe import CLIP, RECORDING

UNHURRIED = settings(deadline=None)
MS = 1_000_000
NAME = "clips/x/20261123_202100_7CF7.mp4"
SPANS_NS = st.integers(0, 10**17)
COUNTS = st.integers(0, 10**9)
FactT = TypeVar("FactT", bound=Fact)


def facts(kind: type[FactT], **fields: st.SearchStrategy[object]) -> st.SearchStrategy[FactT]:
    """Any fact of a kind. `st.builds` would make up values for the names in JSON as well."""
    return st.fixed_dictionaries(fields).map(kind.model_validate)


GAPS = st.lists(
    facts(Gap, offset_ns=st.integers(-(10**17), 10**17), length_ns=SPANS_NS, frames_missing=COUNTS),
    max_size=GAPS_MAX,
).map(tuple)
PICTURES = facts(
    PictureAccount,
    frames_expected=COUNTS,
    frames_captured=COUNTS,
    frames_dropped=COUNTS,
    frames_skipped=COUNTS,
    camera_lost_ns=SPANS_NS,
    gaps=GAPS,
    gaps_unlisted=st.just(0) | COUNTS,
)
ACCOUNTS = facts(ClipAccount, pictures=PICTURES, sound_lost_ns=st.none() | SPANS_NS)
SHORTFALLS = facts(Shortfall, cause=st.sampled_from(ShortCause), seconds=st.floats(0, 1e9))
CERTIFICATES = facts(
    BufferCertificate,
    asked_ns=SPANS_NS,
    delivered_ns=SPANS_NS,
    sound_kept=st.booleans(),
    short=st.none() | SHORTFALLS,
    counted_up_to_ns=st.integers(-(10**12), 0),
    pictures=PICTURES,
)


@UNHURRIED
@given(account=ACCOUNTS, certificate=CERTIFICATES)
def test_any_account_fits_into_metadata_or_lies_beside_the_clip_whole(
    account: ClipAccount, certificate: BufferCertificate
) -> None:
    clip = replace(
        CLIP,
        file=NAME,
        account=account,
        certificate=certificate,
        pre_record_short_reason="x" * 300,
        overload="9" * 300,
        frames_skipped=10**9,
    )
    values = describe.damaged_clip_metadata(RECORDING, clip, "ef" * 32, "y" * 300)
    encode(MetaPrefix.OBJECT, values)
    listed = parse_gaps(values.get(ObjectKey.GAPS, ""))
    assert listed == parse_gaps(gaps_text(account.pictures.gaps, 10**6)[0])[: len(listed)]
    assert int(values[ObjectKey.GAP_COUNT]) == account.pictures.gap_count
    document = account_object(clip)
    before = parse_gaps(values.get(ObjectKey.PRE_RECORD_GAPS, ""))
    says_all = len(listed) == account.pictures.gap_count
    says_all &= len(before) == certificate.pictures.gap_count
    assert (document is None) == says_all
    if document is not None:
        name, meta, body = document
        assert name == "20261123_202100_7CF7_account.json" and meta == {"FileType": "json"}
        read = parse_document(body)
        assert (read.account, read.certificate) == (account, certificate)
        assert read.clip == "20261123_202100_7CF7.mp4"


@UNHURRIED
@given(GAPS, st.integers(0, 300))
def test_gaps_as_text_are_whole_and_read_back_to_the_millisecond(
    gaps: tuple[Gap, ...], max_bytes: int
) -> None:
    text, said = gaps_text(gaps, max_bytes)
    assert len(text) <= max_bytes and "%" not in text
    read = parse_gaps(text)
    assert len(read) == said
    for there, back in zip(gaps, read, strict=False):
        assert abs(there.offset_ns - back.offset_ns) <= MS // 2
        assert abs(there.length_ns - back.length_ns) <= MS // 2
        assert there.frames_missing == back.frames_missing
    more = gaps_text(gaps, max_bytes + 100)[1]
    assert said == len(gaps) or more > said, "as many as fit"


@pytest.mark.parametrize("text", ["", "x", "1_2_3", "1.000_2.000", "1.000_-2.000_3", "~~", "é_1_1"])
def test_what_is_no_gap_is_passed_over(text: str) -> None:
    assert parse_gaps(text) == ()


@pytest.mark.parametrize("body", [b"", b"[]", b'{"Clip": 1}', b'{"Clip": "x", "Account": {}}'])
def test_a_document_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError, match="account"):
        parse_document(body)


def test_a_clip_that_was_cut_off_says_what_is_known_and_makes_nothing_up() -> None:
    clip = replace(CLIP, account=None, certificate=CERTIFICATE)
    values = account_metadata(clip)
    assert values[ObjectKey.PRE_RECORD_COUNTED_UP_TO_S] == "-0.010"
    assert ObjectKey.GAP_COUNT not in values and ObjectKey.SOUND_LOST_S not in values
    assert account_metadata(CLIP) == {}


def test_a_clip_carries_its_account_and_the_certificate(rig: Rig, fake: FakeDestination) -> None:
    few = CERTIFICATE.pictures.model_copy(update={"gaps_unlisted": 0})
    certificate = CERTIFICATE.model_copy(update={"pictures": few})
    clip = account_clip(rig.store, ACCOUNT.model_copy(update={"pictures": few}), certificate)
    assert rig.push().ok
    (stored,) = fake.clips(rig.container(clip)).values()
    assert stored.meta == stored.meta | {
        "FramesExpected": "75",
        "FramesCaptured": "73",
        "FramesDropped": "2",
        "CameraLostS": "0.400",
        "SoundLostS": "1.500",
        "GapCount": "1",
        "Gaps": "-2.000_0.080_2",
        "PreRecordDeliveredS": "2.500",
        "PreRecordShortReason": "booted, capture had begun 2.5 s before the trigger",
        "PreRecordShortCause": "Booted",
        "PreRecordSound": "NotKept",
        "PreRecordFramesExpected": "75",
        "PreRecordFramesCaptured": "73",
        "PreRecordFramesDropped": "2",
        "PreRecordCameraLostS": "0.400",
        "PreRecordGapCount": "1",
        "PreRecordGaps": "-2.000_0.080_2",
        "PreRecordCountedUpToS": "-0.010",
    }
    assert not [path for path in fake.objects if path.endswith("_account.json")]


def test_an_account_that_is_too_long_goes_out_before_the_recording_is_complete(
    rig: Rig, fake: FakeDestination
) -> None:
    account = ACCOUNT.model_copy(update={"pictures": many_gaps(90)})
    clip = account_clip(rig.store, account)
    assert rig.push().ok
    (path,) = [path for path in fake.objects if path.endswith("_account.json")]
    assert parse_document(fake.objects[path].body).account == account
    (stored,) = fake.clips(rig.container(clip)).values()
    assert stored.meta["GapCount"] == "90" and 5 < len(parse_gaps(stored.meta["Gaps"])) < 90
    changes = [path for method, path in fake.log if method in ("PUT", "POST")]
    assert changes[-1] == rig.container(clip) and changes[-2].endswith("_account.json")
