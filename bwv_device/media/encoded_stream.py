"""An encoder's stream outside any file: the template that each clip's tracks are made from.

Who uses it: the encoders open one, the clip writer copies from it. The stream sits in a
container of PyAV's `null` format with encoding started, because a stream that never was in
one has no codec data, and a file made from it does not play.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import av
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.error import FFmpegError
from av.video.stream import VideoStream

from bwv_device.media.errors import EncoderError

StreamT = TypeVar("StreamT", VideoStream, AudioStream)


@dataclass(frozen=True, slots=True)
class Templates:
    """What a clip's tracks are made from; `sound` is None where there is no microphone."""

    video: VideoStream
    sound: AudioStream | None


def open_stream(
    codec: str, kind: type[StreamT], configure: Callable[[StreamT], None], **options: Any
) -> StreamT:
    """Open an encoder and its stream, ready for `encode`. Raises `EncoderError`."""
    try:
        container = av.open(io.BytesIO(), "w", format="null")
        stream = container.add_stream(codec, **options)
        assert isinstance(stream, kind)
        configure(stream)
        # The codec data belongs into the head of the file, not into the packets.
        stream.codec_context.flags |= Flags.global_header
        container.start_encoding()
    except (FFmpegError, ValueError) as error:
        raise EncoderError(
            f"the encoder {codec} can't be opened: {error}; run `bwv doctor`"
        ) from error
    return stream
