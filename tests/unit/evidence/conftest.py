"""A store for each test."""

from collections.abc import Iterator

import pytest

from bwv_device.evidence.store import Store
from tests.support.hasty import hasty_disk, hasty_folder


@pytest.fixture
def hasty() -> Iterator[None]:
    """Spare the test the wait for the disk."""
    with hasty_disk():
        yield


@pytest.fixture
def store() -> Iterator[Store]:
    """An open, empty store."""
    with hasty_folder() as folder, hasty_disk():
        opened = Store.open(folder / "store")
        yield opened
        opened.close()
