"""`bwv devices`: the cameras and microphones of this machine, by the names to use for them."""

import argparse
import json
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bwv_device.cli.command import Command
from hal.discovery import (
    FoundCamera,
    FoundMicrophone,
    Microphones,
    list_cameras,
    list_microphones,
    try_camera,
)
from hal.registry import open_clock


@dataclass(frozen=True, slots=True)
class Line:
    """One device: `use` is what the configuration and `--camera` take."""

    kind: str
    use: str
    about: str
    problem: str | None


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `bwv devices`."""
    parser.add_argument(
        "--try",
        dest="try_cameras",
        action="store_true",
        help="open each camera and take one picture",
    )


def run(args: argparse.Namespace) -> int:
    """Print what was found; 1 when a camera that was tried gave no picture."""
    cameras = [_camera(camera, tried=args.try_cameras) for camera in list_cameras()]
    inputs = list_microphones()
    lines = [*cameras, *map(_microphone, inputs.found)]
    if args.json:
        print(json.dumps(_object(lines, inputs)))
    else:
        _print(lines, inputs)
    return 1 if args.try_cameras and any(line.problem for line in cameras) else 0


def _camera(camera: FoundCamera, *, tried: bool) -> Line:
    problem = camera.problem
    if tried and problem is None:
        problem = try_camera(camera, open_clock())
    formats = f": {', '.join(camera.formats)}" if camera.formats else ""
    hint = " (driver h264 passes its H.264 on)" if camera.encodes else ""
    return Line("camera", str(camera.path), f"{camera.name}{formats}{hint}", problem)


def _microphone(microphone: FoundMicrophone) -> Line:
    usual = ", the usual one" if microphone.usual else ""
    about = f"{microphone.channels} channels, {microphone.rate_hz} Hz{usual}"
    return Line("microphone", microphone.name, about, None)


def _object(lines: list[Line], inputs: Microphones) -> dict[str, object]:
    def of(kind: str) -> list[dict[str, str | None]]:
        return [
            {"use": line.use, "about": line.about, "problem": line.problem}
            for line in lines
            if line.kind == kind
        ]

    return {
        "cameras": of("camera"),
        "microphones": of("microphone"),
        "microphones_problem": inputs.problem,
    }


def _print(lines: list[Line], inputs: Microphones) -> None:
    table = Table(show_header=True, header_style="bold", box=None, pad_edge=False)
    for heading in ("kind", "use", "about", "problem"):
        table.add_column(heading, overflow="fold")
    for line in lines:
        table.add_row(line.kind, Text(line.use), Text(line.about), Text(line.problem or ""))
    console = Console()
    if lines:
        console.print(table)
    for kind in ("camera", "microphone"):
        if not any(line.kind == kind for line in lines):
            console.print(f"no {kind} found; the generated one is called scene")
    if inputs.problem:
        console.print(Text(inputs.problem))


COMMAND = Command("devices", "list the cameras and microphones", configure, run)
