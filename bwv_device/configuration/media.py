"""Picture, sound and what is kept before a trigger: `[video]`, `[sound]`, `[pre_record]`."""

from typing import Literal

from pydantic import Field

from bwv_device.configuration.section import Section

MIB = 1024 * 1024


class Video(Section):
    """The picture and its H.264 encode."""

    width_px: int = Field(
        default=1280,
        ge=64,
        le=3840,
        multiple_of=2,
        description="Width asked of the camera; even, because colour has half the resolution.",
    )
    height_px: int = Field(
        default=720, ge=64, le=2160, multiple_of=2, description="Height asked of the camera; even."
    )
    rate_hz: float = Field(
        default=30.0,
        ge=1,
        le=120,
        description="Frames a second asked of the camera. Frames are timed by their capture "
        "time, so a camera that delivers another rate still plays at the right speed.",
    )
    bitrate_bps: int = Field(
        default=4_000_000,
        ge=100_000,
        le=50_000_000,
        description="Bits a second of the encoded picture.",
    )
    key_frame_interval_s: float = Field(
        default=1.0,
        ge=0.2,
        le=5,
        description="Seconds from key frame to key frame. It is also the length of a fragment, "
        "and so the most that a crash can cost, and the step in which pre-record is trimmed. A "
        "camera that delivers H.264 is asked for it, and it is said where it gives them seldom.",
    )
    encoder: Literal["auto", "x264", "v4l2m2m", "ffmpeg"] = Field(
        default="auto",
        description="What encodes. `auto` tries them in this order by encoding, takes the first "
        "that keeps twice the rate, and remembers it in the store's folder: `x264` in this "
        "process, `v4l2m2m` the chip of a board that has one, `ffmpeg` the program.",
    )
    preset: Literal["ultrafast", "superfast", "veryfast", "faster", "auto"] = Field(
        default="superfast",
        description="How hard x264 works. `superfast` at 720p took 14 % of a desktop core; a Pi "
        "needs `ultrafast` above 720p. `auto` takes the slowest of veryfast, superfast and "
        "ultrafast that was measured to keep twice the rate.",
    )
    overload_floor_hz: float = Field(
        default=10.0,
        ge=1,
        le=120,
        description="When encoding does not keep up with the camera, frames are left out evenly: "
        "every second one, two of three and so on, and each clip states it. Never fewer frames a "
        "second than this; above half of `rate_hz` nothing is left out, and the camera's driver "
        "loses what it can't keep.",
    )
    overlay: bool = Field(
        default=True,
        description="Draw UTC time, model and serial on the picture, top right. On "
        "the H.264 of a camera that encodes nothing is drawn.",
    )


class Sound(Section):
    """The sound and its AAC encode."""

    rate_hz: Literal[16000, 32000, 44100, 48000] = Field(
        default=48000, description="Samples a second asked of the microphone."
    )
    bitrate_bps: int = Field(
        default=96_000, ge=16_000, le=512_000, description="Bits a second of the encoded sound."
    )


class PreRecord(Section):
    """The ring of encoded packets that holds what came before the trigger."""

    length_s: float = Field(
        default=30.0,
        ge=0,
        le=120,
        description="Seconds kept before a trigger; 0 keeps nothing, and the camera then waits "
        "in standby whatever `policy.ready_state` says.",
    )
    byte_ceiling: int = Field(
        default=64 * MIB,
        ge=MIB,
        le=1024 * MIB,
        description="Most bytes that the ring may hold. A busy scene can make it shorter than "
        "`length_s`; each clip states the length asked and the length delivered. The default "
        "holds 120 s at the default bit rates.",
    )
    sound: bool = Field(
        default=False,
        description="Keep sound in the ring too. Off by default, as forces ask: what was said "
        "before the trigger is then not in the clip.",
    )
