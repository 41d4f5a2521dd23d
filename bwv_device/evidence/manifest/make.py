"""From the journal's facts to a manifest. Pure.

Who uses it: `keeping`.
"""

from collections.abc import Sequence
from pathlib import Path

from bwv_device.evidence.chain import Unit as ChainUnit
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
from bwv_device.evidence.records import Clip, Recording
from bwv_device.evidence.sealing.trailer import BLOCK_BYTES
from bwv_device.evidence.utc import ClockCorrection, utc_statement


def make_manifest(
    recording: Recording,
    clip: Clip,
    corrections: Sequence[ClockCorrection],
    chain: Sequence[ChainUnit],
    made_utc_ns: int,
) -> Manifest:
    """The manifest of a finalised clip; `chain` is empty where it has none."""
    stored = Content(bytes=clip.bytes or 0, sha256=clip.sha256 or "")
    # The recorder has an account of what it closes itself; the repair has none.
    repaired = clip.account is None
    return Manifest(
        container=recording.container,
        clip=Path(clip.file).name,
        clip_number=clip.number,
        made=Made.AT_REPAIR if repaired else Made.AT_CLOSE,
        made_utc_ns=made_utc_ns,
        device=_device(recording),
        wearer=Wearer(user_id=recording.user_id, name=recording.user_name),
        trigger=_trigger(recording),
        utc=_utc(recording, clip, corrections),
        media=_media(recording, clip),
        stored=stored,
        clear=_clear(clip, stored),
        sealed=clip.sealed,
        units=tuple(_unit(unit) for unit in chain),
        chain_head=chain[-1].chain if chain else None,
    )


def _clear(clip: Clip, stored: Content) -> Content | None:
    """What is in the clip. The closing block of a sealed one is all that it has more."""
    if not clip.sealed:
        return stored
    if clip.clear_sha256 is None:
        return None
    return Content(bytes=stored.bytes - BLOCK_BYTES, sha256=clip.clear_sha256)


def _unit(unit: ChainUnit) -> Unit:
    return Unit(
        clear_end_bytes=unit.clear_end_bytes,
        stored_end_bytes=unit.stored_end_bytes,
        frames=unit.frames,
        media_end_ns=unit.media_end_ns,
        sha256=unit.sha256,
    )


def _device(recording: Recording) -> Device:
    return Device(
        serial=recording.serial,
        model=recording.model,
        firmware_version=recording.firmware_version,
        configuration_sha256=recording.configuration_sha256 or None,
    )


def _trigger(recording: Recording) -> Trigger:
    return Trigger(
        on=recording.trigger_on,
        on_utc_ns=recording.trigger_on_utc_ns,
        off=recording.trigger_off,
        off_utc_ns=recording.trigger_off_utc_ns,
        time_zone=recording.time_zone,
    )


def _utc(recording: Recording, clip: Clip, corrections: Sequence[ClockCorrection]) -> Utc:
    said = utc_statement(recording, clip, corrections)
    if said is None:
        return Utc()
    return Utc(
        basis=said.basis.value,
        error_ns=said.error_ns,
        correction_ns=said.correction_ns,
        corrected_error_ns=said.corrected_error_ns,
    )


def _media(recording: Recording, clip: Clip) -> Media:
    return Media(
        start_utc_ns=clip.start_utc_ns,
        duration_ns=clip.duration_ns or 0,
        end_reason=clip.end_reason or "",
        frames=clip.frames or 0,
        frames_dropped=clip.frames_dropped or 0,
        frames_skipped=clip.frames_skipped or 0,
        overload=clip.overload or "",
        picture_stream=clip.picture_stream,
        account=clip.account,
        pre_record_asked_ns=recording.pre_record_asked_ns,
        pre_record_delivered_ns=clip.pre_record_delivered_ns,
        certificate=clip.certificate,
    )
