"""A store for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bwv_device.evidence.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An open, empty store."""
    opened = Store.open(tmp_path / "store")
    yield opened
    opened.close()
