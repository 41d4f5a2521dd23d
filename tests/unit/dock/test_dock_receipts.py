"""Clips are freed on a receipt where the destination gives receipts, and on nothing else there."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bwv_device.dock.docking import Step
from bwv_device.dock.events import NextTry
from bwv_device.errors import Kind
from bwv_device.evidence.errors import IllegalStepError, SigningError
from bwv_device.evidence.manifest.keeping import Manifests
from bwv_device.evidence.manifest.signed import read_manifest
from bwv_device.evidence.receipt.schema import Receipt
from bwv_device.evidence.receipt.signed import read_receipt, text_sha256
from bwv_device.evidence.records import ClipState
from bwv_device.evidence.room import free_acknowledged
from bwv_device.evidence.signer import Signer
from bwv_device.protocol.capabilities import ALL_CAPABILITIES
from bwv_device.protocol.names import RECEIPT_OBJECT, manifest_object
from bwv_device.protocol.roles import DeviceRole
from tests.support import stores
from tests.support.docking_camera import CLIP, OTHER_CLIP, Crash, Rig
from tests.support.sealing import public_key_attributes, record_sealed
from tests.support.signing_keys import FROM, make_root, make_signer, the_root
from tests.unit.dock.fake_destination import FakeDestination, FakeReceipts, Proves
from tests.unit.dock.receipted import DESTINATION, anchored, give_receipts


@pytest.fixture
def receipts(rig: Rig, fake: FakeDestination) -> FakeReceipts:
    """The destination gives receipts, and the camera knows who signs them."""
    return give_receipts(rig, fake)


def assert_nothing_is_freed(rig: Rig, *words: str) -> None:
    """The clips are here, and a person is told with these words what to do."""
    assert set(rig.states()) == {ClipState.ACKNOWLEDGED}
    assert all(rig.store.path(clip).exists() for clip in rig.store.journal.clips())
    told = " ".join(rig.problems())
    for word in words:
        assert word in told


@pytest.mark.parametrize("answers_complete", [True, False])
def test_a_clip_is_freed_on_the_receipt_which_stays(
    rig: Rig, fake: FakeDestination, receipts: FakeReceipts, answers_complete: bool
) -> None:
    receipts.answers_complete = answers_complete
    clip = rig.record()
    assert rig.push().ok
    assert rig.states() == [ClipState.PURGED]
    assert not rig.store.path(clip).exists()
    (stored,) = rig.store.journal.receipts()
    assert stored.text.encode() == receipts.given[0]
    assert (stored.container, stored.number) == (rig.container(clip), 1)
    assert rig.clip(clip).receipt_id == stored.id
    assert fake.asked("GET", f".*/{RECEIPT_OBJECT}") == (0 if answers_complete else 1)
    assert rig.wrong() == []


def test_a_destination_without_receipts_frees_on_its_digest_as_ever(
    rig: Rig, fake: FakeDestination
) -> None:
    fake.proves = Proves.MD5
    clip = rig.record()
    assert rig.push().ok
    assert not rig.clip(clip).receipt_due
    assert rig.store.journal.receipts() == []


def other_container(receipt: Receipt) -> Receipt:
    return receipt.model_copy(update={"container": "u_s_20260101T000000Z"})


def other_sha256(receipt: Receipt) -> Receipt:
    objects = [one.model_copy(update={"sha256": "ab" * 32}) for one in receipt.objects]
    return receipt.model_copy(update={"objects": tuple(objects)})


def other_length(receipt: Receipt) -> Receipt:
    objects = [one.model_copy(update={"bytes": one.bytes + 1}) for one in receipt.objects]
    return receipt.model_copy(update={"objects": tuple(objects)})


def other_name(receipt: Receipt) -> Receipt:
    objects = [one.model_copy(update={"name": f"x{one.name}"}) for one in receipt.objects]
    return receipt.model_copy(update={"objects": tuple(objects)})


@pytest.mark.parametrize("change", [other_container, other_sha256, other_length, other_name])
def test_a_receipt_about_something_else_frees_nothing(
    rig: Rig, receipts: FakeReceipts, change: Callable[[Receipt], Receipt]
) -> None:
    receipts.change = change
    rig.record()
    summary = rig.push()
    assert summary.next_try is NextTry.SLOWLY
    assert {one.kind for one in summary.problems} == {Kind.FAULT}
    assert_nothing_is_freed(rig, "nothing was freed", "operator")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _text: b"",
        lambda _text: b"{}",
        lambda text: text[:-40],
        lambda text: text.replace(b'"payload": "e', b'"payload": "f'),
        lambda text: b"\xef\xbb\xbf\xff" + text,
    ],
)
def test_a_receipt_that_is_spoilt_frees_nothing(
    rig: Rig, receipts: FakeReceipts, spoil: Callable[[bytes], bytes]
) -> None:
    receipts.spoil = spoil
    rig.record()
    assert not rig.push().ok
    assert_nothing_is_freed(rig, "can't be verified", "nothing was freed", "connection file")


@pytest.mark.parametrize(
    "signer",
    [
        make_signer(make_root("somebody else"), "Fake", DESTINATION),
        make_signer(the_root(), "BWV-0001", DeviceRole("BWV-0001")),
        make_signer(the_root(), "Fake", DESTINATION, until=FROM + timedelta(days=1)),
    ],
    ids=["foreign", "a camera", "expired"],
)
def test_a_receipt_signed_by_somebody_who_may_not_frees_nothing(
    rig: Rig, receipts: FakeReceipts, signer: Signer
) -> None:
    receipts.signer = signer
    rig.record()
    assert not rig.push().ok
    assert_nothing_is_freed(rig, "can't be verified", "nothing was freed", "connection file")


def test_without_an_anchor_nothing_is_freed_and_the_next_file_that_has_it_frees(
    rig: Rig, receipts: FakeReceipts
) -> None:
    anchored(rig)
    rig.record()
    assert not rig.push().ok
    assert_nothing_is_freed(rig, "no certificate is known", "connection file")
    (waiting,) = rig.store.journal.clips()
    assert (waiting.problem or "").startswith("not freed: the receipt of")
    anchored(rig, make_root("other").pem, the_root().pem)
    assert rig.push().ok
    assert rig.states() == [ClipState.PURGED]
    assert rig.clip(waiting).problem is None
    assert len(receipts.given) == 1


@pytest.mark.usefixtures("receipts")
def test_the_authority_of_an_enrolled_camera_is_an_anchor_too(rig: Rig) -> None:
    anchored(rig)
    folder = rig.folder / "identity" / "BWV-0001"
    folder.mkdir(parents=True)
    (folder / "authority.pem").write_text(the_root().pem)
    rig.record()
    assert rig.push().ok


def test_one_bad_receipt_holds_no_other_recording_back(rig: Rig, receipts: FakeReceipts) -> None:
    first, second = rig.record(), rig.record(trigger_s=500)
    bad = rig.container(first)
    receipts.change = lambda receipt: other_sha256(receipt) if receipt.container == bad else receipt
    rig.push()
    assert rig.clip(first).state is ClipState.ACKNOWLEDGED
    assert rig.clip(second).state is ClipState.PURGED


def test_no_room_on_the_card_frees_a_clip_that_waits_for_its_receipt(
    rig: Rig, receipts: FakeReceipts
) -> None:
    receipts.status = 503
    clip = rig.record()
    rig.push()
    assert list(free_acknowledged(rig.store, lambda: False)) == []
    with pytest.raises(IllegalStepError, match="receipt"):
        rig.store.purge(rig.clip(clip))
    assert rig.store.path(clip).exists()
    receipts.status = 200
    assert rig.push().ok


def test_a_lost_answer_to_complete_is_made_good_by_asking(
    rig: Rig, fake: FakeDestination, receipts: FakeReceipts
) -> None:
    clip = rig.record()
    fake.fail("POST", rig.container(clip), lose_answer=True, times=1)
    assert rig.push().ok
    assert len(receipts.given) == 1
    assert rig.states() == [ClipState.PURGED]


@pytest.mark.parametrize(
    "step", [Step.COMPLETED, Step.COMPLETION_NOTED, Step.RECEIPT_STORED, Step.PURGED]
)
def test_a_crash_behind_a_step_and_a_repeat_end_with_the_same_receipt(
    rig: Rig, receipts: FakeReceipts, step: Step
) -> None:
    rig.record_parts(CLIP, OTHER_CLIP)
    with pytest.raises(Crash):
        rig.push(crash_behind=step)
    freed = [clip for clip in rig.store.journal.clips() if clip.state is ClipState.PURGED]
    assert all(clip.receipt_id is not None for clip in freed)
    rig.restart()
    assert rig.push().ok
    assert set(rig.states()) == {ClipState.PURGED}
    assert len(receipts.given) == len(rig.store.journal.receipts()) == 1
    assert rig.wrong() == []


def test_what_the_destination_has_lost_is_sent_again_and_receipted_then(
    rig: Rig, fake: FakeDestination, receipts: FakeReceipts
) -> None:
    clip = rig.record()
    with pytest.raises(Crash):
        rig.push(crash_behind=Step.COMPLETION_NOTED)
    name = f"{rig.container(clip)}/{rig.store.path(clip).name}"
    del fake.objects[name]
    receipts.status, receipts.given = 409, []
    summary = rig.push()
    assert summary.next_try is NextTry.SOON
    assert rig.clip(clip).state is ClipState.FINALISED
    assert "does not hold it any more" in (rig.clip(clip).problem or "")
    receipts.status = 200
    assert rig.push().ok
    assert fake.objects[name].body == CLIP
    assert rig.states() == [ClipState.PURGED]


def test_a_destination_that_only_will_not_say_keeps_what_it_proved(
    rig: Rig, fake: FakeDestination, receipts: FakeReceipts
) -> None:
    receipts.status = 409
    clip = rig.record()
    assert not rig.push().ok
    assert rig.clip(clip).state is ClipState.ACKNOWLEDGED
    assert fake.asked("PUT", ".*mp4") == 1


def test_clips_that_wait_for_another_destination_s_receipt_stay_and_are_told(
    rig: Rig, fake: FakeDestination, receipts: FakeReceipts
) -> None:
    receipts.status = 503
    rig.record()
    rig.push()
    (rig.folder / "dock.json").unlink()
    fake.capabilities = ALL_CAPABILITIES
    assert not rig.push().ok
    assert_nothing_is_freed(rig, "wait for a receipt", "dock at the one that holds them")


@pytest.mark.usefixtures("receipts")
def test_rejected_content_is_freed_on_a_receipt_of_its_own_container(
    rig: Rig, fake: FakeDestination
) -> None:
    clip = rig.record()
    fake.fail("PUT", f"{rig.container(clip)}/.*mp4", status=400, times=float("inf"))
    rig.push()
    (rejected,) = fake.rejected()
    assert rig.clip(clip).state is ClipState.PURGED
    (stored,) = [one for one in rig.store.journal.receipts() if one.container == rejected]
    assert rig.clip(clip).receipt_id == stored.id


def test_a_destination_that_contradicts_its_receipts_is_told(
    rig: Rig, receipts: FakeReceipts
) -> None:
    rig.record()
    assert rig.push().ok
    receipts.given = []  # put back to an older state
    second = rig.record(trigger_s=500)
    summary = rig.push()
    assert "contradicts its own receipts: receipt 1 was given for" in " ".join(rig.problems())
    assert not summary.ok
    assert rig.clip(second).state is ClipState.PURGED
    assert len(rig.store.journal.receipts()) == 2


def test_receipts_in_order_are_no_contradiction(rig: Rig, receipts: FakeReceipts) -> None:
    for at_s in (0, 500, 1000):
        rig.record(trigger_s=at_s)
        assert rig.push().ok
    stored = rig.store.journal.receipts()
    assert [one.number for one in stored] == [1, 2, 3]
    links = [read_receipt(one.text.encode()).receipt.previous_sha256 for one in stored]
    assert links == [None, *(text_sha256(text) for text in receipts.given[:2])]


# Manifests on their way


def with_manifests(rig: Rig) -> None:
    signer = make_signer(the_root(), stores.NEW_RECORDING.serial)
    rig.manifests = Manifests(rig.store, lambda: signer, lambda: stores.TRIGGER_UTC_NS)


def test_the_manifest_goes_beside_the_clip_and_is_in_the_receipt(
    rig: Rig, fake: FakeDestination, receipts: FakeReceipts
) -> None:
    with_manifests(rig)
    clip = rig.record()
    assert rig.push().ok
    name = manifest_object(rig.store.path(clip).name)
    body = fake.objects[f"{rig.container(clip)}/{name}"].body
    assert read_manifest(body).manifest.stored.sha256 == clip.sha256
    held = read_receipt(receipts.given[0]).receipt.object(name)
    assert held is not None and held.bytes == len(body)
    assert rig.wrong() == []


@pytest.mark.usefixtures("receipts")
def test_a_manifest_that_is_refused_holds_no_clip_back_and_is_told(
    rig: Rig, fake: FakeDestination
) -> None:
    with_manifests(rig)
    clip = rig.record()
    fake.fail("PUT", r".*\.manifest\.json", status=400, times=float("inf"))
    rig.push()
    assert rig.clip(clip).state is ClipState.PURGED
    assert "goes without its manifest" in " ".join(rig.problems())


@pytest.mark.usefixtures("receipts")
def test_a_key_that_can_t_be_had_holds_no_clip_back_and_is_told(rig: Rig) -> None:
    def no_signer() -> Signer:
        raise SigningError("the token does not answer: put it in")

    rig.manifests = Manifests(rig.store, no_signer, lambda: 0)
    clip = rig.record()
    rig.push()
    assert rig.clip(clip).state is ClipState.PURGED
    assert "put it in" in " ".join(rig.problems())


def test_an_older_clip_gets_its_manifest_at_the_docking(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    with_manifests(rig)
    rig.push()
    assert fake.asked("PUT", r".*\.manifest\.json") == 1
    assert rig.clip(clip).state is ClipState.PURGED


def test_the_manifest_of_a_damaged_clip_goes_with_it_and_says_what_it_was(
    rig: Rig, fake: FakeDestination
) -> None:
    with_manifests(rig)
    clip = rig.record()
    assert rig.manifests is not None
    rig.manifests.ensure(clip)
    path = rig.store.path(clip)
    path.write_bytes(CLIP[:-1] + b"x")
    rig.push()
    body = fake.objects[f"{rig.container(clip)}/{manifest_object(path.name)}"].body
    assert read_manifest(body).manifest.stored.sha256 == clip.sha256


# Sealed clips


def without_the_key(receipt: Receipt) -> Receipt:
    kept = tuple(one for one in receipt.objects if not one.name.endswith(".key"))
    return receipt.model_copy(update={"objects": kept})


def with_another_key(receipt: Receipt) -> Receipt:
    objects = [
        one.model_copy(update={"sha256": "ab" * 32}) if one.name.endswith(".key") else one
        for one in receipt.objects
    ]
    return receipt.model_copy(update={"objects": tuple(objects)})


def record_one_sealed(rig: Rig) -> None:
    rig.connection = rig.make_connection(**public_key_attributes())
    record_sealed(rig.store, CLIP)


@pytest.mark.usefixtures("receipts")
def test_a_sealed_clip_is_freed_on_a_receipt_of_it_and_of_its_key(rig: Rig) -> None:
    record_one_sealed(rig)
    assert rig.push().ok
    assert rig.states() == [ClipState.PURGED]
    assert rig.wrong() == []


@pytest.mark.parametrize("change", [without_the_key, with_another_key])
def test_a_sealed_clip_is_not_freed_without_the_key_that_opens_it(
    rig: Rig, receipts: FakeReceipts, change: Callable[[Receipt], Receipt]
) -> None:
    receipts.change = change
    record_one_sealed(rig)
    assert not rig.push().ok
    assert_nothing_is_freed(rig, ".key", "nothing was freed")


def test_a_key_that_the_destination_has_lost_is_sent_again(
    rig: Rig, fake: FakeDestination, receipts: FakeReceipts
) -> None:
    record_one_sealed(rig)
    with pytest.raises(Crash):
        rig.push(crash_behind=Step.COMPLETION_NOTED)
    (key,) = [path for path in fake.objects if path.endswith(".key")]
    del fake.objects[key]
    receipts.status, receipts.given = 409, []
    assert rig.push().next_try is NextTry.SOON
    receipts.status = 200
    assert rig.push().ok
    assert key in fake.objects
    assert rig.states() == [ClipState.PURGED]
