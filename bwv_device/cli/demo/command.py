"""`bwv demo`: the main job from power on to a verified recording on a real dock server.

It runs the agent as `bwv run` does, with a button and a dock contact that a script moves, and
starts a server process of its own. It needs no screen, sound card or network.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from bwv_device.agent.agent import Observation
from bwv_device.agent.assemble import assembled
from bwv_device.cli.demo.choice import choose_camera, choose_microphone
from bwv_device.cli.demo.outcome import Outcome, look
from bwv_device.cli.demo.script import MovableContact, Plan, PressableButton, Script, Signals
from bwv_device.cli.demo.server import CONNECTION_FILE, RunningServer, running_server
from bwv_device.cli.live import LiveView
from bwv_device.cli.timeline import Timeline
from bwv_device.configuration import Configuration, load_configuration
from bwv_device.configuration.identity import UNASSIGNED
from bwv_device.dock.http import Http
from bwv_device.dock.session import Session
from bwv_device.dock.stop import Stop
from bwv_device.errors import ConfigurationError
from bwv_device.evidence.journal import Journal
from bwv_device.firmware.states import State
from bwv_device.media.interpreter import favour_encoder
from bwv_device.protocol.connection import parse_connection_file
from hal import registry
from hal.interfaces.clock import Clock

_WEARER_ID = UUID("6f1c1f1e-5d0a-4a53-9a55-0f8d8f7f3b11")
"""Of the demonstration's wearer, where the configuration names none."""

_SECONDS_MIN_S, _SECONDS_MAX_S = 4.0, 3600.0
"""A stop is a hold of 3 s, so a shorter recording can't be made with the button."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `scripts/demo`."""
    parser.add_argument(
        "--camera", metavar="NAME|INDEX|URL|FILE", help="default: a webcam, or scene"
    )
    parser.add_argument("--microphone", metavar="NAME|FILE", help="default: the camera's own")
    parser.add_argument("--pre-record", type=float, default=5.0, metavar="S", help="%(default)s s")
    parser.add_argument("--seconds", type=float, default=6.0, metavar="S", help="%(default)s s")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where everything is left")


def run(args: argparse.Namespace) -> int:
    """Live through the incident; 0 when every clip is on the server, proved, and freed here."""
    favour_encoder()
    plan = _plan(args)
    clock = registry.open_clock()
    timeline, signals = Timeline(), Signals()
    # Before anything is made or started: a wish that can't be met is said at once.
    wishes = _wishes(args, plan, clock)
    out = _folder(args.out)
    configuration = _configuration(wishes, out)
    with LiveView(clock) as view, running_server(out / "server") as server:
        view.say(f"camera {configuration.parts.camera.driver}, server {server.url}, files in {out}")
        _live(configuration, clock, plan, timeline, signals, view)
        outcome = _look(configuration, server, clock)
    _print(args.json, view, timeline, outcome, server)
    return 0 if outcome.is_good else 1


def _folder(wanted: Path | None) -> Path:
    """Where everything is left; made when it is missing."""
    folder = (wanted or Path(tempfile.mkdtemp(prefix="bwv-demo-"))).expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"--out {folder} can't be made ({error.strerror}): name a folder that can be written"
        ) from error
    return folder


def _plan(args: argparse.Namespace) -> Plan:
    if not _SECONDS_MIN_S <= args.seconds <= _SECONDS_MAX_S:
        raise ConfigurationError(
            f"--seconds is {args.seconds:g}: give {_SECONDS_MIN_S:g} to {_SECONDS_MAX_S:g}; a stop "
            "is a hold of 3 s, so nothing shorter can be recorded with the button"
        )
    if not 0 <= args.pre_record <= 120:
        raise ConfigurationError(f"--pre-record is {args.pre_record:g}: give 0 to 120 seconds")
    return Plan(args.pre_record, args.seconds)


def _wishes(args: argparse.Namespace, plan: Plan, clock: Clock) -> dict[str, Any]:
    """The user's configuration with this incident's camera and policy in it."""
    base = load_configuration(args.config, args.overrides).model_dump()
    camera = choose_camera(args.camera, clock)
    microphone = choose_microphone(args.microphone, camera)
    mocks = dict.fromkeys(
        ("recording_light", "status_light", "haptic", "display", "button", "dock_contact"), "mock"
    )
    drivers = {**mocks, "sounder": "recorder", "battery": "fixed", "storage_space": "disk"}
    base["parts"].update({name: {"driver": driver} for name, driver in drivers.items()})
    base["parts"].update(camera=camera.model_dump(), microphone=microphone.model_dump())
    if base["wearer"]["user_id"] == UNASSIGNED:
        base["wearer"] = {"user_id": str(_WEARER_ID), "name": "PC Demo"}
    base["pre_record"]["length_s"] = plan.pre_record_s
    base["policy"]["ready_state"] = "standby"
    return base


def _configuration(wishes: dict[str, Any], out: Path) -> Configuration:
    """The wishes, with store and server below `out`."""
    storage = {**wishes["storage"], "folder": out / "device"}
    dock = {**wishes["dock"], "connection_file": out / "server" / CONNECTION_FILE}
    return Configuration.model_validate({**wishes, "storage": storage, "dock": dock})


def _live(
    configuration: Configuration,
    clock: Clock,
    plan: Plan,
    timeline: Timeline,
    signals: Signals,
    view: LiveView,
) -> None:
    """From power on to power off. Raises what the script found wrong."""

    def listen(at_ns: int, state: State, observation: Observation) -> None:
        if not isinstance(observation, tuple):
            view.hear(observation)
            signals.hear(observation)
        elif (moment := timeline.add(at_ns, state, observation)) is not None:
            view.moment(moment)

    with assembled(configuration, clock, listen) as (agent, board):
        # The configuration above names drivers that a program can move.
        button = cast(PressableButton, board.button)
        contact = cast(MovableContact, board.dock_contact)
        script = Script(plan, clock, agent, button, contact, signals)
        script.start()
        agent.run()
        script.join()
    if script.failure is not None:
        raise script.failure


def _look(configuration: Configuration, server: RunningServer, clock: Clock) -> Outcome:
    journal = Journal.open_for_reading(configuration.storage.folder)
    connection = parse_connection_file(server.connection_file.read_bytes())
    http = Http(connection.certificates_pem(), Stop())
    try:
        return look(journal, Session(http, connection, clock), server.folder / "content")
    finally:
        http.close()
        journal.close()


def _print(
    as_json: bool, view: LiveView, timeline: Timeline, outcome: Outcome, server: RunningServer
) -> None:
    if as_json:
        found: dict[str, Any] = {
            "ok": outcome.is_good,
            "timeline": timeline.as_rows(),
            "recordings": outcome.recordings,
            "device_clips_left": outcome.device_clips_left,
            "server_dir": str(server.folder),
        }
        print(json.dumps(found))
        return
    for recording in outcome.recordings:
        view.say(f"{recording['container']}: {recording['status']}")
        for clip in recording["clips"]:
            same = clip["sha256_device"] == clip["sha256_server"]
            view.say(
                f"  {clip['file']}\n  {clip['duration_s']:.3f} s, {clip['frames']} frames, "
                f"{clip['frames_dropped']} dropped, pre-record "
                f"{clip['pre_record_delivered_s']:.2f} s of {clip['pre_record_asked_s']:g} s, "
                f"SHA-256 {'equal on both sides' if same else 'DIFFERS'}"
            )
    view.say(f"clips left on the device: {outcome.device_clips_left}")
