"""What each unit of a clip adds, told while it is written: the head first, then fragments.

Who uses it: the clip's file, for the lines of its chain. The boxes are read as the repair reads
them from the disk, so that both count the same.
"""

from bwv_device.evidence.boxes import whole_boxes
from bwv_device.evidence.fragments import Mark, Scan
from bwv_device.evidence.head import read_tracks
from bwv_device.evidence.samples import read_fragment


class UnitCounter:
    """Told every unit in order."""

    def __init__(self) -> None:
        self._found = Scan(0)
        self._end = 0

    def add(self, unit: bytes) -> Mark:
        """What the clip holds with this one. A unit that holds no fragment adds bytes alone."""
        self._end += len(unit)
        with memoryview(unit) as data:
            for box in whole_boxes(data):
                if box.type == b"moov":
                    self._found.tracks = read_tracks(data, box)
                elif box.type == b"moof":
                    fragment = read_fragment(data, box.start, self._found.tracks)
                    if fragment is not None:
                        self._found.count(fragment)
        return Mark(self._end, *self._found.of(b"vide"))
