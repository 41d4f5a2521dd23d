"""A certificate and an account as a recorder makes them, and a clip that has both.

Used by tests of the store, the commands, the dock client and the page.
"""

from dataclasses import replace

from bwv_device.evidence.digests import digest_file
from bwv_device.evidence.fragments import scan
from bwv_device.evidence.records import Clip, ClipResult, EndReason
from bwv_device.evidence.store import Store
from bwv_device.protocol.buffer_certificate import BufferCertificate, ShortCause, Shortfall
from bwv_device.protocol.clip_account import ClipAccount
from bwv_device.protocol.pictures import Gap, PictureAccount
from tests.support.clips import clip_bytes
from tests.support.stores import S, begin, new_clip, write_file

MS = 1_000_000
PICTURES = PictureAccount(
    frames_expected=75,
    frames_captured=73,
    frames_dropped=2,
    camera_lost_ns=400 * MS,
    gaps=(Gap(offset_ns=-2 * S, length_ns=80 * MS, frames_missing=2),),
    gaps_unlisted=3,
)
CERTIFICATE = BufferCertificate(
    asked_ns=30 * S,
    delivered_ns=5 * S // 2,
    sound_kept=False,
    short=Shortfall(cause=ShortCause.BOOTED, seconds=2.5),
    counted_up_to_ns=-10 * MS,
    pictures=PICTURES,
)
ACCOUNT = ClipAccount(pictures=PICTURES, sound_lost_ns=1_500 * MS)


def many_gaps(count: int) -> PictureAccount:
    """A picture with so many gaps, one a second."""
    gaps = tuple(Gap(offset_ns=n * S, length_ns=40 * MS, frames_missing=1) for n in range(count))
    return PICTURES.model_copy(update={"gaps": gaps, "gaps_unlisted": 0, "frames_dropped": count})


def account_clip(
    store: Store, account: ClipAccount = ACCOUNT, certificate: BufferCertificate = CERTIFICATE
) -> Clip:
    """A whole recording of one clip, with certificate and account."""
    recording = begin(store)
    new = replace(new_clip(recording), certificate=certificate)
    clip = store.open_clip(recording, new)
    path = store.path(clip)
    write_file(path, clip_bytes(3.0))
    found, digests = scan(path), digest_file(path)
    result = ClipResult(
        end_reason=EndReason.STOP,
        duration_ns=found.duration_ns,
        frames=found.frames,
        frames_dropped=account.pictures.frames_dropped,
        bytes=digests.bytes,
        sha256=digests.sha256,
        md5=digests.md5,
        account=account,
        certificate=certificate,
    )
    store.journal.finalise_clip(clip.id, result)
    store.journal.end_recording(recording.id, "Button", clip.start_utc_ns + 3 * S)
    return store.journal.clip(clip.id)
