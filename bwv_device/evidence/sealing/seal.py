"""Begins the seal of a new clip: its key file is on the disk before its first byte.

Who uses it: the recorder, when it opens a clip.
"""

import os
from pathlib import Path

from bwv_device.evidence import durable
from bwv_device.evidence.sealing.cipher import ContentKey, UnitCipher
from bwv_device.evidence.sealing.key_file import wrap
from bwv_device.evidence.sealing.rows import Recipient
from bwv_device.evidence.sidecars import key_file


def begin_seal(clip_file: Path, recipient: Recipient) -> UnitCipher:
    """What makes the units of the clip at `clip_file`, which is not there yet. The key file is
    synced; its name is durable once the caller has synced the folder, before the first byte.

    Its content key is in this object's memory, and wrapped in the key file, and nowhere else.
    Raises `SealError`, `StoreError`.
    """
    content_key, path = ContentKey(), key_file(clip_file)
    text = wrap(content_key, recipient.public_key_pem, recipient.public_key_id).to_json()
    with durable.disk_errors("writing", path):
        handle = durable.create_new(path)
        try:
            durable.write_all(handle, text)
            os.fsync(handle)
        finally:
            os.close(handle)
    return UnitCipher(content_key)
