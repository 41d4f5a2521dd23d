"""Reads the table of indications from TOML and checks it; every problem says where it is.

Who uses it: the agent at start-up, the simulator, the design page.
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from bwv_device.configuration.problems import Source, describe
from bwv_device.errors import ConfigurationError
from bwv_device.firmware.indications import (
    Indications,
    Moment,
    MomentIndication,
    StateIndication,
)
from bwv_device.firmware.indications_model import (
    HapticEntry,
    IndicationsEntries,
    LightEntry,
    MomentEntry,
    SoundEntry,
    StateEntry,
)
from bwv_device.firmware.states import State
from hal.interfaces.display import Screen
from hal.interfaces.haptic import Pulse
from hal.interfaces.light import LightPattern
from hal.interfaces.sounder import Beep

Pattern = TypeVar("Pattern")

MOST_SHOWN = 60
"""Characters of a name that a message quotes: it may be ten thousand long."""

SHIPPED = resources.files("bwv_device.firmware") / "indications.toml"
"""The table that ships; config/indications.toml in the source tree is the same file."""


def load_indications(path: Path | None = None) -> Indications:
    """The table in `path`, or the one that ships when it is None.

    Raises `ConfigurationError` whose text names the file, the line where it is known, the row
    and the key, and what was probably meant.
    """
    return parse_indications(_read(path or SHIPPED), str(path or "indications.toml"))


def parse_indications(text: str, name: str) -> Indications:
    """The table in `text`, a TOML document; `name` is the file's, for messages.

    Raises `ConfigurationError` as `load_indications` does.
    """
    source = Source(name, text)
    try:
        entries = IndicationsEntries.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{name}: is not TOML: {error}") from error
    except ValidationError as error:
        raise ConfigurationError(describe(error, IndicationsEntries, source)) from error
    patterns = _Patterns(entries, source)
    states = {state: patterns.of_state(state) for state in State}
    moments = {moment: patterns.of_moment(moment) for moment in Moment}
    try:
        return Indications(states, moments)
    except ConfigurationError as error:
        raise ConfigurationError(f"{name}: {error}") from error


def _read(file: Traversable) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{file}: the table of indications can't be read: {error.strerror}; "
            "correct indications.file, or leave it empty for the table that ships"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file}: is not UTF-8 text") from error


class _Patterns:
    """The named patterns of a file, and its rows with patterns in the place of names."""

    def __init__(self, entries: IndicationsEntries, source: Source) -> None:
        self._entries = entries
        self._source = source
        self._lights = {name: _light(entry) for name, entry in entries.lights.items()}
        self._sounds = {"": (), **{name: _sound(e) for name, e in entries.sounds.items()}}
        self._haptics = {"": (), **{name: _haptic(e) for name, e in entries.haptics.items()}}

    def of_state(self, state: State) -> StateIndication:
        row: StateEntry = getattr(self._entries.states, state)
        path = f"states.{state}"
        return StateIndication(
            self._named(self._lights, "lights", row.recording_light, f"{path}.recording_light"),
            self._named(self._lights, "lights", row.status_light, f"{path}.status_light"),
            Screen(row.heading, tuple(row.lines)),
            row.follows,
        )

    def of_moment(self, moment: Moment) -> MomentIndication:
        row: MomentEntry = getattr(self._entries.moments, moment)
        path = f"moments.{moment}"
        return MomentIndication(
            self._named(self._sounds, "sounds", row.sound, f"{path}.sound"),
            self._named(self._haptics, "haptics", row.haptic, f"{path}.haptic"),
            row.follows,
        )

    def _named(self, table: Mapping[str, Pattern], kind: str, name: str, key: str) -> Pattern:
        if name in table:
            return table[name]
        known = sorted(filter(None, table))
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"[{kind}] knows {', '.join(known)}"
        place = self._source.place(key.split("."))
        raise ConfigurationError(
            f"{place}: {key} = {name[:MOST_SHOWN]!r} is not in [{kind}]: {hint}"
        )


def _light(entry: LightEntry) -> LightPattern:
    return LightPattern(entry.colour, entry.on_s, entry.off_s)


def _sound(entry: SoundEntry) -> tuple[Beep, ...]:
    return (Beep(entry.frequency_hz, entry.on_s, entry.off_s),) * entry.times


def _haptic(entry: HapticEntry) -> tuple[Pulse, ...]:
    return (Pulse(entry.on_s, entry.off_s),) * entry.times
