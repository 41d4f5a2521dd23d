"""A signed clip that can be taken apart, tampered with, and put together again.

Used by the tests of verification. Encoding and putting together are PyAV's, so that the recorder's
own writer can't hide a fault of the reader; the signatures are those of `StreamSigner`.
"""

import hashlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache

import av
import numpy as np
from cryptography import x509

from bwv_device.evidence.chain import START, chained
from bwv_device.evidence.identity import credential, profile
from bwv_device.evidence.ledger.check import Checked
from bwv_device.evidence.manifest.schema import (
    Content,
    Device,
    Made,
    Manifest,
    Media,
    Trigger,
    Unit,
    Utc,
    Wearer,
)
from bwv_device.evidence.manifest.signed import sign_manifest
from bwv_device.evidence.media_signing.stream_signer import StreamSigner
from bwv_device.evidence.media_signing.values import Vendor
from bwv_device.evidence.receipt.schema import Held, HeldObject, Receipt
from bwv_device.evidence.receipt.signed import sign_receipt
from bwv_device.evidence.signer import KeySigner, Signer
from bwv_device.evidence.verification.evidence import Evidence, Papers, Trust
from bwv_device.evidence.verification.footage import read_footage
from bwv_device.evidence.verification.opening import clear_body
from bwv_device.protocol.roles import DestinationRole, DeviceRole, Role, role_uri

