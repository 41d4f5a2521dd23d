"""Encoders are chosen by what they do, never by their name, and remembered."""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bwv_device.cli.diagnosis.encoder import encoder as diagnose
from bwv_device.cli.diagnosis.finding import Health
from bwv_device.configuration import Configuration
from bwv_device.configuration.keeping import Storage
from bwv_device.configuration.media import Video
from bwv_device.media.encoders import choice_file
from bwv_device.media.encoders.annex_b import AccessUnit, template_from
from bwv_device.media.encoders.child_process import ChildProcess
from bwv_device.media.encoders.choice import candidates, choose
from bwv_device.media.encoders.ffmpeg_process import FfmpegEncoder
from bwv_device.media.encoders.in_flight import InFlight
from bwv_device.media.encoders.interface import Picture, VideoEncoder
from bwv_device.media.encoders.opening import open_encoder
from bwv_device.media.encoders.table import ENCODERS, PRESETS, EncoderKind
from bwv_device.media.encoders.x264 import X264Encoder
from bwv_device.media.errors import EncoderError
from bwv_device.media.packets import EncodedPacket
from hal.drivers.clock.virtual import VirtualClock
from hal.interfaces.camera import CameraMode, PixelFormat
from tests.needs import need

MODE = CameraMode(128, 96, Fraction(25), PixelFormat.I420)
AUTO = Video(preset="auto")
S = 1_000_000_000


