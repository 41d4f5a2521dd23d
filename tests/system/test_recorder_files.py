"""Two recordings in real time, on the scene and on real footage, judged by their files alone."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from bwv_device.configuration.media import PreRecord, Video
from bwv_device.configuration.model import Configuration
from bwv_device.media.messages import PacketsLost, SoundLost
from hal.interfaces.clock import NS_PER_S
from tests.contract.clips import footage
from tests.needs import need
from tests.support.measure import Measured, Sound, assert_every_number_once, measure
from tests.support.recording import SCENE, Finished, Source, finished, real_recorder
from tests.support.signed_files import read_file
from tests.support.signed_streams import letters

PRE_RECORD_S, RECORD_S, AGAIN_AFTER_S, AGAIN_S = 3.0, 4.0, 0.3, 1.5
CONFIGURATION = Configuration(
    # Every frame has to be in the files that are measured, however busy the machine is.
    pre_record=PreRecord(length_s=PRE_RECORD_S),
    video=Video(overload_floor_hz=120),
)
SOURCES = {
    "scene": (SCENE, SCENE),
    "footage": (Source("file", {"path": footage()}), Source("file", {"path": footage()})),
}
STEP_S = 0.020
"""How far sound and picture may be from each other."""


@pytest.fixture(scope="module", params=SOURCES)
def source(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def recordings(source: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Finished]]:
    """A recording, and another one that is begun 0.3 s after the stop of the first."""
    camera, microphone = SOURCES[source]
    folder = tmp_path_factory.mktemp(source)
    with real_recorder(folder, CONFIGURATION, camera, microphone) as real:
        # The ring is full, and has let go of its first group.
        real.clock.sleep_s(PRE_RECORD_S + 2.2)
        seconds = [real.record_s(RECORD_S)]
        real.clock.sleep_s(AGAIN_AFTER_S)
        seconds.append(real.record_s(AGAIN_S))
        yield finished(real, seconds)
        assert not [r for r in real.reports if isinstance(r, PacketsLost | SoundLost)]


@pytest.fixture(scope="module")
def measured(recordings: list[Finished]) -> list[Measured]:
    return [measure(recording.path) for recording in recordings]


def frame_s(recording: Finished) -> float:
    return recording.clip.frame_ns / NS_PER_S


def delivered_s(recording: Finished) -> float:
    return recording.clip.pre_record_delivered_ns / NS_PER_S


def test_as_much_is_delivered_as_was_asked_and_at_most_a_second_more(
    recordings: list[Finished],
) -> None:
    for recording in recordings:
        assert PRE_RECORD_S <= delivered_s(recording) < PRE_RECORD_S + 1.0
        assert recording.clip.pre_record_short_reason is None


def test_the_length_is_pre_record_and_recording_within_a_frame(
    recordings: list[Finished], measured: list[Measured]
) -> None:
    for recording, found in zip(recordings, measured, strict=True):
        expected_s = delivered_s(recording) + recording.seconds
        assert found.duration_s == pytest.approx(expected_s, abs=frame_s(recording))
        assert found.container_duration_s == pytest.approx(expected_s, abs=frame_s(recording))
        assert found.duration_s == pytest.approx((recording.clip.duration_ns or 0) / NS_PER_S)


def test_every_picture_is_there_evenly_from_a_key_frame_on(
    recordings: list[Finished], measured: list[Measured]
) -> None:
    for recording, found in zip(recordings, measured, strict=True):
        assert found.starts_with_key and found.packets[0].time_s == 0
        assert found.spacing_s == pytest.approx(
            [frame_s(recording)] * (len(found.packets) - 1), abs=2 / 90_000
        )
        assert len(found.pictures) == len(found.packets) == recording.clip.frames
        assert recording.clip.frames_dropped == 0


def test_every_picture_but_the_last_is_authentic(recordings: list[Finished]) -> None:
    for recording in recordings:
        reading = read_file(recording.path)
        assert letters(reading) == "." * ((recording.clip.frames or 0) - 1) + "_"
        assert not reading.problems and reading.parts_before == 0
        # In steps of 100 ns.
        assert reading.from_utc_ns == recording.clip.start_utc_ns // 100 * 100


def test_sound_is_there_from_the_start_to_the_end_without_a_gap(
    recordings: list[Finished], measured: list[Measured]
) -> None:
    for recording, found in zip(recordings, measured, strict=True):
        assert found.sound is not None
        assert found.sound.start_s == pytest.approx(0, abs=0.025)
        # No packet of sound lies across the stop, and the last picture lasts beyond it.
        most_s = frame_s(recording) + 1024 / 48_000
        assert 0 <= found.duration_s - found.sound.end_s <= most_s
        gaps = [
            after.time_s - before.time_s - before.duration_s
            for before, after in pairwise(found.sound_packets)
        ]
        assert max(map(abs, gaps)) < 0.001
        before_trigger = found.sound.between(0, delivered_s(recording) - 0.1)
        assert np.abs(before_trigger).max() < 10, "the ring keeps no sound"


@pytest.mark.parametrize("source", ["scene"], indirect=True)
def test_no_frame_number_is_missing_or_doubled_across_the_joint(
    measured: list[Measured],
) -> None:
    for found in measured:
        assert_every_number_once(found.numbers)


@pytest.mark.parametrize("source", ["scene"], indirect=True)
def test_flash_and_tone_are_in_step_from_the_first_to_the_last(
    recordings: list[Finished], measured: list[Measured]
) -> None:
    for recording, found in zip(recordings, measured, strict=True):
        heard_from_s = delivered_s(recording)
        flashes = [at_s for at_s in found.flash_starts_s if at_s > heard_from_s + 0.05]
        tones = [at_s for at_s in found.tone_starts_s if at_s > heard_from_s + 0.05]
        assert len(flashes) == len(tones) >= int(recording.seconds)
        assert tones == pytest.approx(flashes, abs=STEP_S)


@pytest.mark.parametrize("source", ["footage"], indirect=True)
def test_footage_and_its_sound_are_in_step_at_the_start_and_at_the_end(
    recordings: list[Finished], measured: list[Measured]
) -> None:
    original = Original.of(footage())
    for recording, found in zip(recordings, measured, strict=True):
        clip_luma = small_lumas(recording.path)
        first_s, last_s = delivered_s(recording) + 0.1, found.duration_s - 0.6
        heard = [n for n, p in enumerate(found.pictures) if first_s <= p.time_s <= last_s]
        for number in (heard[0], heard[len(heard) // 2], heard[-1]):
            shown_s = original.shown_s(clip_luma[number])
            assert abs(original.offset_s(found, number, shown_s)) <= STEP_S


@dataclass(frozen=True)
class Original:
    """The footage itself: its pictures, 25 a second, and three rounds of its sound."""

    lumas: npt.NDArray[np.float64]
    sound: Sound

    @classmethod
    def of(cls, path: Path) -> "Original":
        lumas, sound = small_lumas(path), mono(path)
        one_round = sound.between(0, len(lumas) / 25)
        return cls(lumas, Sound(0, sound.rate_hz, np.tile(one_round, 3)))

    def shown_s(self, blocks: npt.NDArray[np.float64]) -> float:
        """When in the second round the original shows this picture."""
        errors = np.abs(self.lumas - blocks).mean(axis=(1, 2))
        assert errors.min() < 1, "the picture is one of the original's"
        return (len(self.lumas) + int(errors.argmin())) / 25

    def offset_s(self, found: Measured, number: int, shown_s: float) -> float:
        """How much later than in the original the sound comes, at the n-th picture."""
        assert found.sound is not None
        at_s = found.pictures[number].time_s
        piece = found.sound.between(at_s, at_s + 0.5).astype(float)
        around = self.sound.between(shown_s - 0.2, shown_s + 0.7).astype(float)
        return best_shift(piece, around) / self.sound.rate_hz - 0.2


def small_lumas(path: Path) -> npt.NDArray[np.float64]:
    """Every picture as 64 x 33 grey blocks, without the lines that the text covers."""
    with av.open(str(path)) as container:
        lumas = [f.to_ndarray(format="yuv420p")[: f.height] for f in container.decode(video=0)]
    blocks = [luma.reshape(36, 20, 64, 20).mean(axis=(1, 3)) for luma in lumas]
    return np.array(blocks)[:, 3:]


def mono(path: Path) -> Sound:
    """All of the sound, mixed into one channel."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=48_000)
    with av.open(str(path)) as container:
        frames = [f for frame in container.decode(audio=0) for f in resampler.resample(frame)]
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    return Sound(float(frames[0].time or 0), 48_000, (samples * 32767).astype(np.int16))


