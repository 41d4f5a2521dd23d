"""Choices that were made at former starts, so that a start needs no measurement.

Who uses it: the opening of an encoder, and `bwv doctor`. The file is a convenience: one that is
missing, damaged, or can't be written costs a measurement, never a recording.
"""

import logging
import os
from pathlib import Path

import av
from pydantic import TypeAdapter, ValidationError

from bwv_device.configuration.media import Video
from bwv_device.media.encoders.choice import Choice
from hal.interfaces.camera import CameraMode

log = logging.getLogger(__name__)

FILE = "encoders.json"
_MOST = 16
"""Choices kept, the latest: one for each mode that a camera was used in."""
_FORM = TypeAdapter(dict[str, Choice])


def key_of(mode: CameraMode, video: Video) -> str:
    """Everything that a measurement depends on, but the machine."""
    codec = ".".join(str(part) for part in av.library_versions["libavcodec"])
    return (
        f"{video.encoder} {video.preset} {mode.width_px}x{mode.height_px} "
        f"{mode.rate_hz} Hz {video.bitrate_bps} bit/s av {av.__version__} libavcodec {codec}"
    )


def recall(folder: Path, key: str) -> Choice | None:
    """The choice made for `key`, or None."""
    return _read(folder / FILE).get(key)


def remember(folder: Path, key: str, choice: Choice) -> None:
    """Store the choice, in place of a former one; a disk that refuses is told to the log."""
    path, whole = folder / FILE, folder / (FILE + ".new")
    kept = {each: made for each, made in _read(path).items() if each != key}
    newest = [*kept.items(), (key, choice)][-_MOST:]
    try:
        whole.write_bytes(_FORM.dump_json(dict(newest), indent=2))
        os.replace(whole, path)
    except OSError as error:
        log.warning("the choice of an encoder can't be stored in %s: %s", path, error)


def _read(path: Path) -> dict[str, Choice]:
    try:
        return _FORM.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        log.warning("the choices of encoders in %s can't be read: %s", path, error)
        return {}
