"""The sounddevice drivers when the sound card misbehaves; PortAudio's streams are stood in for."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from hal.drivers.clock.virtual import VirtualClock
from hal.errors import DeviceLostError, DeviceMissingError
from hal.interfaces.clock import NS_PER_S
from hal.interfaces.microphone import AudioBlock, Microphone
from hal.interfaces.sounder import Beep
from hal.registry import open_microphone, open_sounder
from tests.contract.fake_portaudio import FakeInput, FakeOutput
from tests.contract.stepping import stepping

pytestmark = pytest.mark.needs("portaudio")

BEGUN_NS = 50 * NS_PER_S


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(monotonic_ns=BEGUN_NS)


@pytest.fixture
def streams(clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The stood-in streams that drivers have opened."""
    opened: list[Any] = []

    def opener(kind: Any) -> Any:
        def open_stream(**options: object) -> Any:
            opened.append(kind(clock, options))
            return opened[-1]

        return open_stream

    monkeypatch.setattr("sounddevice.InputStream", opener(FakeInput))
    monkeypatch.setattr("sounddevice.OutputStream", opener(FakeOutput))
    return opened


@pytest.fixture
def microphone(clock: VirtualClock, streams: list[Any]) -> Iterator[Microphone]:
    assert streams == []
    part = open_microphone("sounddevice", clock=clock)
    part.start(0)
    yield part
    part.close()


def read(microphone: Microphone, clock: VirtualClock) -> AudioBlock:
    block = stepping(clock, lambda: microphone.read(1.0))
    assert block is not None
    return block


def test_blocks_are_stamped_on_our_clock_and_not_on_the_card_s(
    microphone: Microphone, clock: VirtualClock
) -> None:
    for number in range(5):
        block = read(microphone, clock)
        assert abs(block.capture_ns - BEGUN_NS - number * 20_000_000) < 1_100_000
        assert block.samples[0, 0] == number * 960


def test_an_overflow_is_told_by_the_gap_that_it_left(
    microphone: Microphone, clock: VirtualClock, streams: list[Any]
) -> None:
    read(microphone, clock)
    streams[0].freeze()
    clock.advance_s(0.12)
    streams[0].overflow = True
    streams[0].call(960, streams[0].time - 0.02)
    blocks = []
    while (block := microphone.read(0)) is not None:
        blocks.append(block)
    heard_before_ns = BEGUN_NS + 20_000_000 * len(blocks)
    gap_ns = blocks[-1].capture_ns - heard_before_ns
    assert blocks[-1].lost_before == pytest.approx(gap_ns * 48_000 / NS_PER_S, abs=2)
    assert blocks[-1].lost_before > 3000


def test_an_overflow_without_a_gap_still_counts(
    microphone: Microphone, clock: VirtualClock, streams: list[Any]
) -> None:
    streams[0].overflow = True
    assert read(microphone, clock).lost_before >= 1


def test_what_a_slow_reader_misses_is_counted_to_the_sample(
    microphone: Microphone, clock: VirtualClock, streams: list[Any]
) -> None:
    read(microphone, clock)
    streams[0].freeze()
    for _ in range(110):
        clock.advance_s(0.02)
        streams[0].call(960, streams[0].time - 0.02)
    kept = []
    while (block := microphone.read(0)) is not None:
        kept.append(block)
    assert len(kept) == 100
    clock.advance_s(0.02)
    streams[0].call(960, streams[0].time - 0.02)
    after = microphone.read(0)
    assert after is not None
    missed = int(after.samples[0, 0]) - int(kept[-1].samples[-1, 0]) - 1
    assert after.lost_before == missed % 65536
    assert after.lost_before > 0


def test_an_unplugged_microphone_gives_what_it_has_and_then_is_lost(
    microphone: Microphone, clock: VirtualClock, streams: list[Any]
) -> None:
    read(microphone, clock)
    streams[0].unplug()
    with pytest.raises(DeviceLostError, match="unplugged"):
        while microphone.read(0) is not None:
            pass


def test_a_stream_that_ends_without_a_word_is_lost_too(
    microphone: Microphone, streams: list[Any]
) -> None:
    streams[0].stop()
    with pytest.raises(DeviceLostError, match="unplugged"):
        while microphone.read(0) is not None:
            pass


@pytest.mark.parametrize("kind", ["InputStream", "OutputStream"])
def test_a_card_that_refuses_names_the_cards_there_are(
    kind: str, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sounddevice

    def refuse(**_: object) -> None:
        raise sounddevice.PortAudioError("Device unavailable", -9985)

    cards = [
        {"name": "USB thing", "max_input_channels": 1, "max_output_channels": 2},
        {"name": "HDMI", "max_input_channels": 0, "max_output_channels": 0},
    ]
    monkeypatch.setattr(f"sounddevice.{kind}", refuse)
    monkeypatch.setattr("sounddevice.query_devices", lambda: cards)
    with pytest.raises(DeviceMissingError, match=r"Device unavailable.*here: USB thing$"):
        if kind == "InputStream":
            open_microphone("sounddevice", clock=clock).start(0)
        else:
            open_sounder("sounddevice", clock=clock).play((Beep(1000, 0.1, 0),))


def test_two_patterns_are_heard_one_after_the_other(
    clock: VirtualClock, streams: list[Any]
) -> None:
    sounder = open_sounder("sounddevice", clock=clock)
    sounder.play((Beep(1000, 0.1, 0.05), Beep(1000, 0.1, 0.05)))
    sounder.play((Beep(500, 0.2, 0),))
    stepping(clock, lambda: sounder.close() or True)
    played = streams[0].all_played()
    assert not np.isnan(played).any()
    loud = np.abs(played.reshape(-1, 480)).max(axis=1) > 0.2
    runs = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(int), [0]])))
    assert (np.diff(runs)[::2] * 0.01).round(2).tolist() == [0.1, 0.1, 0.2]
    assert (np.diff(runs)[1::2] * 0.01).round(2).tolist() == [0.05, 0.05]


def test_a_sounder_that_was_unplugged_says_so(clock: VirtualClock, streams: list[Any]) -> None:
    sounder = open_sounder("sounddevice", clock=clock)
    sounder.play((Beep(1000, 0.1, 0),))
    streams[0].stop()
    with pytest.raises(DeviceLostError, match="unplugged"):
        sounder.play((Beep(1000, 0.1, 0),))
    sounder.close()


def test_closing_waits_for_a_long_last_beep_but_not_for_ever(
    clock: VirtualClock, streams: list[Any]
) -> None:
    sounder = open_sounder("sounddevice", clock=clock)
    sounder.play((Beep(1000, 60.0, 0),))
    stepping(clock, lambda: sounder.close() or True, step_ns=10_000_000)
    assert 1.5 < len(streams[0].all_played()) / 48_000 < 10
