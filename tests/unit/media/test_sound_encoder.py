"""The sound's encoder: in step with the capture clock, whatever the microphone's own does."""

from itertools import pairwise

import av
import numpy as np
import numpy.typing as npt
import pytest

from bwv_device.configuration.media import Sound
from bwv_device.media.errors import EncoderError
from bwv_device.media.packets import EncodedPacket, Track
from bwv_device.media.silence import make_silence
from bwv_device.media.sound_encoder import SoundEncoder
from hal.interfaces.microphone import AudioBlock, MicrophoneMode
from tests.unit.media.media_packets import MS, S
from tests.unit.media.media_pictures import tone_blocks

START_NS = 5 * S
RATE_HZ = 48_000


def encoded(
    blocks: list[AudioBlock], *, rate_hz: int = RATE_HZ, channels: int = 1, to_hz: int = RATE_HZ
) -> tuple[list[EncodedPacket], bytes]:
    """All packets of the blocks, and what a decoder needs to know beforehand."""
    encoder = SoundEncoder(MicrophoneMode(rate_hz, channels), Sound(rate_hz=to_hz))
    packets = [packet for block in blocks for packet in encoder.encode(block)]
    packets += encoder.flush()
    return packets, bytes(encoder.stream.codec_context.extradata or b"")


def decoded(
    packets: list[EncodedPacket], extradata: bytes, rate_hz: int = RATE_HZ
) -> npt.NDArray[np.float64]:
    """The sound from `START_NS` on, each packet where its own time says."""
    context = av.CodecContext.create("aac", "r")
    context.extradata = extradata
    out = np.zeros(round((packets[-1].end_ns - START_NS) * rate_hz / S) + rate_hz)
    for packet in packets:
        place = round((packet.time_ns - START_NS) * rate_hz / S)
        for frame in context.decode(av.Packet(packet.data)):
            samples = frame.to_ndarray()[0]
            if place >= 0:
                out[place : place + len(samples)] = samples
    return out


def clicks_s(sound: npt.NDArray[np.float64], rate_hz: int = RATE_HZ) -> list[float]:
    """Where it becomes loud after 200 ms of quiet, in seconds."""
    loud = np.flatnonzero(np.abs(sound) > 0.2)
    starts = [loud[0], *(b for a, b in pairwise(loud) if b - a > rate_hz // 5)]
    return [float(start) / rate_hz for start in starts]


def assert_in_step(clicks: list[float], seconds: int, within_s: float) -> None:
    """Each full second has its click."""
    assert len(clicks) == seconds
    offsets = [abs(at_s - n) for n, at_s in enumerate(clicks)]
    assert max(offsets) <= within_s, f"up to {max(offsets) * 1000:.1f} ms out of step"


@pytest.mark.parametrize("drift_ppm", [200.0, -200.0, 0.0])
def test_two_minutes_with_a_clock_that_drifts_stay_within_20_ms(drift_ppm: float) -> None:
    seconds = 120
    blocks = list(tone_blocks(seconds, drift_ppm=drift_ppm))
    # A slow microphone needs some milliseconds more for as many samples.
    clicks = clicks_s(decoded(*encoded(blocks)))[:seconds]
    assert_in_step(clicks, seconds, 0.020)


def test_the_drift_would_be_seen_without_the_correction() -> None:
    """24 ms in two minutes: the test above is one that can fail."""
    blocks = list(tone_blocks(120, drift_ppm=200.0))
    samples = np.concatenate([block.samples[:, 0] for block in blocks]) / 32768
    with pytest.raises(AssertionError, match="out of step"):
        assert_in_step(clicks_s(samples), 120, 0.020)


def test_packets_follow_each_other_without_gap_or_overlap() -> None:
    packets, _ = encoded(list(tone_blocks(10, drift_ppm=200.0)))
    assert all(packet.track is Track.SOUND and packet.is_key for packet in packets)
    gaps_ns = [after.time_ns - before.end_ns for before, after in pairwise(packets)]
    assert max(map(abs, gaps_ns)) <= 1
    assert packets[0].time_ns <= START_NS
    assert packets[-1].end_ns >= START_NS + 10 * S - 25 * MS


def test_a_gap_of_a_second_is_filled_and_what_follows_is_in_place() -> None:
    blocks = [
        block for block in tone_blocks(6) if not 2.5 <= (block.capture_ns - START_NS) / S < 3.5
    ]
    packets, extradata = encoded(blocks)
    assert max(b.time_ns - a.end_ns for a, b in pairwise(packets)) <= 1
    clicks = clicks_s(decoded(packets, extradata))
    # The click at 3 s fell into the gap.
    assert clicks == pytest.approx([0, 1, 2, 4, 5], abs=0.020)


def test_jitter_of_the_stamps_does_not_reach_the_sound() -> None:
    shake = np.random.default_rng(1).normal(0, 2 * MS, 500).astype(int)
    blocks = [
        AudioBlock(block.samples, block.capture_ns + int(shift), 0)
        for block, shift in zip(tone_blocks(10), shake, strict=True)
    ]
    assert_in_step(clicks_s(decoded(*encoded(blocks))), 10, 0.020)


@pytest.mark.parametrize("channels", [1, 2])
def test_one_channel_comes_out_of_one_or_two(channels: int) -> None:
    packets, extradata = encoded(list(tone_blocks(3, channels=channels)), channels=channels)
    sound = decoded(packets, extradata)
    assert_in_step(clicks_s(sound), 3, 0.005)
    assert 0.3 < np.abs(sound).max() < 0.9


@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(16_000, 48_000), (48_000, 16_000), (44_100, 48_000)]
)
def test_a_microphone_of_another_rate_is_resampled(from_hz: int, to_hz: int) -> None:
    packets, extradata = encoded(
        list(tone_blocks(3, rate_hz=from_hz)), rate_hz=from_hz, to_hz=to_hz
    )
    assert_in_step(clicks_s(decoded(packets, extradata, to_hz), to_hz), 3, 0.005)


