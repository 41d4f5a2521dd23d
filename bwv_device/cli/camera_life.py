"""A camera's life from power on to power off, shown in the terminal.

Who uses it: `bwv run`.
"""

import argparse
import json
import signal

from bwv_device.agent.agent import Agent, Observation
from bwv_device.agent.assemble import assembled
from bwv_device.cli.live import LiveView
from bwv_device.cli.timeline import Timeline
from bwv_device.configuration import load_configuration
from bwv_device.firmware.events import Trigger
from bwv_device.firmware.states import State
from bwv_device.media.interpreter import favour_encoder
from bwv_device.media.process.launch import Launcher
from hal import registry


def live(args: argparse.Namespace, launcher: Launcher) -> int:
    """Live until power off; `launcher` makes the media processes. Raises `BwvError`, `HalError`
    when the camera can't be begun."""
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

        with assembled(configuration, clock, listen, launcher) as (agent, _board):
            _switch_off_on_signals(agent)
            agent.run()
    if args.json:
        print(json.dumps({"ok": True, "timeline": timeline.as_rows()}))
    return 0


def _switch_off_on_signals(agent: Agent) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: agent.post_now(Trigger.POWER_OFF))
