"""`bwv demo`: a camera lives through an incident, and its recording arrives at a server."""

from bwv_device.cli.command import Command
from bwv_device.cli.demo.command import configure, run

COMMAND = Command("demo", "watch the main job from start to dock", configure, run)
