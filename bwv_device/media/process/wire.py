"""What crosses the door between the agent's process and the media process: plain values.

Who uses it: both sides. They travel pickled over a socket that only the two of them have.
"""

from dataclasses import dataclass

from bwv_device.configuration.model import Configuration
from bwv_device.media.messages import Begin, End, Locate, Mark, Report, Resume
from bwv_device.media.pulse import Pulse
from bwv_device.protocol.buffer_certificate import ShortCause


@dataclass(frozen=True, slots=True)
class Hello:
    """The first word to a new media process: what it is to be."""

    configuration: Configuration
    log_level: int
    first_session: ShortCause | None = None
    """How its first session of capture comes to be; None in the agent's first process."""


@dataclass(frozen=True, slots=True)
class Arm:
    """Capture into the ring."""


@dataclass(frozen=True, slots=True)
class Disarm:
    """Capture up to `at_ns`, and no further."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class Probe:
    """Look whether a camera that had failed gives frames again."""


@dataclass(frozen=True, slots=True)
class Close:
    """Stop capturing at `at_ns`, close every clip whole, and end."""

    at_ns: int


Command = Arm | Disarm | Begin | Resume | End | Mark | Locate | Probe | Close


@dataclass(frozen=True, slots=True)
class Refused:
    """The media process can't begin, and ends. With `is_final` none that is started anew could:
    what is configured can't be had here."""

    message: str
    is_final: bool = False


Answer = Refused | Pulse | Report
