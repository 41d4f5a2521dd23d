"""Opens a camera through OpenCV and asks it for a mode; used by the `opencv` camera."""

import os
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2

from hal.drivers.camera.raw_buffers import RAW_FORMATS, fourcc_of
from hal.errors import DeviceMissingError
from hal.interfaces.camera import CameraMode, PixelFormat

_OPEN_TIMEOUT_MS, _READ_TIMEOUT_MS = 10_000, 5_000
_USUAL_RATE_HZ = 30.0
_NEAR_ENOUGH = 0.9
"""A camera that promises this share of the rate asked for is taken at its word."""
_UNPACKED = tuple(name for name, kind in RAW_FORMATS.items() if kind is not PixelFormat.MJPEG)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of the camera; None leaves it to the camera. `fourcc`: "YUYV", "MJPG"."""

    width_px: int | None
    height_px: int | None
    rate_hz: Fraction | None
    fourcc: str | None


def local_path(source: int | str) -> Path | None:
    """/dev/videoN for an index or such a path, None for a URL or a file."""
    if isinstance(source, int) or source.isdigit():
        return Path(f"/dev/video{int(source)}")
    return Path(source) if re.fullmatch(r"/dev/(video\d+|v4l/.+)", source) else None


def open_capture(source: int | str) -> cv2.VideoCapture:
    """Open it. Raises `DeviceMissingError` that says why not and what to do."""
    device = local_path(source)
    capture = _open_remote(str(source)) if device is None else _open_local(device)
    if not capture.isOpened():
        capture.release()
        raise DeviceMissingError(_refusal(source, device))
    return capture


def request_mode(capture: cv2.VideoCapture, wish: Wish) -> None:
    """Ask for `wish`. Where no format was asked for: for one that has a short road to the
    encoder, which OpenCV would pass over for BGR; and, because over USB 2 720p at 30 Hz often
    exists as MJPG only, for that when the rate can't be had otherwise."""
    _request(capture, wish, wish.fourcc)
    if wish.fourcc is not None:
        return
    if fourcc_of(capture) not in RAW_FORMATS:
        # One that the camera lacks is refused, and the one before stands.
        any(capture.set(cv2.CAP_PROP_FOURCC, _code(fourcc)) for fourcc in _UNPACKED)
    rate = capture.get(cv2.CAP_PROP_FPS)
    if wish.rate_hz is not None and 0 < rate < _NEAR_ENOUGH * wish.rate_hz:
        _request(capture, wish, "MJPG")


def agreed_mode(capture: cv2.VideoCapture, wish: Wish) -> CameraMode:
    """What the camera says that it will deliver, as BGR."""
    told_hz = capture.get(cv2.CAP_PROP_FPS)
    rate_hz = told_hz if 0 < told_hz <= 1000 else float(wish.rate_hz or _USUAL_RATE_HZ)
    return CameraMode(
        int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
        int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        Fraction(rate_hz).limit_denominator(1001),
        PixelFormat.BGR24,
    )


def _request(capture: cv2.VideoCapture, wish: Wish, fourcc: str | None) -> None:
    if fourcc is not None:
        capture.set(cv2.CAP_PROP_FOURCC, _code(fourcc))
    if wish.width_px is not None:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, wish.width_px)
    if wish.height_px is not None:
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, wish.height_px)
    if wish.rate_hz is not None:
        capture.set(cv2.CAP_PROP_FPS, float(wish.rate_hz))


def _code(fourcc: str) -> int:
    return cv2.VideoWriter.fourcc(*fourcc)


def _open_local(device: Path) -> cv2.VideoCapture:
    if not device.exists():
        raise DeviceMissingError(f"there is no camera {device}: plug it in, or see `bwv devices`")
    if not os.access(device, os.R_OK | os.W_OK):
        raise DeviceMissingError(
            f"no permission for {device}: run `sudo usermod -aG video $USER` and log in again"
        )
    return cv2.VideoCapture(str(device), cv2.CAP_V4L2)


def _open_remote(address: str) -> cv2.VideoCapture:
    limits = [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_TIMEOUT_MS),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_TIMEOUT_MS),
    ]
    return cv2.VideoCapture(address, cv2.CAP_FFMPEG, limits)


def _refusal(source: int | str, device: Path | None) -> str:
    if device is None:
        return f"{source} can't be opened as video: check the address and that it is reachable"
    return (
        f"{device} can't be opened as a camera: another program may hold it (`fuser {device}`),"
        " or it is not one that captures pictures; see `bwv devices`"
    )
