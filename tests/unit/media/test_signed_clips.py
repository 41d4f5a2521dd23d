"""Clips that are signed as they are written: by a writer of real pictures, and by a keeper."""

import logging
from pathlib import Path

import pytest

from bwv_device.configuration.media import Video
from bwv_device.evidence.errors import SigningError, StoreError
from bwv_device.evidence.fragments import scan
from bwv_device.evidence.media_signing.stream_signer import PART_PICTURES
from bwv_device.evidence.records import Clip, Recording
from bwv_device.evidence.repair import repair_clip
from bwv_device.evidence.signer import Signer
from bwv_device.evidence.store import Store
from bwv_device.media.clip_writer import ClipWriter
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.encoders.annex_b import AccessUnit
from bwv_device.media.encoders.x264 import X264Encoder
from bwv_device.media.messages import ClipClosed, RecordingClosed, SigningFailed
from bwv_device.media.packets import EncodedPacket, Track
from bwv_device.media.passed_track import PassedTrack
from bwv_device.media.picture_signing import PictureSigning
from bwv_device.media.silence import Silence
from tests.support.measure import measure
from tests.support.signed_files import read_file, samples
from tests.support.signed_streams import letters
from tests.support.signing_keys import make_signer, the_root, the_signer
from tests.unit.media.media_live import live
from tests.unit.media.media_packets import MS, S, video
from tests.unit.media.media_pictures import SCENE, scene
from tests.unit.media.media_rig import Rig, Rules
from tests.unit.media.media_units import units

START_NS, UTC_OFFSET_NS = 1_000 * S, 1_795_000_000 * S
FRAMES = 47
"""Of ten a second: the last group is not complete."""
RECORDING = Recording(
    *(1, "container", "id", "user", "name", "BWV-TEST-1", "Model", "1.2.3", "Button", 0),
    *(None, None, 0, "UTC", None),
)


def signing(signer: Signer | None = None) -> PictureSigning:
    return PictureSigning(signer or the_signer(), RECORDING, UTC_OFFSET_NS)


@pytest.fixture(scope="module")
def encoder() -> X264Encoder:
    return X264Encoder(SCENE, Video(preset="ultrafast", bitrate_bps=400_000), START_NS)


@pytest.fixture(scope="module")
def pictures(encoder: X264Encoder) -> list[EncodedPacket]:
    return [p for n in range(FRAMES) for p in encoder.encode(scene(n), START_NS + n * 100 * MS, 0)]


@pytest.fixture(scope="module")
def tracks(encoder: X264Encoder) -> Templates:
    return Templates(encoder.stream, None)


def write(
    path: Path, pictures: list[EncodedPacket], tracks: Templates, by: PictureSigning | None
) -> ClipWriter:
    writer = ClipWriter(path, tracks, pictures[0].time_ns, by)
    for packet in pictures:
        writer.write(packet)
    return writer


# A writer of real pictures


def test_every_picture_but_the_last_is_authentic(
    tmp_path: Path, pictures: list[EncodedPacket], tracks: Templates
) -> None:
    path, by = tmp_path / "clip.mp4", signing()
    writer = write(path, pictures, tracks, by)
    writer.close()
    reading = read_file(path)
    assert letters(reading) == "." * (FRAMES - 1) + "_"
    assert not reading.problems and not reading.missing and reading.parts_before == 0
    assert reading.chain_pem == the_signer().certificate_chain_pem
    assert reading.from_utc_ns == START_NS + UTC_OFFSET_NS
    assert reading.to_utc_ns == START_NS + UTC_OFFSET_NS + (FRAMES - 1) * 100 * MS
    assert reading.vendor is not None and reading.vendor.serial == "BWV-TEST-1"
    assert writer.unsigned is None and by.unsigned is None


def test_signatures_change_no_picture_and_no_time(
    tmp_path: Path, pictures: list[EncodedPacket], tracks: Templates
) -> None:
    for name, by in (("signed", signing()), ("plain", None)):
        write(tmp_path / f"{name}.mp4", pictures, tracks, by).close()
    signed, plain = measure(tmp_path / "signed.mp4"), measure(tmp_path / "plain.mp4")
    assert signed.numbers == plain.numbers == list(range(FRAMES))
    assert [p.time_s for p in signed.pictures] == [p.time_s for p in plain.pictures]
    assert signed.duration_s == plain.duration_s
    assert scan(tmp_path / "signed.mp4").is_whole
    pairs = zip(samples(tmp_path / "signed.mp4"), samples(tmp_path / "plain.mp4"), strict=True)
    # The picture's own units stand at the end, as they were.
    assert all(with_seis.endswith(without) for with_seis, without in pairs)


