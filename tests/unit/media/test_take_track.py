"""Positions of a sealed recording: whole behind each one, and not to be read on the camera."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from hypothesis import given
from hypothesis import strategies as st

from bwv_device.evidence.errors import StoreError
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import Recording, TrackPoint
from bwv_device.evidence.sealing.cipher import ContentKey
from bwv_device.evidence.sealing.growing_json import GrowingJson
from bwv_device.evidence.store import Store
from bwv_device.media.take_track import TakeTrack
from bwv_device.protocol.track import parse_track
from tests.support.sealing import opened_by_openssl, recipient
from tests.support.stores import TRIGGER_UTC_NS, S, begin, new_clip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "store")
    opened.journal.accept_recipient(recipient(), 0)
    yield opened
    opened.close()


def point(recording: Recording, second: int, latitude_deg: float = 51.5) -> TrackPoint:
    at_utc_ns = TRIGGER_UTC_NS + second * S
    return TrackPoint(recording.id, at_utc_ns, latitude_deg, -0.1 + second / 1000, 5.0)


def opened(store: Store, recording: Recording, folder: Path) -> list[bytes]:
    """What plain `openssl` makes of each of the recording's tracks."""
    found = []
    for sealed in store.journal.sealed_tracks(recording.id):
        body, key = folder / "track", folder / "track.key"
        body.write_bytes(sealed.body)
        key.write_bytes(sealed.key_file)
        code, clear = opened_by_openssl(body, key, folder / "openssl")
        assert code == 0
        found.append(clear)
    return found


@pytest.mark.needs("openssl")
def test_plain_openssl_opens_the_track_behind_each_position(store: Store, tmp_path: Path) -> None:
    recording = begin(store)
    store.open_clip(recording, new_clip(recording, start_s=-5))
    track = TakeTrack(store, recording.id)
    for second in range(4):
        track.add(point(recording, second))
        (clear,) = opened(store, recording, tmp_path)
        points = parse_track(clear)
        assert [one.since_start_s for one in points] == [5.0 + each for each in range(second + 1)]
        assert points[-1].latitude_deg == 51.5
    track.close()


def test_nothing_of_it_is_in_the_journal_in_the_clear(store: Store) -> None:
    recording = begin(store)
    store.open_clip(recording, new_clip(recording))
    TakeTrack(store, recording.id).add(point(recording, 1, 51.4778901))
    assert store.journal.track(recording.id) == []
    store.close()
    for path in store.folder.glob("journal.sqlite*"):
        assert b"51.4778901" not in path.read_bytes()


def test_positions_from_before_the_first_clip_wait_for_it(store: Store, tmp_path: Path) -> None:
    recording = begin(store)
    track = TakeTrack(store, recording.id)
    track.add(point(recording, 0))
    assert store.journal.sealed_tracks(recording.id) == []
    store.open_clip(recording, new_clip(recording, start_s=-2))
    track.add(point(recording, 1))
    (clear,) = opened(store, recording, tmp_path)
    assert [one.since_start_s for one in parse_track(clear)] == [2.0, 3.0]


def test_positions_of_a_recording_without_a_clip_are_told(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    track = TakeTrack(store, begin(store).id)
    track.add(point(store.journal.recordings()[0], 0))
    with caplog.at_level(logging.WARNING):
        track.close()
    assert "1 positions" in caplog.text


def test_a_recorder_that_goes_on_writes_a_track_of_its_own(store: Store, tmp_path: Path) -> None:
    recording = begin(store)
    store.open_clip(recording, new_clip(recording))
    for second in (1, 2):
        TakeTrack(store, recording.id).add(point(recording, second))
    both = [parse_track(clear) for clear in opened(store, recording, tmp_path)]
    assert [[one.since_start_s for one in points] for points in both] == [[1.0], [2.0]]


def test_a_piece_that_the_journal_refuses_spoils_no_other(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = begin(store)
    store.open_clip(recording, new_clip(recording))
    track = TakeTrack(store, recording.id)
    track.add(point(recording, 1))

    def refuse(*_: object) -> None:
        raise StoreError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "add_sealed_piece", refuse)
        with pytest.raises(StoreError):
            track.add(point(recording, 2))
    track.add(point(recording, 3))
    found = [
        one.since_start_s
        for clear in opened(store, recording, tmp_path)
        for one in parse_track(clear)
    ]
    assert found == [1.0, 3.0]


def test_a_position_that_is_not_on_earth_is_left_out_and_told(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    recording = begin(store)
    store.open_clip(recording, new_clip(recording))
    TakeTrack(store, recording.id).add(point(recording, 1, latitude_deg=95.0))
    assert store.journal.sealed_tracks(recording.id) == [] and "is left out" in caplog.text


def test_where_nothing_is_sealed_positions_lie_as_before(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "plain")
    recording = begin(store)
    TakeTrack(store, recording.id).add(point(recording, 1))
    assert store.journal.track(recording.id) == [point(recording, 1)]
    assert store.journal.sealed_tracks(recording.id) == []
    store.close()


@given(st.lists(st.text(max_size=60), min_size=1, max_size=8))
def test_a_growing_document_is_whole_behind_any_entry(entries: list[str]) -> None:
    key, stored = ContentKey(), b""
    document = GrowingJson(key, "Entries")
    for count, entry in enumerate(entries, 1):
        piece = document.add(json.dumps(entry).encode())
        stored += piece.stored
        whole = Cipher(AES(key.key), CBC(key.iv)).decryptor().update(stored + piece.closing)
        padding = PKCS7(128).unpadder()
        clear = padding.update(whole) + padding.finalize()
        assert json.loads(clear) == {"Entries": entries[:count]}
