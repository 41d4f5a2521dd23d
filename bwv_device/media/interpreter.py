"""How the interpreter shares its lock out beside an encoder, and what its collector walks over.

Who uses it: every process in which an encoder runs, before its threads start.
"""

import gc
import sys

SWITCH_INTERVAL_S = 0.0005
"""A busy Python thread beside the encoder raised its time a frame from 4.6 to 23.5 ms; with
this it was 6.8 (see the recorder's design page)."""


def favour_encoder() -> None:
    """Let a thread that waits for the interpreter's lock have it soon, and keep the collector of
    cycles from what was imported: 60 000 objects that live as long as the process. To go through
    them it held the lock for 57 ms in the middle of a recording, on a busy machine."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.freeze()
