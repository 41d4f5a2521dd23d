"""`bwv run`: the camera on this machine's hardware, until it is switched off.

SIGTERM, Ctrl-C and the end of its terminal switch it off in order: the clip is closed whole
first.
"""

import argparse
import json
import signal

from bwv_device.agent.agent import Agent, Observation
from bwv_device.agent.assemble import assembled
from bwv_device.cli.command import Command
from bwv_device.cli.live import LiveView
from bwv_device.cli.timeline import Timeline
from bwv_device.configuration import load_configuration
from bwv_device.firmware.events import Trigger
from bwv_device.firmware.states import State
from bwv_device.media.interpreter import favour_encoder
from hal import registry


def configure(parser: argparse.ArgumentParser) -> None:
    """No options of its own: the configuration says it all."""
    parser.epilog = "Keys with the keyboard button: space, twice for a start, s to stop."


def run(args: argparse.Namespace) -> int:
    """Live until power off. Raises `BwvError`, `HalError` when the camera can't be begun."""
    favour_encoder()
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
