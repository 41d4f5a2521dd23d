"""Keys and certificates of a device, and how they are read. See docs/design/identity.md."""

from bwv_device.evidence.identity.identity import (
    Enrolment,
    Identity,
    Transport,
    load_or_create,
)

__all__ = ["Enrolment", "Identity", "Transport", "load_or_create"]
