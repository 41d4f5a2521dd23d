"""What goes wrong when something from the wire, or for the wire, breaks the protocol's rules.

Who uses it: the protocol package; the client and the server catch `ProtocolError`.
"""

from bwv_device.errors import BwvError, Kind


class ProtocolError(BwvError, ValueError):
    """A name, key, value or file that the protocol does not allow; the message names the rule."""

    kind = Kind.REFUSE


def shown(text: str, limit: int = 60) -> str:
    """`text` quoted and cut so that it is safe in a message, whatever it holds."""
    return ascii(text) if len(text) <= limit else f"{text[:limit]!a} ({len(text)} characters)"
