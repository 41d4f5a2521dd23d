"""The dock client against a real `bwv dock serve` process: both sides of one protocol."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from bwv_device.dock.docking import Step
from bwv_device.dock.events import ClipSent, NextTry, Progress, Proof
from bwv_device.evidence.records import Clip, ClipState, Recording
from bwv_device.protocol.connection import ConnectionFile
from bwv_device.protocol.metadata import decode
from tests.destination.in_process import CREDENTIALS, InProcess
from tests.destination.process import ServerProcess
from tests.destination.wire import Answer, Wire
from tests.support import docking_camera, stores
from tests.support.dock_process import DockProcess
from tests.support.docking_camera import CLIP, OTHER_CLIP, Crash, Rig

NOT_IN_THE_CLEAR = {Step.REJECTION_NOTED, Step.REJECTED_CONTAINER_MADE, Step.KEY_PROVED}
"""Steps that a clip in the clear which is not refused does not take."""
_SECONDS = count(step=1000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("dock"))
    yield process
    assert process.stop() == 0


@pytest.fixture
def wire(server: ServerProcess) -> Wire:
    return server.wire()


@pytest.fixture
def rig(tmp_path: Path, server: ServerProcess) -> Iterator[Rig]:
    made = Rig(tmp_path, server.connection)
    yield made
    made.close()


def record_parts(rig: Rig, *parts: bytes) -> Recording:
    """A recording at a time that no other test of this module uses."""
    return rig.record_parts(*parts, trigger_s=next(_SECONDS))


def meta(answer: Answer) -> dict[str, str]:
    assert answer.status in (200, 204)
    return decode(answer.headers.items())


def held(server: ServerProcess, wire: Wire, rig: Rig, clip: Clip, container: str) -> bool:
    """Whether the file on the server's disk has the journal's bytes, and HEAD says the same."""
    name = rig.store.path(clip).name
    found = wire.head(container, name)
    body = wire.get(container, name).body
    on_disk = (server.directory / "content" / container / name).read_bytes()
    assert meta(found)["Sha256"] == clip.sha256
    return body == on_disk and hashlib.sha256(on_disk).hexdigest() == clip.sha256


def test_a_recording_arrives_whole_and_is_freed_on_its_sha256(
    rig: Rig, server: ServerProcess, wire: Wire
) -> None:
    recording = record_parts(rig, CLIP, OTHER_CLIP)
    rig.store.journal.add_bookmark(recording.id, recording.trigger_on_utc_ns)
    assert rig.push().ok
    assert [e.proof for e in rig.events if isinstance(e, ClipSent)] == [Proof.SHA256] * 2
    assert rig.states() == [ClipState.PURGED] * 2
    for clip in rig.store.journal.clips(recording.id):
        assert held(server, wire, rig, clip, recording.container)
    values = meta(wire.head(recording.container))
    assert (values["Status"], values["ClipCount"]) == ("Complete", "2")
    assert rig.wrong() == []


@pytest.mark.parametrize("step", [step for step in Step if step not in NOT_IN_THE_CLEAR])
def test_a_crash_behind_any_step_ends_in_one_object_each(
    rig: Rig, server: ServerProcess, wire: Wire, step: Step
) -> None:
    recording = record_parts(rig, CLIP, OTHER_CLIP)
    with pytest.raises(Crash):
        rig.push(crash_behind=step)
    rig.restart()
    assert rig.push().ok
    for clip in rig.store.journal.clips(recording.id):
        assert held(server, wire, rig, clip, recording.container)
    assert len(list((server.directory / "content" / recording.container).glob("*.mp4"))) == 2
    assert meta(wire.head(recording.container))["Status"] == "Complete"
    assert rig.states() == [ClipState.PURGED] * 2


def test_the_server_accepts_a_recording_that_says_what_it_lacks(rig: Rig, wire: Wire) -> None:
    recording = record_parts(rig, CLIP, OTHER_CLIP)
    lost = rig.store.journal.clips(recording.id)[0]
    rig.store.path(lost).unlink()
    rig.push()
    values = meta(wire.head(recording.container))
    assert (values["Status"], values["ClipCount"]) == ("Complete", "1")
    assert values["MissingClips"] == "1"
    assert rig.states() == [ClipState.FINALISED, ClipState.PURGED]


def test_a_clip_that_comes_back_late_is_held_as_rejected_content(
    rig: Rig, server: ServerProcess, wire: Wire
) -> None:
    recording = record_parts(rig, CLIP, OTHER_CLIP)
    lost = rig.store.journal.clips(recording.id)[0]
    rig.store.path(lost).unlink()
    rig.push()
    rig.store.path(lost).parent.mkdir(exist_ok=True)
    rig.store.path(lost).write_bytes(CLIP)
    rig.push()
    lost = rig.clip(lost)
    assert lost.state is ClipState.PURGED
    assert str(lost.destination).startswith("RejectedContent_")
    assert held(server, wire, rig, lost, str(lost.destination))
    values = meta(wire.head(str(lost.destination)))
    assert values["RejectedContentOriginalContainer"] == recording.container


def test_a_damaged_clip_is_held_with_its_mark_and_kept_here(rig: Rig, wire: Wire) -> None:
    recording = record_parts(rig, CLIP)
    (clip,) = rig.store.journal.clips(recording.id)
    rig.store.path(clip).write_bytes(OTHER_CLIP)
    rig.push()
    found = wire.get(recording.container, rig.store.path(clip).name)
    assert found.body == OTHER_CLIP
    assert "IntegrityProblem" in meta(found)
    assert meta(found)["RecordedSha256"] == clip.sha256
    assert meta(wire.head(recording.container))["Status"] == "Complete"
    assert rig.states() == [ClipState.FINALISED]


def test_a_wrong_key_leaves_everything_on_the_camera(rig: Rig) -> None:
    record_parts(rig, CLIP)
    rig.connection = rig.make_connection(blob_api_key="wrong")
    assert "check user name and key" in rig.push().problems[0].text
    assert rig.states() == [ClipState.FINALISED]


@pytest.mark.parametrize(
    "name", ["a/../../b", "\0nul", "'\"<b>`$(x)", "y" * 10_000, "\U0001f46e" * 99]
)
def test_hostile_names_of_people_and_cameras_arrive_as_harmless_text(
    rig: Rig, wire: Wire, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    identity = replace(docking_camera.IDENTITY, user_name=name, device_name=name)
    monkeypatch.setattr(docking_camera, "IDENTITY", identity)
    record_parts(rig, CLIP)
    assert rig.push().ok
    shown = meta(wire.head("Users", stores.NEW_RECORDING.user_id))["Name"]
    assert shown.startswith(name.replace("\0", "\N{REPLACEMENT CHARACTER}")[:5])
    assert "\0" not in shown


def test_two_cameras_push_to_one_destination(
    rig: Rig, tmp_path: Path, server: ServerProcess, wire: Wire
) -> None:
    other = Rig(tmp_path / "other", server.connection)
    for one in (rig, other):
        recording = record_parts(one, CLIP)
        assert one.push().ok
        assert meta(wire.head(recording.container))["Status"] == "Complete"
    assert rig.memory.system_id != other.memory.system_id
    other.close()


def test_a_full_server_is_a_fault_and_gets_everything_once_there_is_room(tmp_path: Path) -> None:
    server = InProcess(tmp_path / "full")
    connection = ConnectionFile(
        site_name="Full",
        application_name="Test",
        application_version="1",
        authentication_token_uri=[f"http://127.0.0.1:{server.wire.port}/auth/v1.0"],
        blob_api_user_name=CREDENTIALS.user_name,
        blob_api_key=CREDENTIALS.key,
        receipt_certificate=[b64encode(server.services.receipt_anchor_pem.encode()).decode()],
    )
    rig = Rig(tmp_path, connection)
    clip = rig.record_large(times=10)
    server.hands.free_bytes = 1000
    summary = rig.push()
    assert "status 507" in summary.problems[0].text
    assert summary.next_try is NextTry.SLOWLY
    assert rig.states() == [ClipState.FINALISED]
    server.hands.free_bytes = 1 << 40
    assert rig.push().ok
    assert rig.clip(clip).state is ClipState.PURGED
    rig.close()
    server.close()


def test_a_push_goes_on_over_a_killed_server_and_a_cut_camera(tmp_path: Path) -> None:
    server = DockProcess(tmp_path / "server")
    server.start()
    rig = Rig(tmp_path, server.connection())
    clip = rig.record_large(times=20)
    kills = iter([0.3, 0.6])
    next_kill = [next(kills)]

    def kill(event: object) -> None:
        if isinstance(event, Progress) and event.sent_bytes > next_kill[0] * event.total_bytes:
            next_kill[0] = next(kills, 2.0)
            server.kill()
            server.start()

    def cut(event: object) -> None:
        if isinstance(event, Progress) and event.sent_bytes > 0.8 * event.total_bytes:
            raise Crash(event)

    with pytest.raises(Crash):
        rig.push(report=lambda event: (kill(event), cut(event)))  # type: ignore[func-returns-value]
    rig.restart()
    first = [event for event in rig.events if isinstance(event, Progress)]
    assert rig.push().ok
    sent = [event.sent_bytes for event in rig.events if isinstance(event, Progress)]
    assert first == [] and sent[-1] == clip.bytes
    held_file = server.folder / "content" / rig.container(clip) / rig.store.path(clip).name
    assert hashlib.sha256(held_file.read_bytes()).hexdigest() == clip.sha256
    assert list((server.folder / "uploads").iterdir()) == []
    rig.close()
    server.stop()
