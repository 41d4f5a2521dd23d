"""The agent's process does without the media libraries: they cost a small board its memory."""

import subprocess
import sys

_LOOK = "import sys, bwv_device.cli.run; print(*({'av', 'cv2'} & set(sys.modules)))"


def test_the_agent_imports_no_media_library() -> None:
    found = subprocess.run(
        [sys.executable, "-c", _LOOK], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == []
