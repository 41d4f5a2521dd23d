"""What a person sees in the terminal while a camera lives: a line for each change, the state
at this instant below it, and a bar for each clip on its way.

Who uses it: `bwv run` and `bwv demo`. Everything goes to standard error.
"""

from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.text import Text

from bwv_device.agent.agent import Observation
from bwv_device.cli.timeline import Moment
from bwv_device.cli.words import name_of, words_of
from bwv_device.dock import events as dock
from bwv_device.firmware.states import State
from hal.interfaces.clock import NS_PER_S, Clock

_COLOURS = {
    State.RECORDING: "bold white on red",
    State.PRE_RECORD: "bold green",
    State.DOCKED: "bold cyan",
    State.FAULT: "bold yellow",
}
_REFRESH_HZ = 4.0
_INDENT = " " * 13
"""Below the states, behind the time."""


class LiveView:
    """A context manager; `hear` and `moment` may be called from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._console = Console(stderr=True, highlight=False)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            DownloadColumn(),
            console=self._console,
        )
        self._tasks: dict[int, TaskID] = {}
        self._state, self._since_ns = State.OFF, clock.monotonic_ns()
        self._live = Live(
            console=self._console,
            get_renderable=self._render,
            refresh_per_second=_REFRESH_HZ,
            transient=True,
        )

    def __enter__(self) -> "LiveView":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def _render(self) -> RenderableType:
        """The state at this instant, and how long it has lasted."""
        seconds = (self._clock.monotonic_ns() - self._since_ns) // NS_PER_S
        status = Text(f" {self._state.value.upper()} ", _COLOURS.get(self._state, "bold"))
        status.append(f"  {seconds // 60:02d}:{seconds % 60:02d}", "not bold default on default")
        return Group(status, self._bars)

    def say(self, text: str) -> None:
        """A line of plain text."""
        self._console.print(escape(text), soft_wrap=True)

    def moment(self, moment: Moment) -> None:
        """A change that a bystander would notice."""
        state = State(moment.state)
        if state is not self._state:
            self._state, self._since_ns = state, self._clock.monotonic_ns()
        light = "[red]●[/red] red light" if moment.red_light else "[dim]○[/dim] dark     "
        sound = " ".join(["beep"] * moment.beeps)
        colour = _COLOURS.get(state, "bold")
        name = f"[{colour}]{state.value.upper():^13}[/]"
        self._console.print(f"{moment.t_s:9.3f} s  {name}  {light}  {sound}")

    def hear(self, observation: Observation) -> None:
        """A report of the recorder or of the dock."""
        match observation:
            case dock.Progress(clip=clip, sent_bytes=sent, total_bytes=total):
                self._bar(clip.id, name_of(clip.file), sent, total)
            case dock.ClipSent(clip=clip):
                self._drop_bar(clip.id)
        if (said := words_of(observation)) is not None:
            tone, words = said
            self._console.print(f"{_INDENT}{escape(words)}", style=tone.value, soft_wrap=True)

    def _bar(self, clip_id: int, name: str, sent: int, total: int) -> None:
        if clip_id not in self._tasks:
            self._tasks[clip_id] = self._bars.add_task(escape(name), total=total)
        self._bars.update(self._tasks[clip_id], completed=sent, total=total)

    def _drop_bar(self, clip_id: int) -> None:
        task = self._tasks.pop(clip_id, None)
        if task is not None:
            self._bars.remove_task(task)
