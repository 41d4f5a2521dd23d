"""Writes one clip: an append-only fragmented MP4 of packets that are encoded already.

Who uses it: the keeper. A fragment is closed by a key frame, or by half a second, and is on the
disk, synced, before the next packet is looked at. The flags are the ones that were measured to
keep the offset between sound and picture (`frag_discont` with `cmaf`) and to leave the head of
the file alone at the end (`skip_trailer`).
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError
from av.stream import Stream

from bwv_device.errors import BwvError
from bwv_device.evidence.digests import Digests
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.encoders.interface import TICKS_PER_S
from bwv_device.media.errors import MuxError
from bwv_device.media.fragment_file import FragmentFile, Seal
from bwv_device.media.packets import EncodedPacket, Track
from bwv_device.media.picture_signing import PictureSigning
from hal.interfaces.clock import NS_PER_S

_OPTIONS = {
    "movflags": "cmaf+frag_keyframe+empty_moov+frag_discont+skip_trailer",
    # With a fragment a second, which a key frame closes, kills at random moments cost up to
    # 1.9 s; with two a second it is what docs/benchmarks.md says.
    "frag_duration": "500000",
    # Packets come in order of capture from each track, and tracks need no weaving inside a
    # fragment: holding video back for sound that is late or off would only delay the disk.
    "max_interleave_delta": "1",
    "flush_packets": "1",
}


@dataclass(slots=True)
class _Held:
    """The newest packet of a track."""

    packet: EncodedPacket
    tick: int
    duration: int
    """In ticks; nominal until the packet behind it is known."""


@dataclass(slots=True)
class _Output:
    """A track of the file: its stream, ticks a second, the last tick, and the newest packet.

    That waits for the one behind it, from which its duration is known. A fragment that ends with
    a duration that was only nominal moves the picture behind it: by 19 ms where captures were
    uneven by as much, by a whole frame where one was lost. And only so is the last picture known
    to be the last, when it is signed.
    """

    stream: Stream
    ticks_per_s: int
    time_base: Fraction
    last_tick: int = -1
    held: _Held | None = None

    def next_to_mux(self, newest: _Held) -> _Held | None:
        """The packet that waited, now that the one behind it is known."""
        before, self.held = self.held, newest
        if before is not None:
            before.duration = newest.tick - before.tick
        return before


class ClipWriter:
    """One clip, one file; one thread uses it."""

    def __init__(
        self,
        path: Path,
        templates: Templates,
        start_ns: int,
        signing: PictureSigning | None = None,
        seal: Seal | None = None,
    ) -> None:
        """Create the file with its head synced; `start_ns` becomes time zero of the clip. Without
        `signing` its pictures are not signed, without a `seal` it lies in the clear.

        Raises `StoreError` for what the disk does, `MuxError` for what the muxer does.
        """
        self._start_ns, self._signing = start_ns, signing
        self._file = FragmentFile(path, seal)
        try:
            self._write_head(path, templates)
        except BwvError:
            self._file.close()
            raise

    @property
    def committed_bytes(self) -> int:
        """Bytes on the disk."""
        return self._file.committed_bytes

    @property
    def signed_bytes(self) -> int:
        """Bytes beside those of the packets: signatures so far, and those that its end may add."""
        if self._signing is None:
            return 0
        return self._signing.signed_bytes + self._signing.most_to_come_bytes

    @property
    def unsigned(self) -> str | None:
        """As `PictureSigning.unsigned`; None also where nothing is signed."""
        return None if self._signing is None else self._signing.unsigned

    @property
    def chain(self) -> str | None:
        """As `FragmentFile.chain`."""
        return self._file.chain

    @property
    def clear_sha256(self) -> str | None:
        """As `FragmentFile.clear_sha256`."""
        return self._file.clear_sha256

    def follow(self) -> None:
        """As `FragmentFile.follow`."""
        self._file.follow()

    def write(self, packet: EncodedPacket) -> int:
        """Add a packet; the bytes that reached the disk by it, synced.

        Raises `StoreError`, `MuxError`.
        """
        self._mux(packet)
        return self._file.commit()

    def close(self) -> Digests:
        """End the clip with the last fragment synced; the digests of the whole file.

        Raises `StoreError`, `MuxError`.
        """
        try:
            for output in self._outputs.values():
                if output.held is not None:
                    self._give(output, output.held, is_last=True)
            self._container.close()
            self._file.commit()
        except (FFmpegError, ValueError) as error:
            raise MuxError(f"the clip can't be ended: {error}") from error
        finally:
            digests = self._file.close()
        return digests

    def abandon(self) -> Digests:
        """Close the file as it stands on the disk, after an error; never raises `MuxError`."""
        return self._file.close()

    def _write_head(self, path: Path, templates: Templates) -> None:
        try:
            self._container = av.open(self._file, "w", format="mp4", options=_OPTIONS)
            self._outputs = dict(self._add_outputs(templates))
            self._container.start_encoding()
        except (FFmpegError, ValueError) as error:
            raise MuxError(f"the clip {path.name} can't be begun: {error}") from error
        self._file.commit()

    def _mux(self, packet: EncodedPacket) -> None:
        output = self._outputs[packet.track]
        tick = round((packet.time_ns - self._start_ns) * output.ticks_per_s / NS_PER_S)
        # Two captures may fall on one tick, never on a falling one.
        tick = output.last_tick = max(tick, output.last_tick + 1)
        duration = round(packet.duration_ns * output.ticks_per_s / NS_PER_S)
        ready = output.next_to_mux(_Held(packet, tick, duration))
        if ready is not None:
            self._give(output, ready, is_last=False)

    def _give(self, output: _Output, held: _Held, *, is_last: bool) -> None:
        """Hand a packet to the muxer, signed where it is a picture."""
        packet, data = held.packet, held.packet.data
        if self._signing is not None and packet.track is Track.VIDEO:
            data = self._signing.give(data, packet.time_ns, is_last=is_last)
        raw = av.Packet(data)
        raw.stream = output.stream
        raw.time_base = output.time_base
        raw.pts = raw.dts = held.tick
        raw.duration = held.duration
        raw.is_keyframe = packet.is_key
        try:
            self._container.mux(raw)
        except (FFmpegError, ValueError) as error:
            raise MuxError(f"a packet of {packet.track} can't be written: {error}") from error

    def _add_outputs(self, templates: Templates) -> "list[tuple[Track, _Output]]":
        time_base = Fraction(1, TICKS_PER_S)
        video = self._container.add_stream_from_template(templates.video)
        video.time_base = time_base
        outputs = [(Track.VIDEO, _Output(video, TICKS_PER_S, time_base))]
        if templates.sound is not None:
            rate_hz = templates.sound.codec_context.sample_rate
            sound = self._container.add_stream_from_template(templates.sound)
            outputs.append((Track.SOUND, _Output(sound, rate_hz, Fraction(1, rate_hz))))
        return outputs
