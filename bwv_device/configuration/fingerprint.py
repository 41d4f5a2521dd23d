"""A fingerprint of all settings, so that it can be shown with which ones footage was made.

Who uses it: the keeper puts it into each recording, from where it goes into the manifests.
"""

import hashlib
import json

from bwv_device.configuration.model import Configuration


def fingerprint(configuration: Configuration) -> str:
    """SHA-256 (hex) of the settings as canonical JSON: every key with its value, defaults
    included, keys in order, no blanks. Two cameras set up alike have the same one."""
    values = configuration.model_dump(mode="json")
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
