"""One stream of a camera that encodes: its template, and its pictures as packets.

Who uses it: the pass loop. The packets have the same form as an encoder's: slices and messages,
without parameter sets, which stand in the head of the clip.
"""

from av.video.stream import VideoStream

from bwv_device.media.encoders.annex_b import AccessUnit, template_from
from bwv_device.media.packets import EncodedPacket, Track


class PassedTrack:
    """From a key frame on, as long as the parameter sets stay what they are."""

    def __init__(self, key: AccessUnit, data: bytes, frame_ns: int) -> None:
        """`data` are the bytes of `key`. Raises `EncoderError` when it is no key frame with SPS
        and PPS that FFmpeg can read."""
        self.stream: VideoStream = template_from(data)
        self._parameter_sets = frozenset(key.parameter_sets)
        self._frame_ns = frame_ns

    def fits(self, unit: AccessUnit) -> bool:
        """Whether a clip with this template's head can hold the unit."""
        return self._parameter_sets.issuperset(unit.parameter_sets)

    def packet(self, unit: AccessUnit, capture_ns: int, lost_before: int) -> EncodedPacket:
        """The unit as it goes into the ring and into clips."""
        data = unit.without_parameter_sets()
        return EncodedPacket(
            Track.VIDEO, capture_ns, self._frame_ns, unit.is_key, data, lost_before
        )
