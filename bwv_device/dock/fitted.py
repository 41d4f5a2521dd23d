"""Makes any text fit for metadata, so that a hostile name never keeps footage on the camera.

Who uses it: `describe`. What was changed is logged; the journal keeps the text as it was.
"""

import logging
from urllib.parse import quote

from bwv_device.protocol.errors import ProtocolError, shown
from bwv_device.protocol.keys import limit_bytes
from bwv_device.protocol.metadata import ENCODED_MAX_BYTES, check_text

log = logging.getLogger(__name__)

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_CUT = "..."


def fitted(key: str, value: str) -> str:
    """`value` within the limits of `key`: forbidden characters replaced, the end cut."""
    clean = "".join(map(_allowed, value))
    text = clean if _fits(key, clean) else _cut(key, clean)
    if text != value:
        log.warning("%s was changed to fit into metadata: %s", key, shown(value))
    return text


def _allowed(character: str) -> str:
    try:
        return check_text(character, "")
    except ProtocolError:
        return _REPLACEMENT


def _fits(key: str, text: str) -> bool:
    return len(text.encode()) <= limit_bytes(key) and len(quote(text, safe="")) <= ENCODED_MAX_BYTES


def _cut(key: str, text: str) -> str:
    """The longest beginning that fits with the dots behind it."""
    # No character is less than a byte, so a longer beginning can't fit.
    kept = text[: limit_bytes(key)]
    while not _fits(key, kept + _CUT):
        kept = kept[:-1]
    return kept + _CUT
