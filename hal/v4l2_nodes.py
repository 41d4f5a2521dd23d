"""What a V4L2 device says of itself: the node /dev/videoN is only the number that it got today.

Who uses it: the list of cameras, and the `opencv` camera, which has to find its device again. The
layout and the numbers are those of <linux/videodev2.h>.
"""

import errno
import fcntl
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

DEVICES = Path("/dev")

# struct v4l2_capability is driver[16], card[32], bus_info[32], version, capabilities,
# device_caps and three reserved words.
_CAPABILITY = struct.Struct("=16s32s32sII I3I")
_VIDIOC_QUERYCAP = 2 << 30 | _CAPABILITY.size << 16 | ord("V") << 8
_CAPTURES, _CAPTURES_PLANES, _HAS_DEVICE_CAPS = 0x1, 0x1000, 0x80000000

# struct v4l2_fmtdesc is index, type, flags, description[32], pixelformat and four more words.
_FORMAT = struct.Struct("=III32sI16x")
_VIDIOC_ENUM_FMT = 3 << 30 | _FORMAT.size << 16 | ord("V") << 8 | 2
_CAPTURE, _MOST_FORMATS = 1, 64


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one camera from another, whatever number its node has."""

    card: str
    """Its model."""
    bus: str
    """The port that it is plugged into."""

    def __str__(self) -> str:
        return f"{self.card} at {self.bus}"


def node_paths(devices: Path = DEVICES) -> list[Path]:
    """All /dev/videoN, in order of number; cameras and others."""
    paths = (path for path in devices.glob("video*") if path.name[5:].isdigit())
    return sorted(paths, key=lambda path: int(path.name[5:]))


def read_capability(path: Path) -> bytes:
    """The `struct v4l2_capability` of a node, which may be in use. Raises `OSError`."""
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        return fcntl.ioctl(fd, _VIDIOC_QUERYCAP, bytes(_CAPABILITY.size))
    finally:
        os.close(fd)


def read_formats(path: Path) -> list[bytes]:
    """The `struct v4l2_fmtdesc`s of a node, which may be in use; none where it has no plain
    capture formats. Raises `OSError`."""
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    told: list[bytes] = []
    try:
        for index in range(_MOST_FORMATS):
            asked = _FORMAT.pack(index, _CAPTURE, 0, b"", 0)
            told.append(fcntl.ioctl(fd, _VIDIOC_ENUM_FMT, asked))
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTTY):
            raise
    finally:
        os.close(fd)
    return told


def format_names(told: Iterable[bytes]) -> tuple[str, ...]:
    """The camera's own names (fourcc) of its formats, in its order."""
    codes = (_FORMAT.unpack(each)[4] for each in told)
    return tuple(code.to_bytes(4, "little").decode("latin-1").strip() for code in codes)


def captures(capability: bytes) -> bool:
    """Whether a `struct v4l2_capability` is that of a node that captures pictures."""
    fields = _CAPABILITY.unpack(capability)
    whole, node = fields[4], fields[5]
    flags = node if whole & _HAS_DEVICE_CAPS else whole
    return bool(flags & (_CAPTURES | _CAPTURES_PLANES))


def identity_of(capability: bytes) -> Identity:
    """Who a `struct v4l2_capability` says that it is."""
    fields = _CAPABILITY.unpack(capability)
    card, bus = (text.split(b"\0")[0].decode(errors="replace") for text in fields[1:3])
    return Identity(card, bus)


def cameras_there(devices: Path = DEVICES) -> dict[Path, Identity]:
    """The nodes that capture pictures and can be asked, in order of number."""
    there: dict[Path, Identity] = {}
    for path in node_paths(devices):
        try:
            capability = read_capability(path)
        except OSError:
            # Somebody else's, or gone since: opening it says what is wrong.
            continue
        if captures(capability):
            there[path] = identity_of(capability)
    return there
