"""The agent's process does without the media libraries: they cost a small board its memory, and
its wearer a part of the pre-record at each start."""

import subprocess
import sys

_LOOK = "import sys, {module}; print(*({names} & set(sys.modules)))"


def _found(module: str, names: set[str]) -> list[str]:
    look = _LOOK.format(module=module, names=names)
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_agent_imports_no_media_library() -> None:
    assert _found("bwv_device.cli.camera_life", {"av", "cv2", "numpy", "joserfc", "urllib3"}) == []


def test_the_media_process_is_started_before_anything_large_is_imported() -> None:
    large = {"av", "cv2", "numpy", "pydantic", "rich", "urllib3", "bwv_device.agent.agent"}
    assert _found("bwv_device.cli.run", large) == []


def test_the_look_can_find_something() -> None:
    assert _found("bwv_device.media.process.main", {"av"}) == ["av"]
