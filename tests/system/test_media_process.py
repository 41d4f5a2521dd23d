"""What happens to footage, lights and journal when one of the camera's two processes dies."""

import os
import signal
from pathlib import Path

import pytest

from bwv_device.configuration.model import Configuration
from bwv_device.evidence.check import check
from bwv_device.evidence.identity import load_or_create
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.media_signing.stream_signer import PART_PICTURES
from bwv_device.evidence.records import Clip, ClipState, EndReason
from tests.support.camera_command import SERIAL, Camera, await_bytes, running_camera
from tests.support.signed_files import read_file
from tests.support.signed_streams import letters
from tests.support.softhsm import CONFIG_VARIABLE, make_token
from tests.unit.media.media_packets import read_back

S = 1_000_000_000


def recording(camera: Camera, folder: Path) -> None:
    """Until a fragment of the clip is on the disk."""
    camera.await_word("PRE_RECORD")
    camera.press("  ")
    camera.await_word("clip begun")
    await_bytes(folder)


def switch_off(camera: Camera) -> None:
    camera.signal(signal.SIGTERM)
    assert camera.code() == 0


def clips_of_one_recording(folder: Path) -> list[Clip]:
    """All clips; each opens, has the frames that the journal counts, and nothing is wrong."""
    journal = Journal.open_for_reading(folder / "device")
    (found,) = journal.recordings()
    clips = journal.clips(found.id)
    for clip in clips:
        pictures = [p for p in read_back(folder / "device" / clip.file) if p.track == "video"]
        assert len(pictures) == clip.frames, clip
        require_signed(folder / "device" / clip.file)
    assert check(folder / "device", journal) == []
    journal.close()
    return clips


def require_signed(file: Path) -> None:
    """By the camera's own key: all pictures of a clip that was closed but the last, and those of
    the whole parts of one that was cut off."""
    reading = read_file(file)
    if len(reading.states) <= PART_PICTURES + 1 and not reading.seis:
        return  # cut off before the first part was whole
    assert set(letters(reading).rstrip("_")) <= {"."}
    assert reading.not_covered_pictures <= 2 * PART_PICTURES
    assert not reading.problems and not reading.missing and reading.parts_before == 0
    assert reading.vendor is not None and reading.vendor.serial == SERIAL
    identity = load_or_create(file.parents[2], SERIAL, Configuration().device.model)
    assert reading.chain_pem == identity.signer.certificate_chain_pem


def test_a_recorder_that_is_killed_is_started_anew_and_goes_on(tmp_path: Path) -> None:
    with running_camera(tmp_path) as camera:
        recording(camera, tmp_path)
        before = camera.media_process()
        os.kill(before, signal.SIGKILL)
        camera.await_word("it is started anew")
        camera.await_word("the recorder is back")
        assert camera.media_process() != before
        await_bytes(tmp_path)
        camera.press("s")
        camera.await_word("(Stop)")
        switch_off(camera)
    first, second = clips_of_one_recording(tmp_path)
    assert (first.number, first.end_reason) == (1, EndReason.RECOVERED)
    assert (second.number, second.end_reason) == (2, EndReason.STOP)
    # The gap stands in the metadata: frames that were due between the two.
    gap_ns = second.start_utc_ns - (first.start_utc_ns + (first.duration_ns or 0))
    assert gap_ns > 0
    assert abs((second.frames_dropped or 0) - gap_ns / second.frame_ns) <= 1
    assert second.account is not None
    gap = second.account.pictures.gaps[0]
    assert gap.length_ns == gap_ns and gap.offset_ns == -gap_ns
    # What was certified at the trigger outlives the process that did so.
    certificate = first.certificate
    assert certificate is not None and certificate.asked_ns == S
    assert certificate.delivered_ns == first.pre_record_delivered_ns
    assert (certificate.short is not None) == (certificate.delivered_ns < S)


def test_a_recorder_that_hangs_is_killed_and_started_anew(tmp_path: Path) -> None:
    with running_camera(tmp_path) as camera:
        recording(camera, tmp_path)
        os.kill(camera.media_process(), signal.SIGSTOP)
        camera.await_word("the recorder gives no sign of life; it is started anew")
        camera.await_word("the recorder is back")
        switch_off(camera)
    first, second = clips_of_one_recording(tmp_path)
    assert first.end_reason is EndReason.RECOVERED
    assert second.end_reason is EndReason.SHUTDOWN


def test_a_recorder_whose_agent_is_killed_closes_its_clip_whole(tmp_path: Path) -> None:
    with running_camera(tmp_path) as camera:
        recording(camera, tmp_path)
        camera.signal(signal.SIGKILL)
        camera.code()
        # The next agent waits until the clip is closed, and does not cut it off.
        with running_camera(tmp_path) as successor:
            successor.await_word("PRE_RECORD")
            switch_off(successor)
    (clip,) = clips_of_one_recording(tmp_path)
    assert (clip.state, clip.end_reason) == (ClipState.FINALISED, EndReason.FAULT)


def test_a_recorder_that_dies_in_pre_record_is_a_fault_that_passes_by_itself(
    tmp_path: Path,
) -> None:
    with running_camera(tmp_path) as camera:
        camera.await_word("PRE_RECORD")
        os.kill(camera.media_process(), signal.SIGKILL)
        camera.await_word("FAULT")
        camera.await_word("the recorder is back")
        camera.await_word("PRE_RECORD", times=2)
        camera.press("  ")
        camera.await_word("clip begun")
        switch_off(camera)
    (clip,) = clips_of_one_recording(tmp_path)
    assert clip.end_reason is EndReason.SHUTDOWN


@pytest.mark.needs("softhsm2")
def test_a_token_signs_what_the_media_process_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, "")
    soft = make_token(tmp_path)
    table = soft.signing.model_dump(mode="json")
    settings = "[signing]\n" + "".join(f'{key} = "{value}"\n' for key, value in table.items())
    with running_camera(tmp_path, soft.environment, settings) as camera:
        recording(camera, tmp_path)
        camera.press("s")
        camera.await_word("(Stop)")
        switch_off(camera)
    journal = Journal.open_for_reading(tmp_path / "device")
    (clip,) = journal.clips()
    journal.close()
    reading = read_file(tmp_path / "device" / clip.file)
    assert letters(reading) == "." * ((clip.frames or 0) - 1) + "_"
    assert reading.chain_pem == soft.chain_pem