S = 1_000_000_000
RATE_HZ, GROUP, SECONDS = 15, 15, 8
FRAME_NS = S // RATE_HZ
WIDTH_PX, HEIGHT_PX, SOUND_HZ, SOUND_SAMPLES = 320, 240, 48_000, 1024
MOVFLAGS = "cmaf+frag_keyframe+empty_moov+frag_discont+skip_trailer"
START_UTC_NS = 1_795_465_260 * S
NOW_UTC_NS = START_UTC_NS + 3600 * S
SERIAL = "BWV-0001"
CONTAINER = f"0b9f3a52-6f0d-4f0e-9f55-3a1c5d1f8a10_{SERIAL}_20261123T202100Z"
SITE = "North dock"
CLIP = "20261123_202100_7CF7.mp4"
LIFE = profile.Life(datetime(2026, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Force:
    """A police force: an authority that issues certificates to its cameras."""

    name: str
    key: profile.PrivateKey
    anchor: x509.Certificate

    def camera(self, serial: str = SERIAL, life: profile.Life = LIFE) -> KeySigner:
        """The signer of one of its cameras."""
        return self._signer(DeviceRole(serial), life)

    def destination(self, site_name: str = SITE) -> KeySigner:
        """What signs the receipts of one of its destinations."""
        return self._signer(DestinationRole(site_name), LIFE)

    def _signer(self, role: Role, life: profile.Life) -> KeySigner:
        key = profile.new_key()
        issuer = profile.Issuer(self.key, self.anchor.subject, self.key.public_key())
        uri = x509.UniformResourceIdentifier(role_uri(role))
        name = profile.distinguished_name(str(role), self.name)
        holder = profile.Holder(name, key.public_key(), (uri,))
        leaf = profile.issue(issuer, holder, profile.Purpose.SIGNING, life)
        return KeySigner(key, credential.pem(leaf))


def new_force(name: str) -> Force:
    """Its root's key and certificate are new."""
    key = profile.new_key()
    subject = profile.distinguished_name(name, name)
    issuer = profile.Issuer(key, subject, key.public_key())
    holder = profile.Holder(subject, key.public_key())
    return Force(name, key, profile.issue(issuer, holder, profile.Purpose.ISSUING, LIFE))


@cache
def home() -> Force:
    """The force that the verifier trusts."""
    return new_force("Home force")


@cache
def foreign() -> Force:
    """One that he does not."""
    return new_force("Somebody else")


@cache
def camera() -> KeySigner:
    """The signer of the camera that the container's name states."""
    return home().camera()


@cache
def pictures(shift_px: int = 0) -> tuple[bytes, ...]:
    """Encoded pictures without signatures, start codes before each unit; `shift_px` gives other
    pictures of the same form."""
    stream = _encoder()
    encoded = [
        packet for n in range(SECONDS * RATE_HZ) for packet in stream.encode(_frame(n, shift_px))
    ]
    return tuple(bytes(packet) for packet in [*encoded, *stream.encode(None)])


@cache
def sound(tone_hz: int = 440) -> tuple[bytes, ...]:
    """Encoded blocks of a tone, as long as the pictures."""
    with av.open(io.BytesIO(), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=SOUND_HZ, layout="mono")
        blocks = SECONDS * SOUND_HZ // SOUND_SAMPLES
        encoded = [packet for n in range(blocks) for packet in stream.encode(_block(n, tone_hz))]
        return tuple(bytes(packet) for packet in encoded)


@cache
def signed(signer: Signer | None = None) -> tuple[bytes, ...]:
    """`pictures`, signed as the recorder signs them; by `camera` if nobody else is given."""
    return sign(pictures(), signer or camera())


def sign(plain: Sequence[bytes], signer: Signer) -> tuple[bytes, ...]:
    """Any pictures, signed as one clip."""
    stream = StreamSigner(signer, Vendor("0.1.0", SERIAL, "bwv"))
    done = [stream.add(one, START_UTC_NS + n * FRAME_NS) for n, one in enumerate(plain[:-1])]
    return (*done, stream.add_last(plain[-1], START_UTC_NS + (len(plain) - 1) * FRAME_NS))


def put_together(video: Sequence[bytes], blocks: Sequence[bytes] | None = None) -> bytes:
    """A clip of these pictures, one after the other, and of the blocks of `sound`, or others."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={"movflags": MOVFLAGS}) as container:
        stream = container.add_stream_from_template(_encoder())
        audio = container.add_stream("aac", rate=SOUND_HZ, layout="mono")
        rest = list(enumerate(sound() if blocks is None else blocks))
        for number, data in enumerate(video):
            container.mux(_packet(data, number, Fraction(1, RATE_HZ), stream))
            while rest and rest[0][0] * SOUND_SAMPLES * RATE_HZ < (number + 1) * SOUND_HZ:
                place, block = rest.pop(0)
                tick = place * SOUND_SAMPLES
                container.mux(_packet(block, tick, Fraction(1, SOUND_HZ), audio, SOUND_SAMPLES))
    return file.getvalue()


def manifest(
    data: bytes,
    signer: Signer | None = None,
    serial: str = SERIAL,
    container: str = CONTAINER,
    stored: bytes | None = None,
) -> bytes:
    """What the camera signs of a clip when it closes it; `stored` is the sealed form of `data`."""
    footage = read_footage(memoryview(data))
    content = Content(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    kept = data if stored is None else stored
    units, frames, head = [], 0, START
    for unit in footage.units:
        frames += unit.frames
        digest = hashlib.sha256(data[unit.start : unit.end]).hexdigest()
        head = chained(head, digest)
        units.append(
            Unit(
                clear_end_bytes=unit.end,
                stored_end_bytes=unit.end,
                frames=frames,
                media_end_ns=unit.end_ns,
                sha256=digest,
            )
        )
    stated = Manifest(
        container=container,
        clip=CLIP,
        clip_number=1,
        made=Made.AT_CLOSE,
        made_utc_ns=START_UTC_NS + SECONDS * S,
        device=Device(serial=serial, model="BWV Prototype", firmware_version="0.1.0"),
        wearer=Wearer(user_id="4711", name="PC 4711"),
        trigger=Trigger(on="DoublePress", on_utc_ns=START_UTC_NS, time_zone="Europe/London"),
        utc=Utc(basis="Synchronised", error_ns=S // 10),
        media=Media(
            start_utc_ns=START_UTC_NS,
            duration_ns=footage.end_ns,
            end_reason="Stop",
            frames=frames,
            frames_dropped=0,
            frames_skipped=0,
            pre_record_asked_ns=0,
            pre_record_delivered_ns=0,
        ),
        stored=Content(bytes=len(kept), sha256=hashlib.sha256(kept).hexdigest()),
        clear=content,
        sealed=stored is not None,
        units=tuple(units),
        chain_head=head,
    )
    return sign_manifest(stated, signer or camera())


def receipt(
    data: bytes, signer: Signer, container: str = CONTAINER, name: str = CLIP, *, site: str = SITE
) -> bytes:
    """What a destination signs that holds `data` as a clip of that recording."""
    held = HeldObject(name=name, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    stated = Receipt(
        site_name=site,
        container=container,
        held=Held.COMPLETE,
        objects=(held,),
        device=SERIAL,
        number=1,
        issued_utc_ns=NOW_UTC_NS,
    )
    return sign_receipt(stated, signer)


def evidence(
    data: bytes,
    papers: bytes | None = None,
    *,
    receipt: bytes | None = None,
    ledger: Checked | None = None,
    anchors: Sequence[Force] | None = None,
    container: str | None = CONTAINER,
    now_utc_ns: int = NOW_UTC_NS,
    revoked_utc_ns: dict[int, int] | None = None,
) -> Evidence:
    """A clip with its manifest before a verifier who trusts `home`, unless others are given."""
    trusted = [home()] if anchors is None else anchors
    return Evidence(
        name=CLIP,
        container=container,
        body=clear_body(memoryview(data)),
        papers=Papers(manifest=papers, receipt=receipt, ledger=ledger),
        trust=Trust(now_utc_ns, tuple(force.anchor for force in trusted), revoked_utc_ns or {}),
    )


def _encoder() -> av.VideoStream:
    container = av.open(io.BytesIO(), "w", format="mp4")
    options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(GROUP), "threads": "1"}
    options["sc_threshold"] = "0"
    stream = container.add_stream("libx264", rate=RATE_HZ, options=options)
    stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
    # Only now has the stream its parameter sets: a clip without them can't be played.
    container.start_encoding()
    return stream


def _frame(number: int, shift_px: int) -> av.VideoFrame:
    shade = np.add.outer(np.arange(HEIGHT_PX), np.arange(WIDTH_PX)).astype(np.uint8) // 2
    shade[:, (number * 8 + shift_px) % WIDTH_PX :][:, :16] = 235
    chroma = np.full((HEIGHT_PX // 2, WIDTH_PX), 128, np.uint8)
    frame = av.VideoFrame.from_ndarray(np.vstack([shade, chroma]), format="yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, RATE_HZ)
    return frame


def _block(number: int, tone_hz: int) -> av.AudioFrame:
    at_s = (number * SOUND_SAMPLES + np.arange(SOUND_SAMPLES)) / SOUND_HZ
    samples = (0.3 * np.sin(2 * math.pi * tone_hz * at_s)).astype(np.float32)[None]
    frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
    frame.sample_rate, frame.pts = SOUND_HZ, number * SOUND_SAMPLES
    frame.time_base = Fraction(1, SOUND_HZ)
    return frame


def _packet(
    data: bytes, tick: int, time_base: Fraction, stream: av.stream.Stream, duration: int = 1
) -> av.Packet:
    packet = av.Packet(data)
    packet.stream, packet.time_base = stream, time_base
    packet.pts = packet.dts = tick
    packet.duration = duration
    packet.is_keyframe = stream.type == "audio" or tick % GROUP == 0
    return packet