def test_the_room_that_a_signed_clip_takes_is_known_before(
    tmp_path: Path, pictures: list[EncodedPacket], tracks: Templates
) -> None:
    path = tmp_path / "clip.mp4"
    by = signing()
    writer = write(path, pictures, tracks, by)
    bound = by.signed_bytes + by.most_to_come_bytes
    writer.close()
    write(tmp_path / "plain.mp4", pictures, tracks, None).close()
    added = path.stat().st_size - (tmp_path / "plain.mp4").stat().st_size
    assert 0 < added <= bound
    assert by.signed_bytes == added


def test_a_clip_that_was_cut_off_verifies_up_to_its_last_whole_part(
    tmp_path: Path, pictures: list[EncodedPacket], tracks: Templates
) -> None:
    path, cuts = tmp_path / "clip.mp4", 0
    writer = ClipWriter(path, tracks, START_NS, signing())
    for packet in pictures:
        if not writer.write(packet):
            continue
        copy = tmp_path / "cut.mp4"
        copy.write_bytes(path.read_bytes())
        frames, reading = scan(copy).frames, read_file(copy)
        covered = max(0, (frames - 1) // PART_PICTURES) * PART_PICTURES
        # The signature of a group is in the second picture of the next one.
        if frames % PART_PICTURES == 1 and frames > 1:
            covered -= PART_PICTURES
        expected = "." * covered + "_" * (frames - covered) if covered else "U" * frames
        assert letters(reading) == expected
        cuts += 1
    writer.close()
    assert cuts > 4


def test_pictures_of_a_camera_that_encodes_are_signed_too(tmp_path: Path) -> None:
    datas = units(23)
    track = PassedTrack(AccessUnit.parse(datas[0]), datas[0], 100 * MS)
    packets = [
        track.packet(AccessUnit.parse(data), START_NS + number * 100 * MS, 0)
        for number, data in enumerate(datas)
    ]
    write(tmp_path / "clip.mp4", packets, Templates(track.stream, None), signing()).close()
    reading = read_file(tmp_path / "clip.mp4")
    assert letters(reading) == "." * 22 + "_"
    assert len(measure(tmp_path / "clip.mp4").pictures) == 23


def test_a_packet_that_is_no_picture_ends_the_signing_and_not_the_clip(
    pictures: list[EncodedPacket], caplog: pytest.LogCaptureFixture
) -> None:
    broken = [*pictures[:20], *pictures[25:30]]
    odd = EncodedPacket(Track.VIDEO, pictures[20].time_ns, 100 * MS, False, b"\1\2\3\4no unit")
    by = signing()
    give = [by.give(p.data, p.time_ns, is_last=False) for p in [*broken[:20], odd, *broken[20:]]]
    assert give[20:] == [odd.data, *(p.data for p in broken[20:])]
    assert by.unsigned is not None and "not signed to its end" in by.unsigned
    assert [record.levelno for record in caplog.records].count(logging.ERROR) == 1


# A keeper


@pytest.fixture
def rig(store: Store, templates: Templates, silence: Silence) -> Rig:
    return Rig(store, templates, silence, open_signer=the_signer)


def reading_of(rig: Rig, clip: Clip) -> str:
    return letters(read_file(rig.store.path(clip)))


def record(rig: Rig, from_ms: int, to_ms: int) -> None:
    """Seconds before the trigger, a recording, and what comes behind it."""
    live(rig, from_ms, from_ms + 3_000)
    rig.begin((from_ms + 3_000) * MS)
    live(rig, from_ms + 3_000, to_ms)
    rig.end(to_ms * MS)
    live(rig, to_ms, to_ms + 1_000)


def test_a_recording_is_signed_from_the_first_picture_of_the_ring_on(rig: Rig) -> None:
    rig.open_source()
    record(rig, 0, 6_000)
    (clip,) = rig.clips()
    reading = read_file(rig.store.path(clip))
    assert rig.numbers() == list(range(10, 60))
    assert letters(reading) == "." * 49 + "_"
    assert reading.from_utc_ns == clip.start_utc_ns
    assert rig.reported(SigningFailed) == []


def test_each_clip_of_a_recording_is_a_stream_of_its_own(
    store: Store, templates: Templates, silence: Silence
) -> None:
    rig = Rig(store, templates, silence, Rules(split_after_s=3.0), open_signer=the_signer)
    rig.open_source()
    record(rig, 0, 12_000)
    assert len(rig.clips()) > 2
    for clip in rig.clips():
        reading = read_file(rig.store.path(clip))
        assert letters(reading) == "." * ((clip.frames or 0) - 1) + "_"
        assert reading.parts_before == 0 and reading.from_utc_ns == clip.start_utc_ns


def test_two_recordings_of_one_ring_are_each_signed(rig: Rig) -> None:
    rig.open_source()
    record(rig, 0, 6_000)
    live(rig, 7_000, 7_300)
    rig.begin(7_300 * MS)
    live(rig, 7_300, 9_000)
    rig.end(9_000 * MS)
    live(rig, 9_000, 10_000)
    for number in range(2):
        (clip,) = rig.clips(number)
        assert set(reading_of(rig, clip)[:-1]) == {"."}


def test_a_recording_that_was_cut_off_is_covered_up_to_its_last_whole_part(rig: Rig) -> None:
    rig.open_source()
    live(rig, 0, 3_000)
    rig.begin(3_000 * MS)
    live(rig, 3_000, 8_000)
    (clip,) = rig.clips()
    repair_clip(rig.store, clip)
    found = reading_of(rig, clip)
    assert found.startswith("." * 30) and set(found) == {".", "_"}
    assert found.count("_") <= 2 * PART_PICTURES


def test_a_split_by_bytes_holds_with_signatures(
    store: Store, templates: Templates, silence: Silence
) -> None:
    rules = Rules(pre_record_s=1.0, split_bytes=120_000)
    rig = Rig(store, templates, silence, rules, open_signer=the_signer)
    rig.open_source(sound=False)
    live(rig, 0, 2_000, sounds=False, size=1_000)
    rig.begin(2_000 * MS)
    live(rig, 2_000, 60_000, sounds=False, size=1_000)
    rig.end(60_000 * MS)
    live(rig, 60_000, 61_000, sounds=False)
    clips = rig.clips()
    assert len(clips) > 3 and max(clip.bytes or 0 for clip in clips) <= 120_000


class Token:
    """A signer that fails while `is_gone`."""

    def __init__(self) -> None:
        self.certificate_chain_pem = the_signer().certificate_chain_pem
        self.is_gone = False

    def sign(self, digest: bytes) -> bytes:
        if self.is_gone:
            raise SigningError("the token is gone")
        return the_signer().sign(digest)


def test_a_signer_that_fails_costs_no_picture_and_is_told(
    store: Store, templates: Templates, silence: Silence
) -> None:
    token = Token()
    rig = Rig(store, templates, silence, open_signer=lambda: token)
    rig.open_source()
    live(rig, 0, 3_000)
    rig.begin(3_000 * MS)
    live(rig, 3_000, 5_000)
    token.is_gone = True
    live(rig, 5_000, 8_000)
    rig.end(8_000 * MS)
    live(rig, 8_000, 9_000)
    (clip,) = rig.clips()
    assert rig.numbers() == list(range(10, 80))
    assert len(rig.reported(ClipClosed)) == 1
    (told,) = rig.reported(SigningFailed)
    assert clip.file in told.message and "no signature" in told.message
    assert set(reading_of(rig, clip)) == {".", "_"}


def test_a_signer_that_can_not_be_had_leaves_the_clip_unsigned_and_is_told(
    store: Store, templates: Templates, silence: Silence
) -> None:
    def refuse() -> Signer:
        raise StoreError("the card is gone")

    rig = Rig(store, templates, silence, open_signer=refuse)
    rig.open_source()
    record(rig, 0, 6_000)
    (clip,) = rig.clips()
    assert set(reading_of(rig, clip)) == {"U"}
    assert {report.message for report in rig.reported(SigningFailed)} == {"the card is gone"}


def test_a_renewed_certificate_is_used_from_the_next_recording_on(
    store: Store, templates: Templates, silence: Silence
) -> None:
    signers = [make_signer(the_root(), name) for name in ("first", "second", "third")]
    opened: list[Signer] = []

    def open_signer() -> Signer:
        opened.append(signers[len(opened)])
        return opened[-1]

    rig = Rig(store, templates, silence, open_signer=open_signer)
    rig.open_source()
    record(rig, 0, 6_000)
    assert len(rig.reported(RecordingClosed)) == 1
    record(rig, 7_000, 13_000)
    chains = [read_file(rig.store.path(rig.clips(number)[0])).chain_pem for number in range(2)]
    assert chains == [one.certificate_chain_pem for one in signers[:2]]


def test_pictures_that_begin_no_stream_go_on_unsigned(
    store: Store, templates: Templates, silence: Silence
) -> None:
    rig = Rig(store, templates, silence, open_signer=the_signer)
    rig.open_source(sound=False)
    rig.begin(0)
    for number in range(30):
        packet = video(number * 100 * MS, number=number)
        made = EncodedPacket(
            Track.VIDEO, packet.time_ns, packet.duration_ns, number % 10 == 0, packet.data
        )
        rig.at(packet.time_ns, made)
    rig.end(3_000 * MS)
    rig.feed(video(3_000 * MS, key=True, number=30))
    assert rig.numbers() == list(range(30))
    (told,) = rig.reported(SigningFailed)
    assert "IDR" in told.message
