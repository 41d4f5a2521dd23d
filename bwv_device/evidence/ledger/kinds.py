"""What sorts of facts a ledger holds, as the word in an entry's `kind`.

Who uses it: whoever enters facts, and `account`, which reads states from them. A reader meets
kinds of later versions too, and passes over what it does not know.
"""

from enum import StrEnum

HEARTBEAT_S = 5.0
"""The thread that decides gives a sign of life this often: the longest time that a power cut leaves
unknown before it. What it costs is measured by `scripts/bench dock`."""

SIGN_EVERY = 16
"""A head is signed behind so many entries at the latest, so that a stretch without one shows. A
tail without one may have been changed by whoever held the card, up to this many entries."""


class Own(StrEnum):
    """Entries that the ledger makes of itself, on a camera and on a server alike."""

    SEGMENT = "segment"
    """First in each segment: `ledger` (id), `device`, `segment` (number), `before` (hash)."""
    TORN = "torn"
    """A tail that a cut left half written was cut off: `segment`, `bytes`, `sha256`."""
    DAMAGE = "damage"
    """The segment before holds lines that do not fit; it was left as it is: `segment`."""
    SIGNER = "signer"
    """`certificates`: PEM, leaf first, whose key signs the heads from here on."""
    HEAD = "head"
    """The signed head of the entry before: `signature`, DER in base64."""
    SIGNER_FAILED = "signer_failed"
    """No head could be signed: `text`. Entered once, until it works again."""
    LOST = "lost"
    """Entries that could not be kept: `count`, `from_mono_ns`, `to_mono_ns`."""


class Kind(StrEnum):
    """What a camera enters."""

    BOOT = "boot"
    """A run begins: `version`, `serial`, `model`, `configuration_sha256`."""
    OFF = "off"
    """A run ends in order."""
    ALIVE = "alive"
    """Sign of life of the thread that decides: `state`."""
    STATE = "state"
    """The camera goes into another state: `state`, `was`, `text`."""
    EVENT = "event"
    """Something happened and left the state as it was, or meant nothing: `note`, `text`."""
    BUTTON = "button"
    """An edge of the button: `pressed`."""
    COMMAND = "command"
    """Work that was asked for: `command` and what belongs to it."""
    LIGHT = "light"
    """Commanded: `light`, `colour`, `on_s`, `off_s`."""
    SOUND = "sound"
    """Commanded: `name`, `beeps`."""
    HAPTIC = "haptic"
    """Commanded: `name`, `pulses`."""
    SCREEN = "screen"
    """Commanded: `heading`."""
    BATTERY = "battery"
    """`charge` (0 to 1), `charging`, `left_s`."""
    FAULT = "fault"
    """Something fails: `what`, `text`."""
    FAULT_OVER = "fault_over"
    """It works again: `what`, `text`."""
    CLOCK = "clock"
    """UTC was set, or somebody began to answer for it: `step_s`, `error_s`."""
    RECORDER = "recorder"
    """What the recorder reports besides: `what`, `text`."""
    CLIP_OPENED = "clip_opened"
    """`file`, `pre_record_s`."""
    CLIP_FINALISED = "clip_finalised"
    """`file`, `end_reason`, `frames`, `frames_dropped`, `bytes`, `sha256`."""
    CLIP_FREED = "clip_freed"
    """The copy here is gone: `file`, `destination`."""
    DOCK = "dock"
    """What came of a visit: `what`, `text`."""
    SERVER_HEAD = "server_head"
    """The head of a server's ledger, as it stated it: `ledger`, `number`, `hash`."""
    SERVER_REWROTE = "server_rewrote"
    """What the server states does not go on from the head that it stated before: `text`."""


class ServerKind(StrEnum):
    """What a server enters into its own ledger."""

    STARTED = "started"
    """`version`."""
    ENDED = "ended"
    """It was ended in order."""
    RECEIPT = "receipt"
    """A receipt was signed: `device`, `number`, `container`, `sha256` (of its text)."""
    SEGMENT_STORED = "segment_stored"
    """A camera's segment: `container`, `segment`, `sha256`, and its head, `number` and `hash`;
    `problems`: how many were found."""
