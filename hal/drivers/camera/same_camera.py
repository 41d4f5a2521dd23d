"""Finds a camera again that was plugged in anew, whatever number its node has got.

Who uses it: the `opencv` camera. A camera that is unplugged while any program holds its node comes
back under the next free number, so /dev/video0 may be gone while the camera is there. A path below
/dev/v4l needs none of this: udev keeps those right.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hal.errors import DeviceMissingError
from hal.v4l2_nodes import Identity, cameras_there

Source = int | str


@dataclass(frozen=True, slots=True)
class _Seen:
    """What stood in a node when it was first opened."""

    camera: Identity
    others: frozenset[Identity]
    """The other cameras that were there then: none of them can be this one."""


class CameraMemory:
    """Which camera each node's name stood for when this process first opened it."""

    def __init__(self, look: Callable[[], dict[Path, Identity]] = cameras_there) -> None:
        """`look` says which cameras are there."""
        self._look = look
        self._seen: dict[Path, _Seen] = {}
        self._lock = threading.Lock()

    def find(self, source: Source) -> Source:
        """Where the camera called `source` is now: the same name when it is no numbered node,
        when nothing is known of it, or when it is where it was.

        Raises `DeviceMissingError` when the node is another camera now, and that one is nowhere.
        """
        node = _numbered_node(source)
        if node is None:
            return source
        there = self._look()
        with self._lock:
            seen = self._seen.get(node)
            if seen is None:
                self._note(node, there)
                return source
        found = _find(seen, there)
        if found is not None:
            return source if found == node else str(found)
        if node in there:
            raise DeviceMissingError(
                f"{node} is another camera now ({there[node]}): plug {seen.camera} in again, or "
                "start anew to use this one"
            )
        return source

    def _note(self, node: Path, there: dict[Path, Identity]) -> None:
        if node in there:
            others = frozenset(each for path, each in there.items() if path != node)
            self._seen[node] = _Seen(there[node], others)


def _find(seen: _Seen, there: dict[Path, Identity]) -> Path | None:
    """In its old port, else the only one of its model that is new here."""
    same = [path for path, camera in there.items() if camera == seen.camera]
    if same:
        return same[0]
    model = [
        path
        for path, camera in there.items()
        if camera.card == seen.camera.card and camera not in seen.others
    ]
    return model[0] if len(model) == 1 else None


def _numbered_node(source: Source) -> Path | None:
    """/dev/videoN for an index or such a path; None for every other source."""
    text = str(source)
    if text.isdigit():
        return Path(f"/dev/video{int(text)}")
    return Path(text) if re.fullmatch(r"/dev/video\d+", text) else None
