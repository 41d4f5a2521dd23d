"""A clip of real packets: it decodes whole, in step, from every state that a kill can leave."""

import gc
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.configuration.media import Sound, Video
from bwv_device.evidence.digests import digest_file
from bwv_device.evidence.errors import StoreFullError
from bwv_device.evidence.fragments import scan
from bwv_device.media.clip_writer import ClipWriter
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.encoders.x264 import X264Encoder
from bwv_device.media.packets import EncodedPacket, Track
from bwv_device.media.sound_encoder import SoundEncoder
from hal.drivers.scene_code import tone_second
from hal.interfaces.microphone import AudioBlock, MicrophoneMode
from tests.support.hasty import hasty_disk, hasty_folder
from tests.support.measure import assert_every_number_once, measure
from tests.unit.media.media_live import Disk
from tests.unit.media.media_packets import MS, S, read_back, sound, video
from tests.unit.media.media_pictures import SCENE, scene

START_NS = 1_000 * S
SECONDS = 4
FRAMES = SECONDS * 10


@pytest.fixture(scope="module")
def encoders() -> tuple[X264Encoder, SoundEncoder]:
    video = X264Encoder(SCENE, Video(preset="ultrafast", bitrate_bps=400_000), START_NS)
    return video, SoundEncoder(MicrophoneMode(48_000, 1), Sound())


@pytest.fixture(scope="module")
def tracks(encoders: tuple[X264Encoder, SoundEncoder]) -> Templates:
    return Templates(encoders[0].stream, encoders[1].stream)


