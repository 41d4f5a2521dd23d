"""How a V4L2 camera lays out its pictures and means their colours, as the kernel tells it.

Who uses it: the `opencv` camera, because OpenCV tells neither. The layout and the numbers are
those of <linux/videodev2.h>.
"""

import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from hal.interfaces.camera import ColourMatrix, ColourRange

# struct v4l2_format: a type, then a union of 200 bytes that holds pointers; of the union the
# twelve words of struct v4l2_pix_format.
_PAD = "4x" if struct.calcsize("P") == 8 else ""
_FORMAT = struct.Struct(f"=I{_PAD}12I152x")
_CAPTURE = 1
_VIDIOC_G_FMT = 3 << 30 | _FORMAT.size << 16 | ord("V") << 8 | 4

_COLORSPACE_REC709, _COLORSPACE_JPEG, _COLORSPACE_DCI_P3 = 3, 7, 12
_ENC_DEFAULT, _ENC_709, _ENC_XV709 = 0, 2, 4
_QUANTIZATION_DEFAULT, _QUANTIZATION_FULL = 0, 1


@dataclass(frozen=True, slots=True)
class V4l2Format:
    """What a capture device will deliver."""

    line_bytes: int
    """From the start of a line of the first plane to that of the next."""
    matrix: ColourMatrix
    range: ColourRange


def read_format(device: Path) -> V4l2Format | None:
    """The present format of `device`, which may be open elsewhere and streaming; None where it
    can't be told (an old driver, a device of several planes)."""
    try:
        fd = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        asked = _FORMAT.pack(_CAPTURE, *([0] * 12))
        return parse_format(fcntl.ioctl(fd, _VIDIOC_G_FMT, asked))
    except OSError:
        return None
    finally:
        os.close(fd)


def parse_format(told: bytes) -> V4l2Format:
    """A `struct v4l2_format` of a capture device, defaults resolved as the kernel's macros
    V4L2_MAP_YCBCR_ENC_DEFAULT and V4L2_MAP_QUANTIZATION_DEFAULT do for YUV."""
    words = _FORMAT.unpack(told)
    line_bytes, colorspace, encoding, quantization = words[5], words[7], words[10], words[11]
    if encoding == _ENC_DEFAULT:
        is_709 = colorspace in (_COLORSPACE_REC709, _COLORSPACE_DCI_P3)
    else:
        is_709 = encoding in (_ENC_709, _ENC_XV709)
    is_full = quantization == _QUANTIZATION_FULL or (
        quantization == _QUANTIZATION_DEFAULT and colorspace == _COLORSPACE_JPEG
    )
    return V4l2Format(
        line_bytes,
        ColourMatrix.BT709 if is_709 else ColourMatrix.BT601,
        ColourRange.FULL if is_full else ColourRange.LIMITED,
    )
