"""The recorder on the kernel's own V4L2, ALSA and ext4, in a guest, where a rig is named.

It takes minutes, so the rig has to be named in BWV_RIG_DIR: one that happens to be there is not
used.
"""

import os

from tests.bench.settings import Settings
from tests.needs import no_hardware
from tests.soak.recorder_rig import rows


def test_clips_are_whole_when_plugs_are_pulled_and_the_card_fails() -> None:
    if "BWV_RIG_DIR" not in os.environ:
        no_hardware("a guest with kernel drivers; name the rig's folder in BWV_RIG_DIR")
    found = rows(Settings())
    assert [row for row in found if row.ok is False] == []
    assert any(row.ok for row in found)
