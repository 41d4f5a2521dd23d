"""What is missing in a clip, and its recording's certificate, as metadata and as a document.

Who uses it: `describe` for each clip, `handover` for the document, which is sent only where the
list of gaps is longer than a value of metadata may be.
"""

from pathlib import Path

from bwv_device.evidence.records import Clip
from bwv_device.protocol import names
from bwv_device.protocol.buffer_certificate import BufferCertificate
from bwv_device.protocol.clip_account import ClipAccount, ClipDocument
from bwv_device.protocol.keys import ObjectKey, SoundKept, limit_bytes
from bwv_device.protocol.pictures import PictureAccount, gaps_text, seconds_text


def account_metadata(clip: Clip) -> dict[str, str]:
    """Keys of what is known; a clip that was cut off has none of its own account."""
    values: dict[str, str] = {}
    if clip.account is not None:
        values |= _account(clip.account)
    if clip.certificate is not None:
        values |= _certificate(clip.certificate)
    return values


def account_object(clip: Clip) -> tuple[str, dict[str, str], bytes] | None:
    """Name, metadata and body of the document; None when the metadata say it all."""
    accounts = [clip.account.pictures] if clip.account else []
    accounts += [clip.certificate.pictures] if clip.certificate else []
    if all(_says_all(pictures) for pictures in accounts):
        return None
    name = Path(clip.file).name
    document = ClipDocument(clip=name, account=clip.account, certificate=clip.certificate)
    meta: dict[str, str] = {ObjectKey.FILE_TYPE: "json"}
    return names.account_object(name), meta, document.to_json().encode()


def _says_all(pictures: PictureAccount) -> bool:
    return _gaps(pictures)[1] == pictures.gap_count


def _gaps(pictures: PictureAccount) -> tuple[str, int]:
    return gaps_text(pictures.gaps, limit_bytes(ObjectKey.GAPS))


def _account(account: ClipAccount) -> dict[str, str]:
    pictures, silent_ns = account.pictures, account.sound_lost_ns
    return {
        ObjectKey.FRAMES_EXPECTED: str(pictures.frames_expected),
        ObjectKey.FRAMES_CAPTURED: str(pictures.frames_captured),
        ObjectKey.CAMERA_LOST_S: seconds_text(pictures.camera_lost_ns),
        ObjectKey.SOUND_LOST_S: "" if silent_ns is None else seconds_text(silent_ns),
        ObjectKey.GAP_COUNT: str(pictures.gap_count),
        ObjectKey.GAPS: _gaps(pictures)[0],
    }


def _certificate(certificate: BufferCertificate) -> dict[str, str]:
    pictures, short = certificate.pictures, certificate.short
    sound = SoundKept.KEPT if certificate.sound_kept else SoundKept.NOT_KEPT
    return {
        ObjectKey.PRE_RECORD_SHORT_CAUSE: "" if short is None else short.cause.value,
        ObjectKey.PRE_RECORD_SOUND: sound.value,
        ObjectKey.PRE_RECORD_COUNTED_UP_TO_S: seconds_text(certificate.counted_up_to_ns),
        ObjectKey.PRE_RECORD_FRAMES_EXPECTED: str(pictures.frames_expected),
        ObjectKey.PRE_RECORD_FRAMES_CAPTURED: str(pictures.frames_captured),
        ObjectKey.PRE_RECORD_FRAMES_DROPPED: str(pictures.frames_dropped),
        ObjectKey.PRE_RECORD_FRAMES_SKIPPED: str(pictures.frames_skipped or ""),
        ObjectKey.PRE_RECORD_CAMERA_LOST_S: seconds_text(pictures.camera_lost_ns),
        ObjectKey.PRE_RECORD_GAP_COUNT: str(pictures.gap_count),
        ObjectKey.PRE_RECORD_GAPS: _gaps(pictures)[0],
    }
