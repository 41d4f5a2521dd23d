"""Decides at a key frame whether a clip is full, so that its recording goes on in a new one.

Who uses it: the take, which asks at every key frame.
"""

from bwv_device.configuration.keeping import Recording as SplitRule
from bwv_device.media.open_clip import OpenClip
from bwv_device.media.packets import EncodedPacket
from hal.interfaces.clock import NS_PER_S


class Splitter:
    """The rule of one recording, and the largest group of pictures that it has seen."""

    def __init__(self, rule: SplitRule) -> None:
        self._split_ns = round(rule.split_after_s * NS_PER_S)
        self._split_bytes = rule.split_bytes
        self._largest_group_bytes = 0

    def is_full(self, clip: OpenClip, key: EncodedPacket) -> bool:
        """Whether `key`, which the clip has not been given yet, has to open a new clip: the
        time is up, or one more group as large as the largest so far might be too much."""
        self._largest_group_bytes = max(self._largest_group_bytes, clip.group_bytes)
        is_long = key.time_ns - clip.start_ns >= self._split_ns
        return is_long or clip.bytes + self._largest_group_bytes > self._split_bytes
