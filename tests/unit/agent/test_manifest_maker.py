"""The thread that makes manifests: behind every clip, and never in the way of anything."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bwv_device.agent.manifest_maker import ManifestMaker
from bwv_device.evidence.manifest.keeping import manifest_path
from bwv_device.evidence.manifest.signed import read_manifest
from bwv_device.evidence.records import Clip
from bwv_device.evidence.store import Store
from hal.drivers.clock.virtual import VirtualClock
from tests.support import stores
from tests.support.hasty import hasty_disk, hasty_folder
from tests.support.signing_keys import make_signer, the_root

LONG_S = 60.0
SIGNER = make_signer(the_root(), stores.NEW_RECORDING.serial)


@pytest.fixture
def store() -> Iterator[Store]:
    with hasty_folder() as folder, hasty_disk():
        opened = Store.open(folder / "store")
        yield opened
        opened.close()


class Told:
    """What the maker could not do, in its words."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.came = threading.Event()

    def __call__(self, text: str) -> None:
        self.texts.append(text)
        self.came.set()


def maker(store: Store, told: Told) -> ManifestMaker:
    return ManifestMaker(store, VirtualClock(), lambda: SIGNER, told)


def serial_of(store: Store, clip: Clip) -> str:
    return read_manifest(manifest_path(store, clip).read_bytes()).manifest.device.serial


def test_what_an_earlier_run_has_left_is_made_at_the_start(store: Store) -> None:
    clip, told = stores.record(store), Told()
    made = maker(store, told)
    made.start()
    made.close()
    assert serial_of(store, clip) == stores.NEW_RECORDING.serial
    assert told.texts == []


def test_a_poke_makes_what_was_closed_since(store: Store) -> None:
    made = maker(store, Told())
    made.start()
    clip = stores.record(store)
    made.poke()
    made.close()
    assert serial_of(store, clip) == stores.NEW_RECORDING.serial


def test_it_is_signed_by_the_key_of_this_camera(store: Store) -> None:
    clip = stores.record(store)
    made = maker(store, Told())
    made.start()
    made.close()
    signed = read_manifest(manifest_path(store, clip).read_bytes())
    signed.require_trusted([the_root().certificate], stores.TRIGGER_UTC_NS)


def test_what_fails_is_told_once_and_tried_again(store: Store) -> None:
    clip, told = stores.record(store), Told()
    folder = store.path(clip).parent
    in_the_way = Path(store.folder / "manifest.new")
    in_the_way.mkdir()
    made = maker(store, told)
    made.start()
    assert told.came.wait(LONG_S)
    made.poke()
    in_the_way.rmdir()
    made.close()
    assert len(told.texts) == 1 and "can't be made now" in told.texts[0]
    assert serial_of(store, clip) == stores.NEW_RECORDING.serial
    assert folder.is_dir()


def test_one_that_was_never_started_can_be_closed(store: Store) -> None:
    made = maker(store, Told())
    made.close()
    assert list(made.manifests().ensure_all()) == []