def best_shift(piece: npt.NDArray[np.float64], around: npt.NDArray[np.float64]) -> int:
    """Where in `around` the piece is found, however loud it is there."""
    places, size = len(around) - len(piece) + 1, 2 * len(around)
    spectrum = np.fft.rfft(around, size) * np.conj(np.fft.rfft(piece, size))
    products = np.fft.irfft(spectrum, size)[:places]
    energy = np.cumsum(np.concatenate([[0.0], around**2]))
    energies = energy[len(piece) :] - energy[: len(energy) - len(piece)]
    likeness = products / np.sqrt(energies * (piece**2).sum())
    assert likeness.max() > 0.9, "the sound is the original's"
    return int(likeness.argmax())


def test_ffprobe_and_ffmpeg_agree(recordings: list[Finished]) -> None:
    need("ffprobe", "ffmpeg")
    for recording in recordings:
        streams = probed(recording.path, "-show_streams")["streams"]
        assert [stream["codec_name"] for stream in streams] == ["h264", "aac"]
        packets = probed(recording.path, "-select_streams", "v", "-show_packets")["packets"]
        assert packets[0]["flags"].startswith("K")
        expected_s = delivered_s(recording) + recording.seconds
        duration_s = float(probed(recording.path, "-show_format")["format"]["duration"])
        assert duration_s == pytest.approx(expected_s, abs=frame_s(recording))
        decoded = ["ffmpeg", "-v", "error", "-xerror", "-i", recording.path, "-f", "null", "-"]
        said = subprocess.run(decoded, capture_output=True, text=True, check=True)
        assert said.stderr == ""


def probed(path: Path, *options: str) -> dict[str, list[dict[str, str]] | dict[str, str]]:
    command = ["ffprobe", "-v", "error", "-of", "json", *options, str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stderr == ""
    return json.loads(said.stdout)  # type: ignore[no-any-return]
