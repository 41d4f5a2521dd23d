"""A store for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bwv_device.evidence.store import Store
from tests.support.hasty import hasty_disk


@pytest.fixture
def hasty() -> Iterator[None]:
    """Spare the test the wait for the disk."""
    with hasty_disk():
        yield


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An open, empty store."""
    with hasty_disk():
        opened = Store.open(tmp_path / "store")
        yield opened
        opened.close()
