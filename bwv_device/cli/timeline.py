"""What a bystander would have seen and heard: state, red light and beeps, with times.

Who uses it: `bwv run` and `bwv demo`, as the agent's listener.
"""

from dataclasses import asdict, dataclass
from typing import Any

from bwv_device.firmware import commands
from bwv_device.firmware.commands import Command, LightName
from bwv_device.firmware.states import State
from hal.interfaces.clock import NS_PER_S


@dataclass(frozen=True, slots=True)
class Moment:
    """`t_s` seconds after power on: the state from then on, whether the red light is lit, and
    how many beeps began."""

    t_s: float
    state: str
    red_light: bool
    beeps: int


class Timeline:
    """Moments in order; told by one thread, the agent's owner."""

    def __init__(self) -> None:
        self._moments: list[Moment] = []
        self._start_ns: int | None = None
        self._red_light = False

    def add(self, at_ns: int, state: State, batch: tuple[Command, ...]) -> Moment | None:
        """Learn from a batch of commands; the moment, if there was anything to notice."""
        self._start_ns = at_ns if self._start_ns is None else self._start_ns
        beeps = 0
        for command in batch:
            if isinstance(command, commands.PlaySound):
                beeps += len(command.pattern)
            elif isinstance(command, commands.ShowLight) and command.light is LightName.RECORDING:
                self._red_light = command.pattern.lit
        moment = Moment(
            round((at_ns - self._start_ns) / NS_PER_S, 3), state.value, self._red_light, beeps
        )
        if beeps == 0 and self._moments and self._is_as_before(moment):
            return None
        self._moments.append(moment)
        return moment

    def as_rows(self) -> list[dict[str, Any]]:
        return [asdict(moment) for moment in self._moments]

    def _is_as_before(self, moment: Moment) -> bool:
        last = self._moments[-1]
        return (moment.state, moment.red_light) == (last.state, last.red_light)