@dataclass
class Bench:
    """Encoders that behave as told, on a clock that only encoding moves."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    opened: list[str] = field(default_factory=list)
    open: int = 0

    def kind(
        self, name: str, *, presets: tuple[str, ...] = (), last: bool = False, **how: object
    ) -> EncoderKind:
        def make(mode: CameraMode, settings: Video, epoch_ns: int) -> VideoEncoder:
            self.opened.append(f"{name} {settings.preset}" if presets else name)
            return Told(self, mode, settings, epoch_ns, how)

        return EncoderKind(name, make, presets, last)


class Told(X264Encoder):
    """libx264 with a speed and a fault."""

    def __init__(
        self, bench: Bench, mode: CameraMode, settings: Video, epoch_ns: int, how: dict[str, object]
    ) -> None:
        if how.get("absent"):
            raise EncoderError("there is no such chip")
        rates = how.get("rate_hz", 1000.0)
        self.rate_hz = float(rates[settings.preset] if isinstance(rates, dict) else rates)  # type: ignore[arg-type]
        self.bench, self.how = bench, how
        bench.open += 1
        super().__init__(mode, settings.model_copy(update={"preset": "ultrafast"}), epoch_ns)

    def encode(self, picture: Picture, capture_ns: int, lost_before: int) -> list[EncodedPacket]:
        self.bench.clock.advance_ns(round(S / self.rate_hz))
        if self.how.get("fails"):
            raise EncoderError("the driver gave up")
        if self.how.get("frozen"):
            picture = np.full_like(picture, 90)
        packets = super().encode(picture, capture_ns, lost_before)
        if self.how.get("garbage"):
            return [replace(packet, data=packet.data[:5] + bytes(40)) for packet in packets]
        return [] if self.how.get("swallows") else packets

    def close(self) -> None:
        self.bench.open -= 1
        super().close()


@pytest.mark.parametrize("fault", ["absent", "fails", "garbage", "frozen", "swallows"])
def test_one_that_only_has_the_name_is_passed_over_and_named(fault: str) -> None:
    bench = Bench()
    kinds = [bench.kind("grand", **{fault: True}), bench.kind("plain")]
    chosen = choose(MODE, AUTO, bench.clock, kinds)
    assert chosen.encoder == "plain" and chosen.is_fast_enough
    assert "grand: " in chosen.why
    assert bench.open == 0, "every trial is closed"


def test_one_too_slow_gives_way_to_the_next_that_keeps_twice_the_rate() -> None:
    bench = Bench()
    kinds = [bench.kind("slow", rate_hz=49.0), bench.kind("just", rate_hz=51.0)]
    chosen = choose(MODE, AUTO, bench.clock, kinds)
    assert (chosen.encoder, chosen.is_fast_enough) == ("just", True)
    assert chosen.rate_hz == pytest.approx(51.0)
    assert "slow: 49 frames a second" in chosen.why


def test_where_all_are_too_slow_the_fastest_is_taken_and_it_is_said() -> None:
    bench = Bench()
    rates = {"a": 20.0, "b": 30.0, "c": 10.0}
    kinds = [bench.kind(name, rate_hz=rate_hz) for name, rate_hz in rates.items()]
    chosen = choose(MODE, AUTO, bench.clock, kinds)
    assert (chosen.encoder, chosen.is_fast_enough) == ("b", False)


def test_a_slow_trial_is_stopped_when_its_time_is_used_up() -> None:
    bench = Bench()
    choose(MODE, AUTO, bench.clock, [bench.kind("slow", rate_hz=25.0)])
    assert bench.clock.monotonic_ns() <= VirtualClock().monotonic_ns() + 0.7 * S


@pytest.mark.parametrize(("superfast_hz", "preset"), [(60.0, "superfast"), (40.0, "ultrafast")])
def test_the_slowest_preset_that_keeps_twice_the_rate_is_taken(
    superfast_hz: float, preset: str
) -> None:
    bench = Bench()
    rates = {"veryfast": 30.0, "superfast": superfast_hz, "ultrafast": 90.0}
    chosen = choose(MODE, AUTO, bench.clock, [bench.kind("x", presets=PRESETS, rate_hz=rates)])
    assert chosen.preset == preset


def test_the_last_resort_is_tried_only_when_nothing_else_encodes() -> None:
    bench = Bench()
    slow, last = bench.kind("slow", rate_hz=5.0), bench.kind("last", last=True)
    assert choose(MODE, AUTO, bench.clock, [slow, last]).encoder == "slow"
    gone = bench.kind("gone", absent=True)
    assert choose(MODE, AUTO, bench.clock, [gone, last]).encoder == "last"


def test_where_nothing_encodes_every_reason_is_given() -> None:
    bench = Bench()
    kinds = [bench.kind("one", absent=True), bench.kind("two", fails=True)]
    with pytest.raises(EncoderError, match=r"one: there is no such chip; two: the driver gave up"):
        choose(MODE, AUTO, bench.clock, kinds)


def test_the_configuration_narrows_the_choice() -> None:
    names = [str(each) for each in candidates(Video())]
    assert names == ["x264 superfast", "v4l2m2m", "ffmpeg superfast"]
    assert [str(each) for each in candidates(Video(encoder="x264", preset="auto"))] == [
        "x264 veryfast",
        "x264 superfast",
        "x264 ultrafast",
    ]
    assert {kind.name for kind in ENCODERS} | {"auto"} == set(
        Video.model_json_schema()["properties"]["encoder"]["enum"]
    )


def test_a_second_start_measures_nothing_and_another_size_does(tmp_path: Path) -> None:
    bench = Bench()
    kinds = [bench.kind("gone", absent=True), bench.kind("plain")]
    for _ in range(2):
        open_encoder(MODE, AUTO, 0, tmp_path, bench.clock, kinds).close()
    assert bench.opened == ["gone", "plain", "plain", "plain"], "one trial, two sessions"
    open_encoder(replace(MODE, width_px=64), AUTO, 0, tmp_path, bench.clock, kinds).close()
    assert bench.opened[4:] == ["gone", "plain", "plain"]


def test_a_former_choice_that_fails_now_is_made_anew(tmp_path: Path) -> None:
    bench = Bench()
    first = [bench.kind("chip"), bench.kind("plain")]
    open_encoder(MODE, AUTO, 0, tmp_path, bench.clock, first).close()
    later = [bench.kind("chip", absent=True), bench.kind("plain")]
    open_encoder(MODE, AUTO, 0, tmp_path, bench.clock, later).close()
    made = choice_file.recall(tmp_path, choice_file.key_of(MODE, AUTO))
    assert made is not None and made.encoder == "plain"


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 1}', b"\xff\x00"])
def test_a_damaged_file_costs_a_measurement_and_no_recording(
    tmp_path: Path, content: bytes
) -> None:
    bench = Bench()
    (tmp_path / choice_file.FILE).write_bytes(content)
    kinds = [bench.kind("one"), bench.kind("two")]
    open_encoder(MODE, AUTO, 0, tmp_path, bench.clock, kinds).close()
    assert choice_file.recall(tmp_path, choice_file.key_of(MODE, AUTO)) is not None


def test_a_folder_that_can_not_be_written_costs_no_recording(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench()
    kinds = [bench.kind("one"), bench.kind("two")]
    open_encoder(MODE, AUTO, 0, tmp_path / "none", bench.clock, kinds).close()
    assert "can't be stored" in caplog.text


def test_an_encoder_and_preset_by_name_are_not_measured(tmp_path: Path) -> None:
    video = Video(encoder="x264", preset="ultrafast")
    open_encoder(MODE, video, 0, tmp_path, VirtualClock()).close()
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_says_what_was_chosen_and_stores_nothing(tmp_path: Path) -> None:
    video = Video(width_px=128, height_px=96, rate_hz=25.0)
    update = {"video": video, "storage": Storage.model_construct(folder=tmp_path)}
    configuration = Configuration().model_copy(update=update)
    (now,) = diagnose(configuration, VirtualClock())
    assert now.health is Health.OK and "x264 superfast" in now.seen and "now" in now.seen
    assert list(tmp_path.iterdir()) == []
    open_encoder(MODE, video, 0, tmp_path, VirtualClock()).close()
    (stored,) = diagnose(configuration, VirtualClock())
    assert f"remove {tmp_path / choice_file.FILE}" in stored.seen


def test_a_program_that_is_not_there_or_dies_is_an_encoder_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="can't be started"):
        FfmpegEncoder(MODE, Video(), 0, str(tmp_path / "none"))
    with pytest.raises(EncoderError, match="false"):
        FfmpegEncoder(MODE, Video(), 0, "false")


def test_a_program_that_dies_in_mid_stream_is_an_encoder_error() -> None:
    need("ffmpeg")
    encoder = FfmpegEncoder(MODE, Video(preset="ultrafast"), 0)
    picture = np.full((144, 128), 100, np.uint8)
    encoder.encode(picture, 0, 0)
    encoder._program._child.kill()
    with pytest.raises(EncoderError, match="ffmpeg"):
        for number in range(1, 40):
            encoder.encode(picture, number * S // 25, 0)
    encoder.close()


def test_what_a_child_says_of_its_failure_is_in_the_error() -> None:
    child = ChildProcess(["sh", "-c", "echo no such codec >&2; exit 3"])
    with pytest.raises(EncoderError, match="ended with 3: no such codec"):
        child.finish()
    child.close()


def test_parameter_sets_leave_the_packet_and_slices_stay() -> None:
    sps, pps, sei, idr = b"\x67abc", b"\x68d", b"\x06e", b"\x65f\x00\x00\x03\x01"
    data = b"".join(
        (b"\x00\x00\x00\x01" if n % 2 else b"\x00\x00\x01") + unit
        for n, unit in enumerate([b"\x09\xf0", sps, pps, sei, idr])
    )
    unit = AccessUnit.parse(data)
    assert unit.is_key and unit.parameter_sets == (sps, pps)
    assert unit.without_parameter_sets() == b"\x00\x00\x00\x01" + sei + b"\x00\x00\x00\x01" + idr


@pytest.mark.parametrize("data", [b"", b"abc", b"\x00\x00\x01", b"x\x00\x00\x01\x65"])
def test_what_is_no_access_unit_is_refused(data: bytes) -> None:
    with pytest.raises(EncoderError):
        AccessUnit.parse(data)


def test_a_key_frame_without_parameter_sets_makes_no_template() -> None:
    with pytest.raises(EncoderError, match="no key frame with SPS and PPS"):
        template_from(b"\x00\x00\x01\x65abc")


def test_packets_and_pictures_that_do_not_pair_are_errors() -> None:
    in_flight = InFlight(1, most=2)
    with pytest.raises(EncoderError, match="more packets"):
        in_flight.leave(b"x", True)
    in_flight.enter(1, 0)
    in_flight.enter(2, 0)
    with pytest.raises(EncoderError, match="keeps 2 pictures"):
        in_flight.enter(3, 0)
    with pytest.raises(EncoderError, match="swallowed the last 2"):
        in_flight.check_empty()
