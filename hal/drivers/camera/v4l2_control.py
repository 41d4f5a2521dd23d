"""Asks a V4L2 device that encodes for a key frame; used by the `h264` camera.

The numbers are those of <linux/v4l2-controls.h> and <linux/videodev2.h>.
"""

import fcntl
import os
import struct
from pathlib import Path

_FORCE_KEY_FRAME = 0x00990900 + 229
_CONTROL = struct.Struct("=Ii")
_VIDIOC_S_CTRL = 3 << 30 | _CONTROL.size << 16 | ord("V") << 8 | 28


def force_key_frame(device: Path) -> bool:
    """Whether the device took V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME; most webcams have no such
    control. The device may be open elsewhere and streaming."""
    try:
        fd = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.ioctl(fd, _VIDIOC_S_CTRL, _CONTROL.pack(_FORCE_KEY_FRAME, 1))
    except OSError:
        return False
    finally:
        os.close(fd)
    return True
