"""Sealed clips on their way: the key goes first, nothing goes in the clear, and on stays on."""

import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from bwv_device.dock.docking import Step
from bwv_device.errors import Kind
from bwv_device.evidence.receipt.schema import Receipt
from bwv_device.evidence.records import ClipState, TrackPoint
from bwv_device.evidence.sealing.key_file import parse_key_file
from bwv_device.evidence.sealing.opening import opened
from bwv_device.evidence.sidecars import key_file
from bwv_device.media.take_track import TakeTrack
from bwv_device.protocol import names
from bwv_device.protocol.metadata import decode
from bwv_device.protocol.track import parse_track
from tests.support.docking_camera import CLIP, Crash, Rig
from tests.support.sealing import (
    private_key,
    public_key_attributes,
    public_pem,
    recipient,
    record_sealed,
)
from tests.unit.dock.fake_destination import FakeDestination, Proves
from tests.unit.dock.receipted import give_receipts


@pytest.fixture
def sealing(rig: Rig) -> Rig:
    """A camera whose destination wants sealed footage, and that has a sealed clip."""
    rig.connection = rig.make_connection(**public_key_attributes())
    record_sealed(rig.store, CLIP)
    return rig


def of(rig: Rig) -> tuple[str, str, str]:
    """Container, clip object and key object of the only clip."""
    (clip,) = rig.store.journal.clips()
    name = Path(clip.file).name
    return rig.container(clip), name, names.key_object_of(name)


def test_the_key_goes_first_then_the_clip_and_both_are_freed(
    sealing: Rig, fake: FakeDestination
) -> None:
    container, clip, key = of(sealing)
    path = sealing.store.path(sealing.store.journal.clips()[0])
    stored, wrapped = path.read_bytes(), key_file(path).read_bytes()
    assert sealing.push().ok
    puts = [path for method, path in fake.log if method == "PUT" and path.startswith(container)]
    assert puts.index(f"{container}/{key}") < puts.index(f"{container}/{clip}")
    assert fake.objects[f"{container}/{clip}"].body == stored
    assert fake.objects[f"{container}/{key}"].body == wrapped
    assert fake.objects[f"{container}/{clip}"].meta["Sealed"] == "True"
    meta = fake.objects[f"{container}/{key}"].meta
    assert (meta["FileType"], meta["StartTime"]) == (
        *("key", fake.objects[f"{container}/{clip}"].meta["StartTime"]),
    )
    assert sealing.states() == [ClipState.PURGED] and not path.parent.exists()
    assert parse_key_file(wrapped).content_key(private_key())


@pytest.mark.parametrize("step", [Step.KEY_PROVED, Step.SENT, Step.LOOKED, Step.ACKNOWLEDGED])
def test_a_crash_on_the_way_and_a_repeat_end_in_the_same_state(
    sealing: Rig, fake: FakeDestination, step: Step
) -> None:
    container, clip, key = of(sealing)
    with pytest.raises(Crash):
        sealing.push(crash_behind=step)
    sealing.restart()
    assert sealing.push().ok
    assert sealing.states() == [ClipState.PURGED]
    assert {f"{container}/{clip}", f"{container}/{key}"} <= set(fake.objects)


@pytest.mark.parametrize("proves", [Proves.NOTHING, Proves.OTHER])
def test_without_proof_of_the_key_the_clip_stays(
    sealing: Rig, fake: FakeDestination, proves: Proves
) -> None:
    container, clip, _ = of(sealing)
    fake.proves = proves
    sealing.push()
    assert sealing.states() == [ClipState.FINALISED]
    assert f"{container}/{clip}" not in fake.objects
    assert sealing.wrong() == []


def test_a_key_that_is_hurt_on_the_way_is_sent_again(sealing: Rig, fake: FakeDestination) -> None:
    container, _, key = of(sealing)
    fake.checks_claims = False
    fault = fake.fail("PUT", f"{container}/{key}", hurt=True)
    assert sealing.push().ok and fault.times == 0
    body = fake.objects[f"{container}/{key}"].body
    assert parse_key_file(body).content_key(private_key())


@pytest.mark.parametrize("hurt", [Path.unlink, lambda path: path.write_bytes(b"{}")])
def test_a_clip_whose_key_is_lost_stays_and_is_told(
    sealing: Rig, fake: FakeDestination, hurt: object
) -> None:
    (clip,) = sealing.store.journal.clips()
    hurt(key_file(sealing.store.path(clip)))  # type: ignore[operator]
    sealing.push()
    assert sealing.states() == [ClipState.FINALISED]
    assert sealing.store.path(clip).exists()
    assert any("nobody opens the clip" in text for text in sealing.problems())
    assert not fake.clips(sealing.container(clip))


def test_a_refused_clip_takes_its_key_along_to_rejected_content(
    sealing: Rig, fake: FakeDestination
) -> None:
    container, clip, key = of(sealing)
    fake.fail("PUT", f"{container}/{clip}", status=400)
    sealing.push()
    (rejected,) = fake.rejected()
    assert {f"{rejected}/{clip}", f"{rejected}/{key}"} <= set(fake.objects)
    assert sealing.states() == [ClipState.PURGED]


def test_a_clip_in_the_clear_waits_where_sealed_ones_are_wanted(
    rig: Rig, fake: FakeDestination
) -> None:
    rig.connection = rig.make_connection(**public_key_attributes())
    clear = rig.record()
    sealed = record_sealed(rig.store, CLIP, trigger_s=600)
    for _ in range(2):
        rig.push()
        assert rig.states() == [ClipState.FINALISED, ClipState.PURGED]
        assert CLIP not in [stored.body for stored in fake.objects.values()]
    assert fake.clips(rig.container(sealed)) and not fake.clips(rig.container(clear))
    assert "nothing in the clear" in (rig.clip(clear).problem or "")


