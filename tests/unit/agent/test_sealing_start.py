"""Before anything is recorded, the store knows whether footage is to be sealed."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bwv_device.agent.sealing_start import accept_destination
from bwv_device.configuration.model import Configuration
from bwv_device.evidence.store import Store
from bwv_device.protocol.connection import ConnectionFile, build_connection_file
from hal.drivers.clock.virtual import VirtualClock
from tests.support.sealing import public_key_attributes, recipient

PLAIN = build_connection_file(
    uris=["http://127.0.0.1:1/auth/v1.0"],
    user_name="camera",
    key="secret",
    site_name="A dock",
    application=("test", "1"),
)
WANTS_SEALED = ConnectionFile.model_validate(PLAIN.model_dump() | public_key_attributes())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "store")
    yield opened
    opened.close()


def start(store: Store, file: Path | None) -> None:
    configuration = Configuration.model_validate(
        {"dock": {} if file is None else {"connection_file": str(file)}}
    )
    accept_destination(configuration, store, VirtualClock())


def test_a_destination_that_wants_it_gets_sealed_footage_from_the_first_clip_on(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "connection.json"
    file.write_bytes(WANTS_SEALED.to_json())
    start(store, file)
    assert store.journal.recipient() == recipient()
    start(store, file)
    assert store.journal.recipient() == recipient()


@pytest.mark.parametrize("content", [PLAIN.to_json(), b"{", None])
def test_whatever_the_file_says_later_it_stays_on_and_the_camera_starts(
    store: Store, tmp_path: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "connection.json"
    file.write_bytes(WANTS_SEALED.to_json())
    start(store, file)
    file.unlink() if content is None else file.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        start(store, file)
    assert store.journal.recipient() == recipient()
    assert "sealed footage could not be learnt" in caplog.text


def test_without_a_destination_nothing_is_sealed(store: Store) -> None:
    start(store, None)
    assert store.journal.recipient() is None
