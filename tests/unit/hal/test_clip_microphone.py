"""The file microphone: sound where it belongs, whatever the file has."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from hal.drivers.clip_file import measure
from hal.drivers.clock.virtual import VirtualClock
from hal.drivers.microphone.file import FileMicrophone
from hal.drivers.scene_code import tone_starts
from hal.errors import DeviceLostError, DeviceMissingError, DriverOptionError
from hal.interfaces.clock import NS_PER_S
from tests.contract.clips import SceneClip, footage

RATE_HZ = 48_000


def heard(path: Path, seconds: float, channels: int = 1) -> np.ndarray:
    """All sound from the epoch on for `seconds`: shape (samples, channels)."""
    clock = VirtualClock()
    microphone = FileMicrophone(clock, path=path, channels=channels)
    microphone.start(0)
    blocks = []
    while clock.monotonic_ns() < seconds * NS_PER_S:
        clock.advance_s(0.1)
        while (block := microphone.read(0)) is not None:
            assert block.capture_ns == len(blocks) * 20_000_000
            assert block.lost_before == 0
            blocks.append(block.samples)
    microphone.close()
    return np.concatenate(blocks)


def tones(path: Path, seconds: float) -> list[float]:
    return [start / RATE_HZ for start in tone_starts(heard(path, seconds)[:, 0], RATE_HZ)]


@pytest.mark.parametrize(
    ("name", "clip"),
    [
        ("plain.mp4", SceneClip(75)),
        ("matroska.mkv", SceneClip(75)),
        ("transport.ts", SceneClip(75)),
        ("44.mp4", SceneClip(75, sound_rate_hz=44_100)),
        ("16.mp4", SceneClip(75, sound_rate_hz=16_000)),
        ("opus.mkv", SceneClip(75, sound_codec="libopus")),
        ("pcm.mkv", SceneClip(75, sound_codec="pcm_s16le")),
        ("b frames.mp4", SceneClip(75, b_frames=3)),
    ],
)
def test_tones_are_where_the_file_has_them_over_three_rounds(
    name: str, clip: SceneClip, tmp_path: Path
) -> None:
    """A round of 3 s has a tone at 0, 1 and 2 s; the one at 0 s loses its beginning to the
    codec's run-up only at the very first."""
    found = tones(clip.write(tmp_path / name), 9)
    assert [round(at) for at in found if at > 0.5] == list(range(1, 9))
    assert max(abs(at - round(at)) for at in found) < 0.004


def test_sound_that_begins_late_is_preceded_by_silence(tmp_path: Path) -> None:
    """A tone at 1 s would be heard at 0 s, if the sound simply began with the round."""
    clip = SceneClip(75, sound_delay_s=Fraction(1, 2), sound_codec="pcm_s16le")
    sound = heard(clip.write(tmp_path / "late.mkv"), 6)
    assert not sound[: RATE_HZ // 2 - 100].any()
    assert [round(at, 2) for at in tones(tmp_path / "late.mkv", 6)] == [1, 2, 4, 5]


def test_a_round_lasts_as_long_as_the_pictures_when_the_sound_is_longer() -> None:
    """The footage has 5.28 s of pictures and 5.312 s of sound."""
    sound = heard(footage(), 16)
    length = measure(footage()).length * RATE_HZ
    assert length == 253_440
    assert np.array_equal(sound[:253_440], sound[253_440:506_880])
    assert sound.std() > 50


def test_a_round_that_is_no_whole_number_of_samples_does_not_drift(tmp_path: Path) -> None:
    clip = SceneClip(31, rate_hz=Fraction(30000, 1001), sound_codec="pcm_s16le")
    path = clip.write(tmp_path / "ntsc.mkv")
    length = float(measure(path).length)
    found = tones(path, 30)
    expected = [n * length + 1 for n in range(1, 28)]
    for at in expected:
        assert min(abs(at - each) for each in found) < 0.004


def test_stereo_and_mono_of_surround_sound_are_of_the_same_loudness() -> None:
    mono, stereo = heard(footage(), 5), heard(footage(), 5, channels=2)
    assert stereo.shape == (len(mono), 2)
    assert 0.3 < mono.std() / stereo.std() < 3


def test_pictures_without_sound_are_no_microphone(tmp_path: Path) -> None:
    path = SceneClip(5, sound=False).write(tmp_path / "silent.mp4")
    with pytest.raises(DeviceMissingError, match=r"silent.mp4 has no sound"):
        FileMicrophone(VirtualClock(), path=path).start(0)


def test_six_channels_can_not_be_asked_for() -> None:
    with pytest.raises(DriverOptionError, match="channels = 6"):
        FileMicrophone(VirtualClock(), path=footage(), channels=6)


def test_a_damaged_file_keeps_its_time(tmp_path: Path) -> None:
    """What can't be decoded is silence; what follows is still where it belongs."""
    path = SceneClip(125, sound_codec="libopus").write(tmp_path / "scene.mp4")
    content = bytearray(path.read_bytes())
    middle = len(content) * 45 // 100
    content[middle : middle + 6000] = np.random.default_rng(3).bytes(6000)
    path.write_bytes(content)
    found = tones(path, 10)
    assert {4, 6, 9} <= {round(at) for at in found if abs(at - round(at)) < 0.004}


def test_a_file_that_vanishes_is_a_lost_device(tmp_path: Path) -> None:
    path = SceneClip(5).write(tmp_path / "clip.mp4")
    clock = VirtualClock()
    microphone = FileMicrophone(clock, path=path)
    microphone.start(0)
    path.unlink()
    clock.advance_s(0.9)
    with pytest.raises(DeviceLostError, match=r"gone.*clip.mp4"):
        while microphone.read(0) is not None:
            pass
    microphone.close()
