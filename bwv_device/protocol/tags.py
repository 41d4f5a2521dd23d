"""Tags of a bookmark: `key:value` pairs joined by `;`.

Who uses it: the client that writes bookmarks, the page that shows them.
"""

from collections.abc import Mapping

from bwv_device.protocol.errors import ProtocolError, shown


def tags_text(tags: Mapping[str, str]) -> str:
    """`TriggerOn:Button;Some:Value`; raises `ProtocolError` for a `;`, or a `:` in a key."""
    for key, value in tags.items():
        if not key or ":" in key or ";" in key + value:
            raise ProtocolError(f"a tag can't be written: {shown(key)}: {shown(value)}")
    return ";".join(f"{key}:{value}" for key, value in tags.items())


def parse_tags(text: str) -> dict[str, str]:
    """The pairs in `text`; a part without `:` is a key with an empty value."""
    pairs = (part.partition(":") for part in text.split(";") if part.strip())
    return {key.strip(): value.strip() for key, _, value in pairs}
