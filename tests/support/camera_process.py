"""A camera process that a test may kill: an agent on the generated scene that records at once.

Run as `python -m tests.support.camera_process STORE PRE_RECORD_S [SECONDS [CLIPS [WIDTH HEIGHT]]]`.
It prints `recording` when a clip is on the disk, records for SECONDS (for ever without, or with
`inf`) from the trigger, or from its CLIPS-th clip where more than one is asked for, closes in
order, and prints `off`.
"""

import math
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bwv_device.agent.agent import Agent, Observation
from bwv_device.agent.assemble import assembled
from bwv_device.configuration.model import Configuration
from bwv_device.firmware.events import Trigger
from bwv_device.firmware.states import State
from bwv_device.media import messages
from bwv_device.media.interpreter import SWITCH_INTERVAL_S
from hal import registry
from hal.interfaces.clock import Clock

LEAD_S = 1.5
"""Long enough for whole fragments to lie in the ring at the trigger."""


def configuration(
    store: Path, pre_record_s: float, video: Mapping[str, int] = MappingProxyType({})
) -> Configuration:
    """A camera of mocks on the generated scene, small enough to run beside other tests."""
    mocks = ("recording_light", "status_light", "haptic", "display", "button", "dock_contact")
    parts = {name: {"driver": "mock"} for name in mocks}
    parts.update(
        sounder={"driver": "recorder"},
        battery={"driver": "fixed"},
        storage_space={"driver": "disk"},
        camera={"driver": "scene"},
        microphone={"driver": "scene"},
    )
    return Configuration.model_validate(
        {
            "parts": parts,
            "video": dict(video),
            "pre_record": {"length_s": pre_record_s},
            "storage": {"folder": store},
        }
    )


@dataclass(frozen=True)
class Wearer:
    """Starts once the ring has some pictures, and stops or does not."""

    ready: threading.Event
    begun: threading.Semaphore
    """Released for each clip that is on the disk."""
    clips: int
    seconds_s: float

    def record(self, agent: Agent, clock: Clock) -> None:
        """On a thread of its own."""
        self.ready.wait()
        clock.sleep_s(LEAD_S)
        agent.post_now(Trigger.START, "Button")
        if math.isinf(self.seconds_s):
            return
        for _ in range(self.clips if self.clips > 1 else 0):
            self.begun.acquire()
        clock.sleep_s(self.seconds_s)
        agent.post_now(Trigger.STOP, "Button")
        agent.post_now(Trigger.POWER_OFF)


def main(settings: Configuration, seconds_s: float, clips: int) -> None:
    """Live; see the module."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    clock = registry.open_clock()
    wearer = Wearer(threading.Event(), threading.Semaphore(0), clips, seconds_s)

    def listen(_at_ns: int, _state: State, observation: Observation) -> None:
        if isinstance(observation, messages.Capturing):
            wearer.ready.set()
        elif isinstance(observation, messages.ClipOpened):
            print("recording", flush=True)
            wearer.begun.release()

    with assembled(settings, clock, listen) as (agent, _board):
        threading.Thread(target=wearer.record, args=(agent, clock), daemon=True).start()
        agent.run()
    print("off", flush=True)


if __name__ == "__main__":
    store_folder, pre_record, *rest = sys.argv[1:]
    seconds, clip_count, *size = [*rest, *("inf", "1")[len(rest) :]]
    asked = dict(zip(("width_px", "height_px"), map(int, size), strict=bool(size)))
    main(
        configuration(Path(store_folder), float(pre_record), asked), float(seconds), int(clip_count)
    )
