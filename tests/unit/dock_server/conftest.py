"""A content destination for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dock_server.settings import Limits
from tests.destination.in_process import InProcess
from tests.destination.wire import Wire

SMALL = Limits(object_max_bytes=4_000_000, uploads_max=3, batch_bytes=65_536)


@pytest.fixture
def dock(tmp_path: Path) -> Iterator[InProcess]:
    server = InProcess(tmp_path / "dock", SMALL)
    yield server
    server.close()


@pytest.fixture
def wire(dock: InProcess) -> Wire:
    """Signed in."""
    return dock.wire
