"""Nothing that was captured and not triggered reaches a disk: a real `bwv run`, whose packets a
tap tells to the test, is searched for them, file by file."""

import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from bwv_device.evidence.journal import FILE_NAME
from tests.support.camera_command import Camera, await_bytes, running_camera
from tests.support.packet_tap import PacketTap, Tapped, packet_tap
from tests.support.traces import (
    STRETCH_BYTES,
    files_below,
    found_in,
    nameless,
    stretches,
    traces,
    windows,
)

S = 1_000_000_000
ASKED_NS = S
LONGEST_NS = 2 * S
"""What the ring gives at most: as much as is asked, and one group of pictures."""
LONG_NS = 6 * S
"""So long in pre-record, most of what was captured has left the ring: it holds 3 s at most."""


@pytest.fixture
def tap() -> Iterator[PacketTap]:
    # A socket's name has to be short.
    with tempfile.TemporaryDirectory(prefix="tap-") as folder, packet_tap(Path(folder)) as made:
        yield made


@contextmanager
def camera_at_home(folder: Path, tap: PacketTap) -> Iterator[Camera]:
    """A camera that has nothing but `folder` to write to that it would know of."""
    with running_camera(folder, {**home(folder), **tap.environment}) as camera:
        camera.await_word("PRE_RECORD")
        yield camera


def home(folder: Path) -> Mapping[str, str]:
    """Where programs put their files: home, temporary files, caches, state."""
    places = {name: folder / name.lower() for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    places |= {name: folder / name.lower() for name in ("XDG_STATE_HOME", "XDG_RUNTIME_DIR")}
    for place in places.values():
        place.mkdir()
    return {name: str(place) for name, place in places.items()}


def processes(camera: Camera) -> list[int]:
    """The agent and the recorder."""
    media = camera.media_process()
    return [psutil.Process(media).ppid(), media]


def unexplained(pids: list[int]) -> list[str]:
    """Files without a name that the camera did not inherit from this very process, such as the
    one into which pytest takes what is printed; that one is searched like the others."""
    ours = nameless([os.getpid()])
    return [name for name in nameless(pids) if name not in ours]


def payloads(packets: list[Tapped]) -> list[bytes]:
    return [packet.data for packet in packets]


def test_what_leaves_the_ring_untriggered_was_never_on_a_disk(
    tmp_path: Path, tap: PacketTap
) -> None:
    with camera_at_home(tmp_path, tap) as camera:
        packets = tap.await_ns(LONG_NS)
        pids, wanted = processes(camera), stretches(payloads(packets))
        assert len(wanted) > 1_000 and {packet.is_video for packet in packets} == {True, False}
        assert traces(wanted, tmp_path, pids) == []
        assert unexplained(pids) == []
        camera.signal(signal.SIGTERM)
        assert camera.code() == 0
    assert (tmp_path / "device" / FILE_NAME).is_file(), "there was a store to write to"
    assert list((tmp_path / "device" / "clips").iterdir()) == []
    assert traces(stretches(payloads(tap.packets())), tmp_path) == []


def test_a_trigger_brings_what_the_ring_holds_and_nothing_older(
    tmp_path: Path, tap: PacketTap
) -> None:
    with camera_at_home(tmp_path, tap) as camera:
        before = tap.await_ns(LONG_NS)
        camera.press("  ")
        camera.await_word("clip begun")
        await_bytes(tmp_path)
        pids = processes(camera)
        camera.press("s")
        camera.await_word("(Stop)")
        packets = tap.packets()
        (clip,) = (tmp_path / "device" / "clips").rglob("*.mp4")
        first_ns = first_picture_ns(clip.read_bytes(), packets)
        known_ns = max(p.time_ns for p in before if p.is_video)
        assert first_ns >= known_ns - LONGEST_NS, "the trigger came after what was known before"
        gone = [p for p in before if not p.is_video]
        gone += [p for p in packets if p.is_video and p.time_ns < first_ns]
        kept = [p for p in packets if p not in gone]
        wanted = stretches(payloads(gone)) - windows(payloads(kept))
        assert len(wanted) > 500
        assert traces(wanted, tmp_path, pids) == []
        assert unexplained(pids) == []
        prove_that_a_trace_is_found(gone, wanted, tmp_path)
        camera.signal(signal.SIGTERM)
        assert camera.code() == 0
    assert traces(wanted, tmp_path) == []
    assert traces(windows(payloads(kept[:50])), tmp_path) == [str(clip)]


def first_picture_ns(clip: bytes, packets: list[Tapped]) -> int:
    """The time of the first picture that is in the clip, whole: parts of the generated scene
    repeat themselves, and the time that is drawn on it does not."""
    keys = [packet for packet in packets if packet.is_key]
    return next(key.time_ns for key in keys if key.data.rpartition(b"\0\0\1")[2] in clip)


def prove_that_a_trace_is_found(gone: list[Tapped], wanted: set[bytes], folder: Path) -> None:
    """The search finds one stretch of one packet in a file, wherever that is."""
    stray = folder / "home" / "deep" / "stray.tmp"
    stray.parent.mkdir()
    data = next(p.data for p in gone if found_in(p.data[-3 * STRETCH_BYTES :], wanted))
    stray.write_bytes(b"x" * 7 + data[-3 * STRETCH_BYTES :] + b"y")
    assert traces(wanted, folder) == [str(stray)]
    stray.unlink()


def test_a_file_that_has_no_name_any_more_is_searched_and_named(tmp_path: Path) -> None:
    wanted = stretches([bytes(range(100))])
    with (tmp_path / "gone").open("wb+") as file:
        file.write(bytes(range(100)))
        file.flush()
        (tmp_path / "gone").unlink()
        assert list(files_below(tmp_path)) == []
        (found,) = traces(wanted, tmp_path, [os.getpid()])
        assert found.endswith("gone (deleted)")
        assert [name for name in nameless([os.getpid()]) if "gone" in name] == [found]
