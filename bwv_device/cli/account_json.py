"""What is missing in a clip, and its recording's buffer certificate, for machines.

Who uses it: `bwv clips --json` and `bwv demo --json`. What is not known is null.
"""

from typing import Any

from bwv_device.evidence.records import Clip
from bwv_device.protocol.buffer_certificate import BufferCertificate
from bwv_device.protocol.pictures import PictureAccount

_NS_PER_S = 1_000_000_000


def account_json(clip: Clip) -> dict[str, Any]:
    """Seconds and counts; gaps count from the clip's start, those of the certificate from the
    trigger."""
    account = clip.account
    return {
        **_pictures(account.pictures if account else None),
        "sound_lost_s": _seconds(account.sound_lost_ns if account else None),
        "buffer_certificate": _certificate(clip.certificate) if clip.certificate else None,
    }


def _certificate(certificate: BufferCertificate) -> dict[str, Any]:
    short = certificate.short
    return {
        "asked_s": _seconds(certificate.asked_ns),
        "delivered_s": _seconds(certificate.delivered_ns),
        "sound_kept": certificate.sound_kept,
        "short_cause": short.cause.value if short else None,
        "short_reason": str(short) if short else None,
        "counted_up_to_s": _seconds(certificate.counted_up_to_ns),
        "frames_dropped": certificate.pictures.frames_dropped,
        "frames_skipped": certificate.pictures.frames_skipped,
        **_pictures(certificate.pictures),
    }


def _pictures(pictures: PictureAccount | None) -> dict[str, Any]:
    if pictures is None:
        names = ("frames_expected", "frames_captured", "camera_lost_s", "gaps", "gaps_unlisted")
        return dict.fromkeys(names)
    return {
        "frames_expected": pictures.frames_expected,
        "frames_captured": pictures.frames_captured,
        "camera_lost_s": _seconds(pictures.camera_lost_ns),
        "gaps": [
            {
                "offset_s": _seconds(gap.offset_ns),
                "length_s": _seconds(gap.length_ns),
                "frames_missing": gap.frames_missing,
            }
            for gap in pictures.gaps
        ],
        "gaps_unlisted": pictures.gaps_unlisted,
    }


def _seconds(ns: int | None) -> float | None:
    return None if ns is None else ns / _NS_PER_S