def test_what_the_destination_asked_for_is_remembered_with_the_store(rig: Rig) -> None:
    assert rig.store.journal.recipient() is None
    rig.connection = rig.make_connection(**public_key_attributes())
    rig.push()
    rig.restart()
    assert rig.store.journal.recipient() == recipient()


def test_no_connection_file_turns_it_off(rig: Rig, fake: FakeDestination) -> None:
    plain = rig.connection
    rig.connection = rig.make_connection(**public_key_attributes())
    rig.push()
    record_sealed(rig.store, CLIP)
    asked = len(fake.log)
    rig.connection = plain
    summary = rig.push()
    assert [one.kind for one in summary.problems] == [Kind.REFUSE]
    assert "can't be turned off" in summary.problems[0].text
    assert len(fake.log) == asked and rig.states() == [ClipState.FINALISED]
    assert rig.store.journal.recipient() == recipient()


def test_a_new_key_of_the_destination_is_used_from_then_on(rig: Rig) -> None:
    rig.connection = rig.make_connection(**public_key_attributes())
    rig.push()
    other = rsa.generate_private_key(65537, 2048)
    rig.connection = rig.make_connection(**public_key_attributes(other))
    rig.push()
    found = rig.store.journal.recipient()
    assert found is not None and found.public_key_pem == public_pem(other)


def test_a_key_that_seals_nothing_is_refused_and_nothing_is_sent(
    rig: Rig, fake: FakeDestination
) -> None:
    rig.record()
    pem = "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0="
    rig.connection = rig.make_connection(want_encryption=True, public_key=pem)
    summary = rig.push()
    assert [one.kind for one in summary.problems] == [Kind.REFUSE]
    assert "public key" in summary.problems[0].text
    assert fake.log == [] and rig.states() == [ClipState.FINALISED]
    assert rig.store.journal.recipient() is None


def test_the_digests_on_the_way_are_those_of_the_ciphertext(
    sealing: Rig, fake: FakeDestination
) -> None:
    container, clip, _ = of(sealing)
    sealing.push()
    stored = fake.objects[f"{container}/{clip}"]
    assert stored.meta["Sha256"] == hashlib.sha256(stored.body).hexdigest()


def locate(rig: Rig, second: int) -> None:
    """A position of the first recording, as the recorder enters it."""
    recording = rig.store.journal.recordings()[0]
    at_utc_ns = recording.trigger_on_utc_ns + second * 1_000_000_000
    TakeTrack(rig.store, recording.id).add(TrackPoint(recording.id, at_utc_ns, 51.5, -0.1, 5.0))


def test_the_track_goes_up_sealed_with_a_key_of_its_own(
    sealing: Rig, fake: FakeDestination, tmp_path: Path
) -> None:
    sealing.store.journal.accept_recipient(recipient(), 0)
    locate(sealing, 3)
    container, clip, _ = of(sealing)
    assert sealing.push().ok
    (track,) = [path for path in fake.objects if path.endswith("_gpstrail.json")]
    stem = Path(track).name.split("_")
    key = fake.objects[f"{container}/{stem[0]}_{stem[1]}_{stem[2]}.key"]
    assert fake.objects[track].meta["Sealed"] == "True" and key.meta["FileType"] == "key"
    (tmp_path / "track").write_bytes(fake.objects[track].body)
    opened_track = opened(tmp_path / "track", parse_key_file(key.body), private_key())
    (point,) = parse_track(b"".join(opened_track))
    assert (point.latitude_deg, point.since_start_s) == (51.5, 3.0)
    assert "TriggerOnLocation" not in decode(fake.containers[container].items())
    assert f"{container}/{clip}" in fake.objects


def test_positions_in_the_clear_stay_where_sealed_ones_are_wanted(
    sealing: Rig, fake: FakeDestination, caplog: pytest.LogCaptureFixture
) -> None:
    locate(sealing, 0)
    container, _, _ = of(sealing)
    assert sealing.push().ok
    assert not [path for path in fake.objects if path.endswith("_gpstrail.json")]
    assert not any("Location" in key for key in decode(fake.containers[container].items()))
    assert "stay in the camera's journal" in caplog.text


def test_a_receipt_that_leaves_the_key_out_frees_nothing(
    sealing: Rig, fake: FakeDestination
) -> None:
    receipts = give_receipts(sealing, fake)
    _, _, key = of(sealing)

    def without_key(receipt: Receipt) -> Receipt:
        objects = [one for one in receipt.objects if one.name != key]
        return receipt.model_copy(update={"objects": tuple(objects)})

    receipts.change = without_key
    sealing.push()
    assert sealing.states() == [ClipState.ACKNOWLEDGED]
    assert any(key in text for text in sealing.problems())
    receipts.change, receipts.given = lambda receipt: receipt, []
    sealing.push()
    assert sealing.states() == [ClipState.PURGED]


def test_a_key_that_the_destination_has_lost_is_sent_again(
    sealing: Rig, fake: FakeDestination
) -> None:
    give_receipts(sealing, fake)
    container, clip, key = of(sealing)
    with pytest.raises(Crash):
        sealing.push(crash_behind=Step.COMPLETION_NOTED)
    sealing.restart()
    del fake.objects[f"{container}/{key}"]
    fake.fail("GET", f"{container}/receipt.json", status=404)
    sealing.push()
    sealing.push()
    assert f"{container}/{key}" in fake.objects and f"{container}/{clip}" in fake.objects
    assert sealing.states() == [ClipState.PURGED]
