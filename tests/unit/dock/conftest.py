"""A store that docks at a fake destination."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.docking_camera import Rig
from tests.unit.dock.fake_destination import FakeDestination, running


@pytest.fixture
def fake() -> Iterator[FakeDestination]:
    with running() as destination:
        yield destination


@pytest.fixture
def rig(tmp_path: Path, fake: FakeDestination) -> Iterator[Rig]:
    made = Rig(tmp_path, fake.connection())
    yield made
    made.close()
