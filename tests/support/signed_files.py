"""Reads the signatures of a finished clip, through PyAV's demuxer."""

from pathlib import Path

import av

from bwv_device.evidence.media_signing import nal_units
from bwv_device.evidence.media_signing.reading import StreamReading
from bwv_device.evidence.media_signing.stream_reader import StreamReader


def samples(path: Path) -> list[bytes]:
    """The pictures of a file as they stand in it."""
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux(container.streams.video[0])]
    return [data for data in packets if data]


def read_file(path: Path) -> StreamReading:
    """What the signatures in a file say."""
    reader = StreamReader()
    for data in samples(path):
        reader.add(nal_units.split_lengths(data))
    return reader.finish()
