"""The recorder with its threads: what goes wrong around it is said, and costs no footage."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bwv_device.evidence.check import check
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import Clip, ClipState, EndReason
from bwv_device.media import recorder as recorder_module
from bwv_device.media.encoders.x264 import X264Encoder
from bwv_device.media.keeper import Keeper
from bwv_device.media.messages import (
    CaptureFailed,
    CaptureReturned,
    Capturing,
    ClipClosed,
    ClipOpened,
    Mark,
    RecorderReady,
    RecordingClosed,
    SoundFailed,
    SoundLost,
    WritingFailed,
)
from bwv_device.media.ring import Ring
from hal.errors import DeviceClosedError, DeviceMissingError
from tests.unit.media.media_packets import S, read_back
from tests.unit.media.media_socket import wait_until
from tests.unit.media.media_stage import SILENCE, Shot, Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path / "store")
    made.recorder.start()
    yield made
    made.end()
    journal = Journal.open_for_reading(made.folder)
    findings = check(made.folder, journal)
    journal.close()
    assert findings == []
    assert all(camera.closed for camera in made.cameras)
    assert all(microphone.closed for microphone in made.microphones)


def armed(stage: Stage, frames: int = 30) -> Stage:
    """Capturing for so many frames, ten a second."""
    stage.recorder.arm()
    stage.shoot(frames)
    return stage


def recording(stage: Stage, frames: int = 10) -> Stage:
    """Recording for so many frames, behind three seconds of ring."""
    armed(stage)
    stage.recorder.begin(stage.now_ns(), "Button")
    stage.until_reported(ClipOpened)
    stage.shoot(frames)
    return stage


def stop(stage: Stage) -> None:
    stage.recorder.end(stage.now_ns(), "Button", EndReason.STOP)


def clips(stage: Stage) -> list[Clip]:
    return stage.store.journal.clips()


def pictures(stage: Stage, clip: Clip) -> int:
    return len([p for p in read_back(stage.store.path(clip)) if p.track == "video"])


def test_ring_and_live_make_one_clip(stage: Stage) -> None:
    recording(stage)
    stop(stage)
    stage.shoot(10)
    (closed,) = stage.until_reported(ClipClosed)
    stage.until_reported(RecordingClosed)
    (clip,) = clips(stage)
    # The last frame has the instant of the stop, so it is not before it.
    assert closed.frames == pictures(stage, clip) == clip.frames
    assert clip.pre_record_delivered_ns + 1 * S == clip.duration_ns
    assert 2 * S <= clip.pre_record_delivered_ns < 3 * S
    assert clip.end_reason is EndReason.STOP and clip.frames_dropped == 0


def test_an_untriggered_ring_leaves_nothing_in_the_store(stage: Stage) -> None:
    armed(stage, 100)
    assert list((stage.folder / "clips").iterdir()) == []
    stage.recorder.disarm(stage.now_ns())
    stage.cue(Shot())
    stage.end()
    assert list((stage.folder / "clips").iterdir()) == []
    assert [type(report) for report in stage.reports] == [RecorderReady, Capturing]


def test_frames_that_the_source_lost_are_counted(stage: Stage) -> None:
    recording(stage)
    stage.shoot(1, lost=4)
    stage.shoot(5)
    stop(stage)
    stage.shoot(10)
    stage.until_reported(RecordingClosed)
    assert clips(stage)[0].frames_dropped == 4


# Camera and microphone


def test_a_camera_that_gives_no_frame_is_a_fault_after_five_seconds(stage: Stage) -> None:
    stage.recorder.arm()
    began_ns = stage.now_ns()
    stage.cue(*[SILENCE] * 26)
    (failed,) = stage.until_reported(CaptureFailed)
    assert "gives no frame for 5 s" in failed.message and "bwv devices" in failed.message
    assert 5 * S <= stage.cameras_closed_ns() - began_ns <= 6 * S


def test_a_camera_that_does_not_open_is_said_and_can_be_tried_again(stage: Stage) -> None:
    stage.failures["opening the camera"] = DeviceMissingError("no camera: plug one in")
    stage.recorder.arm()
    assert stage.until_reported(CaptureFailed)[0].message == "no camera: plug one in"
    armed(stage, 3)
    assert len(stage.until_reported(Capturing)) == 1


def test_a_camera_that_fails_to_start_is_closed(stage: Stage) -> None:
    stage.failures["camera"] = DeviceMissingError("busy")
    stage.recorder.begin(stage.now_ns(), "Button")
    stage.until_reported(CaptureFailed)
    stage.until_reported(RecordingClosed)
    assert stage.cameras[0].closed
    assert stage.store.journal.recordings()[0].trigger_off == "Fault"


def test_capture_that_breaks_off_in_the_middle_leaves_a_whole_clip(stage: Stage) -> None:
    recording(stage)
    stage.cue(DeviceClosedError("the camera has gone"))
    (failed,) = stage.until_reported(CaptureFailed)
    stage.until_reported(RecordingClosed)
    (clip,) = clips(stage)
    assert failed.message == "the camera has gone"
    assert clip.state is ClipState.FINALISED and clip.end_reason is EndReason.FAULT
    assert clip.frames == pictures(stage, clip) == 10 + clip.pre_record_delivered_ns * 10 // S + 1


def test_an_error_of_a_driver_that_nobody_foresaw_is_a_fault_like_any_other(stage: Stage) -> None:
    recording(stage)
    stage.cue(ZeroDivisionError("in the driver"))
    (failed,) = stage.until_reported(CaptureFailed)
    assert "in the driver" in failed.message
    stage.until_reported(RecordingClosed)
    assert clips(stage)[0].end_reason is EndReason.FAULT
    armed(stage, 3)
    assert len(stage.until_reported(Capturing, 2)) == 2


@pytest.mark.parametrize("where", ["opening the microphone", "microphone"])
def test_a_microphone_that_is_missing_costs_the_sound_alone(stage: Stage, where: str) -> None:
    stage.failures[where] = DeviceMissingError("no microphone")
    recording(stage)
    stop(stage)
    stage.shoot(10)
    stage.until_reported(RecordingClosed)
    assert stage.reported(SoundFailed)[0].message == "no microphone"
    (clip,) = clips(stage)
    assert {packet.track for packet in read_back(stage.store.path(clip))} == {"video"}
    assert clip.duration_ns == clip.pre_record_delivered_ns + 1 * S


@pytest.mark.parametrize("error", [DeviceClosedError("unplugged"), ZeroDivisionError("unplugged")])
def test_sound_that_breaks_off_in_the_middle_costs_the_rest_of_the_sound(
    stage: Stage, error: Exception
) -> None:
    recording(stage)
    stage.microphone_failure = error
    assert "unplugged" in stage.until_reported(SoundFailed)[0].message
    stage.shoot(10)
    stop(stage)
    stage.shoot(10)
    stage.until_reported(RecordingClosed)
    (clip,) = clips(stage)
    sounds = [p for p in read_back(stage.store.path(clip)) if p.track == "audio"]
    assert clip.end_reason is EndReason.STOP
    assert clip.duration_ns == clip.pre_record_delivered_ns + 2 * S
    assert sounds and sounds[-1].time_ns < clip.pre_record_delivered_ns + 1.2 * S


def test_samples_that_the_sound_card_lost_are_said(stage: Stage) -> None:
    armed(stage, 5)
    stage.samples_lost = 4_800
    stage.shoot(5)
    assert stage.until_reported(SoundLost)[0].seconds == pytest.approx(0.1)


def test_disarming_closes_camera_and_microphone(stage: Stage) -> None:
    armed(stage)
    stage.recorder.disarm(stage.now_ns())
    stage.cue(Shot())
    stage.until_closed()
    assert stage.cameras[0].closed and stage.microphones[0].closed
    assert stage.reported(CaptureFailed) == []


def test_arming_twice_opens_one_camera(stage: Stage) -> None:
    armed(stage, 3)
    stage.recorder.arm()
    stage.shoot(3)
    assert len(stage.cameras) == 1


# Races


def test_a_trigger_while_the_camera_is_being_closed_loses_no_recording(stage: Stage) -> None:
    armed(stage)
    stage.closing_camera.clear()
    stage.recorder.disarm(stage.now_ns())
    stage.cue(Shot())
    stage.until_closing()
    stage.recorder.begin(stage.now_ns(), "Button")
    (opened,) = stage.until_reported(ClipOpened)
    stage.closing_camera.set()
    stage.shoot(20)
    stop(stage)
    stage.shoot(10)
    stage.until_reported(RecordingClosed)
    first, second = clips(stage)
    assert opened.file == first.file
    assert (first.end_reason, second.end_reason) == (EndReason.SPLIT, EndReason.STOP)
    assert second.duration_ns == 2 * S - 100_000_000, "from the new session's first frame on"
    assert len(stage.cameras) == 2


def test_a_trigger_just_before_a_failure_is_closed_with_it(stage: Stage) -> None:
    armed(stage)
    stage.closing_camera.clear()
    stage.cue(DeviceClosedError("gone"))
    stage.until_closing()
    stage.recorder.begin(stage.now_ns(), "Button")
    stage.until_reported(ClipOpened)
    stage.closing_camera.set()
    stage.until_reported(CaptureFailed)
    stage.until_reported(RecordingClosed)
    assert clips(stage)[0].end_reason is EndReason.FAULT


def test_a_disarm_before_the_session_has_begun_closes_the_recording(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "_IDLE_S", 0.01)
    stage.recorder.begin(stage.now_ns(), "Button")
    stop(stage)
    stage.recorder.disarm(stage.now_ns())
    stage.cue(*[SILENCE] * 30)
    stage.clock.advance_s(10)
    stage.until_reported(RecordingClosed)
    assert stage.store.journal.recordings()[0].trigger_off == "Button"


def test_a_recorder_that_is_closed_while_recording_closes_the_clip(stage: Stage) -> None:
    recording(stage)
    stage.end()
    (closed,) = stage.reported(ClipClosed)
    assert closed.frames >= 30 and len(stage.reported(RecordingClosed)) == 1


def test_a_trigger_after_the_close_does_not_keep_it_from_ending(stage: Stage) -> None:
    armed(stage)
    closer = threading.Thread(target=stage.recorder.close, args=(stage.now_ns(),))
    closer.start()
    stage.until(lambda: stage.recorder._closing, "the recorder is closing")
    stage.recorder.begin(stage.now_ns(), "Button")
    stage.cue(Shot())
    stage.until_closed()
    closer.join(20)
    assert len(stage.reported(RecordingClosed)) == 1 and stage.reported(CaptureFailed) == []


def test_closing_twice_or_before_the_start_is_allowed(stage: Stage, tmp_path: Path) -> None:
    stage.close()
    stage.close()
    other = Stage(tmp_path / "other")
    other.end()


@pytest.mark.parametrize("seed", range(6))
def test_a_storm_of_requests_leaves_everything_closed_and_whole(stage: Stage, seed: int) -> None:
    chance = random.Random(seed)
    recorder = stage.recorder

    def feed() -> None:
        while not over.is_set():
            stage.cue(Shot(chance.choice([0, 0, 0, 2])))
            over.wait(0.0005)

    over = threading.Event()
    feeder = threading.Thread(target=feed)
    feeder.start()
    begun = 0
    for _ in range(60):
        now_ns = stage.now_ns()
        match chance.randrange(6):
            case 0:
                recorder.arm()
            case 1:
                recorder.disarm(now_ns)
            case 2 if begun < 8:
                recorder.begin(now_ns, "Button")
                begun += 1
            case 3:
                recorder.end(now_ns, "Button", EndReason.STOP)
            case 4:
                recorder.mark(now_ns)
            case _:
                over.wait(0.003)
    over.set()
    feeder.join()
    stage.close()
    assert len(stage.reported(RecordingClosed)) == begun
    assert len(stage.reported(ClipClosed)) == len(stage.reported(ClipOpened)) == len(clips(stage))
    assert {clip.state for clip in clips(stage)} <= {ClipState.FINALISED}
    assert all(clip.frames == pictures(stage, clip) for clip in clips(stage))
    assert all(each.trigger_off for each in stage.store.journal.recordings())
    assert stage.reported(CaptureFailed) == [] and stage.reported(WritingFailed) == []


# Hangs and errors of our own


def test_a_camera_that_hangs_for_ever_does_not_keep_the_clip_open(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "CLOSE_PATIENCE_S", 0.05)
    recording(stage)
    hang = threading.Event()
    stage.cue(hang)
    stage.recorder.close(stage.now_ns())
    (clip,) = clips(stage)
    assert clip.state is ClipState.FINALISED and clip.end_reason is EndReason.SHUTDOWN
    assert clip.frames == pictures(stage, clip)
    assert "hangs" in stage.reported(CaptureFailed)[0].message
    hang.set()


def test_a_keeper_that_fails_says_so_and_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording(stage)
    real = Keeper.handle

    def handle(keeper: Keeper, message: object) -> None:
        if isinstance(message, Mark):
            raise ZeroDivisionError("nobody foresaw it")
        real(keeper, message)  # type: ignore[arg-type]

    monkeypatch.setattr(Keeper, "handle", handle)
    stage.recorder.mark(stage.now_ns())
    (failed,) = stage.until_reported(WritingFailed)
    assert "nobody foresaw it" in failed.message
    assert clips(stage)[0].end_reason is EndReason.FAULT
    stage.recorder.begin(stage.now_ns(), "Button")
    stage.until_reported(ClipOpened, 2)
    stage.shoot(10)
    stop(stage)
    stage.shoot(10)
    stage.until_reported(ClipClosed)
    assert clips(stage)[1].end_reason is EndReason.STOP


def test_a_listener_that_fails_ends_no_recording(stage: Stage) -> None:
    stage.listener_failure = ZeroDivisionError("in the listener")
    recording(stage)
    stop(stage)
    stage.shoot(10)
    stage.until_reported(RecordingClosed)
    assert clips(stage)[0].end_reason is EndReason.STOP


# Probing


def test_a_probe_finds_a_camera_that_is_back(stage: Stage) -> None:
    stage.recorder.probe()
    stage.cue(Shot())
    stage.until_reported(CaptureReturned)
    assert stage.cameras[0].closed and stage.microphones == []


@pytest.mark.parametrize(
    ("failure", "said"),
    [(DeviceMissingError("still gone"), "still gone"), (ZeroDivisionError("odd"), "odd")],
)
def test_a_probe_of_a_camera_that_is_still_gone_says_why(
    stage: Stage, failure: Exception, said: str
) -> None:
    stage.failures["camera"] = failure
    stage.recorder.probe()
    assert said in stage.until_reported(CaptureFailed)[0].message
    assert stage.cameras[0].closed


def test_a_probe_of_a_camera_that_gives_no_frame_is_a_failure(stage: Stage) -> None:
    stage.cue(SILENCE)
    stage.recorder.probe()
    assert "no frame" in stage.until_reported(CaptureFailed)[0].message


def test_a_probe_that_was_asked_for_while_capturing_opens_no_camera_behind_it(
    stage: Stage,
) -> None:
    armed(stage, 3)
    stage.recorder.probe()
    stage.recorder.disarm(stage.now_ns())
    stage.cue(Shot())
    stage.until_closed()
    wait_until(lambda: not stage.recorder._probing)
    armed(stage, 3)
    assert len(stage.cameras) == 2 and stage.reported(CaptureReturned) == []


# An allocation that fails


@pytest.mark.parametrize("place", [X264Encoder, Ring], ids=["encode", "ring"])
def test_a_recording_that_runs_out_of_memory_keeps_what_is_synced_and_the_next_one_records(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, place: type
) -> None:
    def fail(*_values: object) -> None:
        raise MemoryError

    recording(stage, 20)
    # On a busy machine the keeper may still be at pictures of long ago.
    wait_until(lambda: stage.recorder._inbox.is_drained)
    with monkeypatch.context() as patch:
        patch.setattr(place, "encode" if place is X264Encoder else "add", fail)
        stage.cue(Shot())
        if place is X264Encoder:
            (failure,) = stage.until_reported(CaptureFailed)
        else:
            failure = stage.until_reported(WritingFailed)[0]
        stage.until_reported(RecordingClosed)
    assert "MemoryError" in failure.message
    (clip,) = clips(stage)
    assert clip.end_reason is EndReason.FAULT and pictures(stage, clip) == clip.frames > 30
    stage.recorder.arm()
    stage.shoot(20)
    stage.recorder.begin(stage.now_ns(), "Button")
    stage.shoot(10)
    stop(stage)
    stage.shoot(10)
    stage.until_reported(RecordingClosed, 2)
    assert clips(stage)[1].end_reason is EndReason.STOP
