"""What a person sees in the terminal while a camera lives: a line for each change, the state
at this instant below it, and a bar for each clip on its way.

Who uses it: `bwv run` and `bwv demo`. Everything goes to standard error.
"""

from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

from bwv_device.agent.agent import Observation
from bwv_device.cli.timeline import Moment
from bwv_device.dock import events as dock
from bwv_device.firmware.states import State
from bwv_device.media import messages

_COLOURS = {
    State.RECORDING: "bold white on red",
    State.PRE_RECORD: "bold green",
    State.DOCKED: "bold cyan",
    State.FAULT: "bold yellow",
}


class LiveView:
    """A context manager; `hear` and `moment` may be called from any thread."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._state = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            DownloadColumn(),
            Elapsed(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._bars: dict[int, TaskID] = {}

    def __enter__(self) -> "LiveView":
        self._state.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._state.stop()

    def say(self, text: str) -> None:
        """A line of plain text."""
        self._console.print(escape(text))

    def moment(self, moment: Moment) -> None:
        """A change that a bystander would notice."""
        state = State(moment.state)
        light = "[red]●[/red] red light" if moment.red_light else "[dim]○[/dim] dark     "
        sound = " ".join(["beep"] * moment.beeps)
        colour = _COLOURS.get(state, "bold")
        name = f"[{colour}]{state.value.upper():^13}[/]"
        self._console.print(f"{moment.t_s:9.3f} s  {name}  {light}  {sound}")

    def hear(self, observation: Observation) -> None:
        """A report of the recorder or of the dock."""
        match observation:
            case dock.Progress(clip=clip, sent_bytes=sent, total_bytes=total):
                self._bar(clip.id, clip.file.rsplit("/", 1)[-1], sent, total)
            case dock.ClipSent(clip=clip, container=container):
                self._drop_bar(clip.id)
                self.say(f"             sent and proved: {clip.file} in {container}")
            case dock.Problem(text=text) | dock.Waiting(text=text):
                self._console.print(f"[yellow]             {escape(text)}[/]")
            case (
                messages.CaptureFailed(message=text)
                | messages.SoundFailed(message=text)
                | messages.WritingFailed(message=text)
            ):
                self._console.print(f"[bold red]             {escape(text)}[/]")
            case messages.PacketsLost(frames=frames):
                self._console.print(f"[bold red]             {frames} frames lost: slow disk[/]")
            case messages.ClipClosed(file=file, duration_s=duration_s, frames=frames):
                self.say(f"             clip closed: {file}, {duration_s:.2f} s, {frames} frames")

    def _bar(self, clip_id: int, name: str, sent: int, total: int) -> None:
        if clip_id not in self._bars:
            self._bars[clip_id] = self._state.add_task(escape(name), total=total)
        self._state.update(self._bars[clip_id], completed=sent, total=total)

    def _drop_bar(self, clip_id: int) -> None:
        task = self._bars.pop(clip_id, None)
        if task is not None:
            self._state.remove_task(task)
