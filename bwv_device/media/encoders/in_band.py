"""The road from in-band access units to packets of a clip, parameter sets watched.

Who uses it: the encoders that state SPS and PPS only in-band.
"""

from av.video.stream import VideoStream

from bwv_device.media.encoders.annex_b import AccessUnit, template_from
from bwv_device.media.encoders.in_flight import InFlight
from bwv_device.media.errors import EncoderError
from bwv_device.media.packets import EncodedPacket


class InBandTrack:
    """The template of a track, made from a key packet, and the packets that fit it."""

    def __init__(self, first_key: bytes, in_flight: InFlight) -> None:
        """Raises `EncoderError` when `first_key` is no key frame with SPS and PPS."""
        self.stream: VideoStream = template_from(first_key)
        self._parameter_sets = set(AccessUnit.parse(first_key).parameter_sets)
        self._in_flight = in_flight
        self._begun = False

    def packet(self, data: bytes) -> EncodedPacket:
        """The access unit as a packet. Raises `EncoderError` for one that does not fit."""
        unit = AccessUnit.parse(data)
        if not self._begun and not unit.is_key:
            raise EncoderError("the encoder's first packet is no key frame")
        self._begun = True
        if not self._parameter_sets.issuperset(unit.parameter_sets):
            # A clip's head has the former ones: from here on it would decode to nonsense.
            raise EncoderError("the encoder changed its parameter sets in mid-stream")
        return self._in_flight.leave(unit.without_parameter_sets(), unit.is_key)
