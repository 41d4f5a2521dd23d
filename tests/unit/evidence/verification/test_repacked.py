"""Copies that were packed anew: the pictures keep their signatures, the file is another one."""

import io

import av
import pytest

from bwv_device.evidence.verification.checks import verify
from bwv_device.evidence.verification.facts import Fact
from bwv_device.evidence.verification.verdict import Grade
from tests.support import signed_clips as clips


def repacked(data: bytes, form: str) -> bytes:
    """Pictures and sound as they are, in a file of another form."""
    target = io.BytesIO()
    with av.open(io.BytesIO(data)) as source, av.open(target, "w", format=form) as made:
        streams = {one.index: made.add_stream_from_template(one) for one in source.streams}
        for packet in source.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                made.mux(packet)
    return target.getvalue()


WAYS = {
    "progressive MP4": ["mp4"],
    "Matroska": ["matroska"],
    "transport stream": ["mpegts"],
    "transport stream and back": ["mpegts", "mp4"],
}


@pytest.mark.parametrize("forms", WAYS.values(), ids=list(WAYS))
def test_the_pictures_are_still_signed_and_the_file_is_named_as_another(forms: list[str]) -> None:
    whole = clips.put_together(clips.signed())
    data = whole
    for form in forms:
        data = repacked(data, form)
    alone, beside = (
        verify(clips.evidence(data)),
        verify(clips.evidence(data, clips.manifest(whole))),
    )
    (covered,) = [one for one in alone.findings if one.fact is Fact.STREAM_COVERED]
    assert covered.detail.startswith("119 of 120 pictures")
    assert alone.grade is Grade.AUTHENTIC_UP_TO
    assert beside.grade is Grade.ALTERED
    assert {Fact.REPACKED, Fact.FILE_DIFFERS} <= {one.fact for one in beside.findings}
