"""Opens the encoder of a session: the configured one, the one chosen before, or a new choice.

Who uses it: the picture loop.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from bwv_device.configuration.media import Video
from bwv_device.media.encoders import choice_file
from bwv_device.media.encoders.choice import Candidate, candidates, choose
from bwv_device.media.encoders.interface import VideoEncoder
from bwv_device.media.encoders.table import ENCODERS, EncoderKind
from bwv_device.media.errors import EncoderError
from hal.interfaces.camera import CameraMode
from hal.interfaces.clock import Clock

log = logging.getLogger(__name__)


def open_encoder(
    mode: CameraMode,
    video: Video,
    epoch_ns: int,
    folder: Path,
    clock: Clock,
    kinds: Sequence[EncoderKind] = ENCODERS,
) -> VideoEncoder:
    """An encoder for `mode`; `folder` is the store's. Raises `EncoderError` when none works.

    Only a start that has to choose and finds no former choice measures.
    """
    allowed = {(each.kind.name, each.preset): each for each in candidates(video, kinds)}
    if len(allowed) == 1:
        (only,) = allowed.values()
        return _open(only, mode, video, epoch_ns)
    key = choice_file.key_of(mode, video)
    former = choice_file.recall(folder, key)
    if former is not None and (former.encoder, former.preset) in allowed:
        try:
            return _open(allowed[former.encoder, former.preset], mode, video, epoch_ns)
        except EncoderError as error:
            log.warning("%s was chosen before and fails now: %s", former.encoder, error)
    made = choose(mode, video, clock, kinds)
    level = logging.INFO if made.is_fast_enough else logging.WARNING
    log.log(
        level,
        "pictures are encoded by %s %s, %.0f a second: %s",
        *(made.encoder, made.preset, made.rate_hz, made.why),
    )
    choice_file.remember(folder, key, made)
    return _open(allowed[made.encoder, made.preset], mode, video, epoch_ns)


def _open(candidate: Candidate, mode: CameraMode, video: Video, epoch_ns: int) -> VideoEncoder:
    return candidate.kind.make(mode, candidate.settings(video), epoch_ns)
