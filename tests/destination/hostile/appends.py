"""Attacks on uploads that go on: appends that are replayed, reordered, altered, too long.

Used by the table of attacks. Each begins an upload of its own, spoils it, and cancels it.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bwv_device.protocol import resumable
from bwv_device.protocol.digest import REPR_DIGEST, repr_digest
from tests.destination.hostile.arena import CLIP, CONTAINER, Arena
from tests.destination.wire import Answer

LENGTH_BYTES = 24
_PART = b"12345678"
OTHER = repr_digest(hashlib.sha256(b"other").hexdigest())


@dataclass(frozen=True)
class Upload:
    """One that was begun, by a client with ill intent."""

    arena: Arena
    where: str

    def append(
        self, offset: object, body: bytes = _PART, *, last: bool = False, **headers: str
    ) -> Answer:
        """An append at `offset`; `headers`, with `_` for `-`, go over the usual ones."""
        said = {
            resumable.UPLOAD_COMPLETE: "?1" if last else "?0",
            resumable.UPLOAD_OFFSET: str(offset),
            "Content-Type": resumable.PARTIAL_UPLOAD,
        }
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.arena.wire.ask("PATCH", self.where, body, said)


def _replayed(upload: Upload) -> Answer:
    upload.append(0)
    return upload.append(0)


def _reordered(upload: Upload) -> Answer:
    return upload.append(len(_PART))


def _backwards(upload: Upload) -> Answer:
    upload.append(0)
    upload.append(len(_PART))
    return upload.append(len(_PART))


def _too_long(upload: Upload) -> Answer:
    return upload.append(0, bytes(LENGTH_BYTES + 1))


def _too_short(upload: Upload) -> Answer:
    return upload.append(0, last=True)


def _another_length(upload: Upload) -> Answer:
    return upload.append(0, Upload_Length=str(LENGTH_BYTES + 1))


def _altered_part(upload: Upload) -> Answer:
    return upload.append(0, Content_Digest=OTHER)


def _altered_whole(upload: Upload) -> Answer:
    return upload.append(0, bytes(LENGTH_BYTES), last=True)


def _no_append(upload: Upload) -> Answer:
    return upload.append(0, Content_Type="video/mp4")


def _no_offset(upload: Upload) -> Answer:
    return upload.append("-1")


def _stranger(upload: Upload) -> Answer:
    return Upload(upload.arena, upload.where[:-1] + "g").append(0)


def _without_token(upload: Upload) -> Answer:
    return upload.append(0, X_Auth_Token="AUTH_tk" + "0" * 48)


SPOILED: Mapping[str, tuple[Callable[[Upload], Answer], int]] = {
    "replayed": (_replayed, 409),
    "reordered": (_reordered, 409),
    "an older part again": (_backwards, 409),
    "longer than the whole": (_too_long, 400),
    "an end that is none": (_too_short, 400),
    "another length than before": (_another_length, 400),
    "another digest of the part": (_altered_part, 400),
    "another digest of the whole": (_altered_whole, 422),
    "no append by its type": (_no_append, 415),
    "an offset that is none": (_no_offset, 400),
    "to an upload that nobody has": (_stranger, 404),
    "without the right to": (_without_token, 401),
}
"""What is done to an upload, and the status that refuses it."""


def spoil(name: str, arena: Arena) -> list[int]:
    """Begin an upload, do it, cancel what is left; the status of the refusal."""
    headers = {
        resumable.UPLOAD_COMPLETE: "?0",
        resumable.UPLOAD_LENGTH: str(LENGTH_BYTES),
        REPR_DIGEST: OTHER,
    }
    made = arena.wire.put(CONTAINER, CLIP, headers=headers)
    if made.status != 201:
        return [made.status]
    upload = Upload(arena, urlsplit(made.headers["location"]).path)
    answer = SPOILED[name][0](upload)
    arena.wire.ask("DELETE", upload.where)
    return [answer.status]