def test_more_than_two_channels_are_refused_with_what_to_do() -> None:
    with pytest.raises(EncoderError, match="6 channels: configure one or two"):
        SoundEncoder(MicrophoneMode(48_000, 6), Sound())


def test_an_encoder_that_got_nothing_has_nothing_to_give() -> None:
    assert SoundEncoder(MicrophoneMode(48_000, 1), Sound()).flush() == []


# Silence


@pytest.mark.parametrize("rate_hz", [16_000, 32_000, 44_100, 48_000])
def test_silence_is_silent_and_fits_the_sound_that_follows(rate_hz: int) -> None:
    silence = make_silence(Sound(rate_hz=rate_hz))  # type: ignore[arg-type]
    sound, extradata = encoded(
        list(tone_blocks(1.5, rate_hz=rate_hz)), rate_hz=rate_hz, to_hz=rate_hz
    )
    first = next(packet for packet in sound if packet.time_ns >= START_NS + S // 2)
    quiet = list(silence.between(START_NS, first.time_ns))
    rest = [packet for packet in sound if packet.time_ns >= first.time_ns]
    out = decoded([*quiet, *rest], extradata, rate_hz)
    half = len(quiet) * 1024 - 1024
    assert np.abs(out[:half]).max() < 1e-4
    assert clicks_s(out, rate_hz) == pytest.approx([1.0], abs=0.005)


@pytest.mark.parametrize("length_ns", [0, 1, 21_333_332, 21_333_333, 100 * MS, 3 * S + 7, -5])
def test_silence_fills_from_the_end_backwards_and_begins_not_too_early(length_ns: int) -> None:
    silence = make_silence(Sound())
    packets = list(silence.between(7 * S, 7 * S + length_ns))
    assert len(packets) == max(0, length_ns) // silence.duration_ns
    assert all(packet.is_silence for packet in packets)
    assert all(a.end_ns == b.time_ns for a, b in pairwise(packets))
    if packets:
        assert packets[-1].end_ns == 7 * S + length_ns
        assert 0 <= packets[0].time_ns - 7 * S < silence.duration_ns