@pytest.fixture(scope="module")
def packets(encoders: tuple[X264Encoder, SoundEncoder]) -> list[EncodedPacket]:
    """The scene with its sound, which begins 405 ms late, in order of arrival."""
    video, sound = encoders
    made = [(p.time_ns, p) for n in range(FRAMES) for p in video.encode(scene(n), _at(n), 0)]
    samples = np.tile(tone_second(48_000), SECONDS)[:, None]
    late = 405 * 48
    for first in range(late, len(samples) - 960, 960):
        block = AudioBlock(samples[first : first + 960], START_NS + first * S // 48_000, 0)
        made += [(p.time_ns + 60 * MS, p) for p in sound.encode(block)]
    made += [(p.time_ns + 60 * MS, p) for p in sound.flush()]
    return [packet for _, packet in sorted(made, key=lambda arrival: arrival[0])]


def _at(number: int) -> int:
    return START_NS + number * 100 * MS


def written(path: Path, packets: list[EncodedPacket], tracks: Templates) -> ClipWriter:
    """A writer that took all packets that are not before the clip's start, and is not closed."""
    writer = ClipWriter(path, tracks, START_NS)
    for packet in packets:
        if packet.time_ns >= START_NS:
            writer.write(packet)
    return writer


def test_every_picture_comes_out_at_its_time(
    tmp_path: Path, packets: list[EncodedPacket], tracks: Templates
) -> None:
    written(tmp_path / "clip.mp4", packets, tracks).close()
    found = measure(tmp_path / "clip.mp4")
    assert_every_number_once(found.numbers)
    assert found.numbers == list(range(FRAMES))
    assert [p.time_s for p in found.pictures] == pytest.approx([n / 10 for n in range(FRAMES)])
    assert found.starts_with_key and found.duration_s == pytest.approx(SECONDS)


def test_sound_that_begins_late_stays_where_it_belongs(
    tmp_path: Path, packets: list[EncodedPacket], tracks: Templates
) -> None:
    written(tmp_path / "clip.mp4", packets, tracks).close()
    found = measure(tmp_path / "clip.mp4")
    assert found.sound is not None
    assert found.sound.start_s == pytest.approx(0.405, abs=0.03)
    assert len(found.tone_starts_s) == SECONDS - 1
    assert found.offsets_s() == pytest.approx([0.0] * (SECONDS - 1), abs=0.005)


def test_the_digests_are_those_of_the_file(
    tmp_path: Path, packets: list[EncodedPacket], tracks: Templates
) -> None:
    digests = written(tmp_path / "clip.mp4", packets, tracks).close()
    assert digests == digest_file(tmp_path / "clip.mp4")


def test_a_kill_after_any_commit_leaves_a_clip_that_opens_and_decodes(
    tmp_path: Path, packets: list[EncodedPacket], tracks: Templates
) -> None:
    path = tmp_path / "clip.mp4"
    writer = ClipWriter(path, tracks, START_NS)
    newest_ns, kept = START_NS, [0]
    for packet in (p for p in packets if p.time_ns >= START_NS):
        if packet.track is Track.VIDEO:
            newest_ns = packet.end_ns
        if not writer.write(packet):
            continue
        copy = tmp_path / f"killed-{len(kept)}.mp4"
        copy.write_bytes(path.read_bytes())
        found = measure(copy)
        kept.append(len(found.pictures))
        assert scan(copy).is_whole and found.numbers == list(range(len(found.pictures)))
        assert newest_ns - START_NS - kept[-1] * 100 * MS <= 1 * S
    writer.close()
    assert kept == sorted(kept) and len(kept) > 2 * (SECONDS - 1)


def test_a_clip_without_sound_has_one_track(
    tmp_path: Path, packets: list[EncodedPacket], tracks: Templates
) -> None:
    pictures = [p for p in packets if p.track is Track.VIDEO]
    silent = Templates(tracks.video, None)
    written(tmp_path / "clip.mp4", pictures, silent).close()
    found = measure(tmp_path / "clip.mp4")
    assert found.numbers == list(range(FRAMES)) and found.sound is None


def test_uneven_captures_keep_their_times(tmp_path: Path) -> None:
    video = X264Encoder(SCENE, Video(preset="ultrafast"), START_NS)
    gaps_ms = [0, 33, 33, 34, 400, 1, 0, 66, 1_700, 33, 33]
    times_ns = [START_NS + sum(gaps_ms[: n + 1]) * MS for n in range(len(gaps_ms))]
    writer = ClipWriter(tmp_path / "clip.mp4", Templates(video.stream, None), START_NS)
    for number, time_ns in enumerate(times_ns):
        for packet in video.encode(scene(number), time_ns, 0):
            writer.write(packet)
    writer.close()
    found = measure(tmp_path / "clip.mp4")
    expected = [(time_ns - START_NS) / S for time_ns in times_ns]
    assert [p.time_s for p in found.pictures] == pytest.approx(expected, abs=2 / 90_000)
    assert found.numbers == list(range(len(gaps_ms)))


@settings(deadline=None, max_examples=40)
@given(
    gaps_ms=st.lists(st.integers(1, 700), min_size=5, max_size=50),
    sound_lag_ms=st.integers(20, 300),
)
def test_no_picture_is_moved_where_sound_ends_a_fragment(
    gaps_ms: list[int], sound_lag_ms: int, tracks: Templates
) -> None:
    """The muxer ends a fragment every half second, be it at a packet of sound: then it has not
    seen yet how long the last picture lasts."""
    times_ns = [START_NS + ms * MS for ms in accumulate(gaps_ms, initial=0)]
    keys = {0}
    for number, time_ns in enumerate(times_ns):
        if time_ns - times_ns[max(keys)] >= S:
            keys.add(number)
    arrivals = [
        (time_ns + 5 * MS, video(time_ns, key=number in keys, number=number))
        for number, time_ns in enumerate(times_ns)
    ]
    for number in range((times_ns[-1] - START_NS) * 48_000 // 1024 // S):
        time_ns = START_NS + number * 1024 * S // 48_000
        arrivals.append((time_ns + sound_lag_ms * MS, sound(time_ns, number=number)))
    with hasty_folder() as folder, hasty_disk():
        path = folder / "clip.mp4"
        in_order = [packet for _, packet in sorted(arrivals, key=lambda arrival: arrival[0])]
        written(path, in_order, tracks).close()
        pictures = [each for each in read_back(path) if each.track == "video"]
    assert [each.number for each in pictures] == list(range(len(times_ns)))
    ticks = [
        (each.time_ns - (at_ns - START_NS)) * 90_000 / S
        for each, at_ns in zip(pictures, times_ns, strict=True)
    ]
    assert max(map(abs, ticks)) <= 1


def test_the_colours_are_tagged_in_the_file(
    tmp_path: Path, packets: list[EncodedPacket], tracks: Templates
) -> None:
    written(tmp_path / "clip.mp4", packets, tracks).close()
    with av.open(str(tmp_path / "clip.mp4")) as container:
        frame = next(container.decode(video=0))
        context = container.streams.video[0].codec_context
        assert (frame.colorspace, context.color_primaries, context.color_trc) == (6, 6, 6)
        assert context.color_range == 1
        assert container.streams.video[0].time_base == Fraction(1, 90_000)


def test_a_clip_that_was_abandoned_changes_no_more(
    tmp_path: Path, packets: list[EncodedPacket], tracks: Templates
) -> None:
    path = tmp_path / "clip.mp4"
    writer = written(path, packets, tracks)
    digests = writer.abandon()
    before = path.read_bytes()
    del writer
    gc.collect()
    assert path.read_bytes() == before and digests == digest_file(path)


def test_a_head_that_finds_no_room_gives_its_handle_back(
    tmp_path: Path, tracks: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        Disk(room_bytes=10).install(patched)
        with pytest.raises(StoreFullError):
            ClipWriter(tmp_path / "clip.mp4", tracks, START_NS)
    handles = [path.resolve() for path in Path("/proc/self/fd").iterdir()]
    assert tmp_path / "clip.mp4" not in handles
    assert (tmp_path / "clip.mp4").read_bytes() == b""
