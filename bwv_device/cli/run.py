"""`bwv run`: the camera on this machine's hardware, until it is switched off.

SIGTERM, Ctrl-C and the end of its terminal switch it off in order: the clip is closed whole
first.
"""

import argparse
import json
import signal
import sys

from bwv_device.agent.agent import Agent, Observation
from bwv_device.agent.assemble import assembled
from bwv_device.cli.command import Command
from bwv_device.cli.live import LiveView
from bwv_device.cli.timeline import Timeline
from bwv_device.configuration import load_configuration
from bwv_device.firmware.events import Trigger
from bwv_device.firmware.states import State
from hal import registry

SWITCH_INTERVAL_S = 0.0005
"""A busy Python thread beside the encoder raised its time a frame from 4.6 to 23.5 ms; with
this it was 6.8 (see the recorder's design page)."""


def configure(parser: argparse.ArgumentParser) -> None:
    """No options of its own: the configuration says it all."""
    parser.epilog = "Keys with the keyboard button: space, twice for a start, s to stop."


def run(args: argparse.Namespace) -> int:
    """Live until power off. Raises `BwvError`, `HalError` when the camera can't be begun."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    configuration = load_configuration(args.config, args.overrides)
    clock = registry.open_clock()
    timeline = Timeline()
    with LiveView(clock) as view:

        def listen(at_ns: int, state: State, observation: Observation) -> None:
            if not isinstance(observation, tuple):
                view.hear(observation)
            elif (moment := timeline.add(at_ns, state, observation)) is not None:
                view.moment(moment)

        with assembled(configuration, clock, listen) as (agent, _board):
            _switch_off_on_signals(agent)
            agent.run()
    if args.json:
        print(json.dumps({"ok": True, "timeline": timeline.as_rows()}))
    return 0


def _switch_off_on_signals(agent: Agent) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: agent.post_now(Trigger.POWER_OFF))


COMMAND = Command("run", "run the camera on this machine's hardware", configure, run)
