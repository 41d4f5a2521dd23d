"""Where clips go: a recording's own container, or one for what was refused.

Who uses it: `handover` and `rejection` make one, `delivery` brings clips there.
"""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Target:
    """Where clips go."""

    container: str
    create: Callable[[], None]
    """Makes the container."""
    extra: dict[str, str] = field(default_factory=dict)
    """Metadata of each clip beyond its own."""
    closed: bool = False
    """It was called complete: a clip that is not there yet comes too late for it."""
