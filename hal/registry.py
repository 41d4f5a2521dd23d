"""Finds a driver by the name that the configuration gives, checks its options and makes it.

Who uses it: the agent, the simulator, `bwv doctor`. It knows drivers only as rows of
`hal.driver_table`, so that nobody imports a driver, or its library, that is not asked for.
Making a part opens nothing of the machine.
"""

import difflib
import importlib
import inspect
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from hal.driver_table import DRIVERS, DriverRow, Library, PartKind
from hal.errors import DriverOptionError, DriverUnavailableError, DriverUnknownError
from hal.interfaces.battery import Battery
from hal.interfaces.button import Button
from hal.interfaces.camera import Camera
from hal.interfaces.clock import Clock
from hal.interfaces.display import Display
from hal.interfaces.dock_contact import DockContact
from hal.interfaces.haptic import Haptic
from hal.interfaces.light import Light
from hal.interfaces.locator import Locator
from hal.interfaces.memory import Memory
from hal.interfaces.microphone import Microphone
from hal.interfaces.sounder import Sounder
from hal.interfaces.storage_space import StorageSpace

Options = Mapping[str, object]
_NO_OPTIONS: Options = {}


def drivers(part: str | None = None) -> tuple[DriverRow, ...]:
    """The rows of `part`, or of every part; planned ones included.

    Raises `DriverUnknownError` when there is no such part.
    """
    if part is None:
        return DRIVERS
    kind = _kind(part)
    return tuple(row for row in DRIVERS if row.part is kind)


def find(part: str, name: str) -> DriverRow:
    """The row of the driver called `name`. Raises `DriverUnknownError` with the names that
    exist when there is none, `DriverUnavailableError` when it is only planned."""
    rows = drivers(part)
    row = next((row for row in rows if row.name == name), None)
    ready = ", ".join(row.name for row in rows if not row.planned)
    if row is None:
        raise DriverUnknownError(f"there is no {part} driver {name!r}; there are: {ready}")
    if row.planned:
        raise DriverUnavailableError(
            f"the {part} driver {name!r} ({row.summary}) is planned and not written yet;"
            f" there are: {ready}"
        )
    return row


def is_available(row: DriverRow) -> str | None:
    """None when the driver can be made here, else what is missing and what to do about it."""
    if row.planned:
        return "planned, not written yet"
    try:
        _load(row)
    except DriverUnavailableError as error:
        return str(error)
    return None


def options_of(row: DriverRow) -> dict[str, str]:
    """The options of a driver, each with its type as text, for help pages.

    Raises `DriverUnavailableError` when its library is missing.
    """
    try:
        maker = _class_of(row)
    except (ImportError, OSError):
        maker = _load(row)  # which says what is missing
    return {
        name: inspect.formatannotation(parameter.annotation)
        for name, parameter in _option_parameters(maker).items()
    }


def open_part(
    part: str, name: str, *, clock: Clock | None, options: Options = _NO_OPTIONS
) -> object:
    """Make the driver `name` of `part`; the typed functions below are for callers.

    Raises `DriverUnknownError`, `DriverUnavailableError` (what to install), or
    `DriverOptionError` (an option that it does not know, lacks or can't take).
    """
    row = find(part, name)
    maker = _load(row)
    arguments = _checked(row, maker, options)
    if "clock" in inspect.signature(maker).parameters:
        return maker(clock, **arguments)
    return maker(**arguments)


def open_clock(name: str = "system", options: Options = _NO_OPTIONS) -> Clock:
    """A clock by name; the one part that needs no other clock."""
    return cast(Clock, open_part(PartKind.CLOCK, name, clock=None, options=options))


def open_camera(name: str, *, clock: Clock, options: Options = _NO_OPTIONS) -> Camera:
    """A camera by name; errors as `open_part`."""
    return cast(Camera, open_part(PartKind.CAMERA, name, clock=clock, options=options))


def open_microphone(name: str, *, clock: Clock, options: Options = _NO_OPTIONS) -> Microphone:
    """A microphone by name; errors as `open_part`."""
    return cast(Microphone, open_part(PartKind.MICROPHONE, name, clock=clock, options=options))


def open_light(name: str, *, clock: Clock, options: Options = _NO_OPTIONS) -> Light:
    """A light by name; errors as `open_part`."""
    return cast(Light, open_part(PartKind.LIGHT, name, clock=clock, options=options))


def open_sounder(name: str, *, clock: Clock, options: Options = _NO_OPTIONS) -> Sounder:
    """A sounder by name; errors as `open_part`."""
    return cast(Sounder, open_part(PartKind.SOUNDER, name, clock=clock, options=options))


def open_haptic(name: str, *, clock: Clock, options: Options = _NO_OPTIONS) -> Haptic:
    """A vibration motor by name; errors as `open_part`."""
    return cast(Haptic, open_part(PartKind.HAPTIC, name, clock=clock, options=options))


def open_button(name: str, *, clock: Clock, options: Options = _NO_OPTIONS) -> Button:
    """A button by name; errors as `open_part`."""
    return cast(Button, open_part(PartKind.BUTTON, name, clock=clock, options=options))


def open_display(name: str, *, clock: Clock, options: Options = _NO_OPTIONS) -> Display:
    """A screen by name; errors as `open_part`."""
    return cast(Display, open_part(PartKind.DISPLAY, name, clock=clock, options=options))


def open_battery(name: str, *, clock: Clock, options: Options = _NO_OPTIONS) -> Battery:
    """A battery gauge by name; errors as `open_part`."""
    return cast(Battery, open_part(PartKind.BATTERY, name, clock=clock, options=options))


def open_locator(name: str, *, clock: Clock, options: Options = _NO_OPTIONS) -> Locator:
    """A satellite receiver by name; errors as `open_part`."""
    return cast(Locator, open_part(PartKind.LOCATOR, name, clock=clock, options=options))


def open_dock_contact(name: str, *, clock: Clock, options: Options = _NO_OPTIONS) -> DockContact:
    """A dock contact by name; errors as `open_part`."""
    return cast(DockContact, open_part(PartKind.DOCK_CONTACT, name, clock=clock, options=options))


def open_storage_space(name: str, *, clock: Clock, options: Options = _NO_OPTIONS) -> StorageSpace:
    """A space gauge by name; errors as `open_part`."""
    return cast(StorageSpace, open_part(PartKind.STORAGE_SPACE, name, clock=clock, options=options))


def open_memory(name: str, *, clock: Clock, options: Options = _NO_OPTIONS) -> Memory:
    """A memory gauge by name; errors as `open_part`."""
    return cast(Memory, open_part(PartKind.MEMORY, name, clock=clock, options=options))


def _kind(part: str) -> PartKind:
    try:
        return PartKind(part)
    except ValueError as error:
        raise DriverUnknownError(
            f"there is no part {part!r}; there are: {', '.join(PartKind)}"
        ) from error


def _load(row: DriverRow) -> Callable[..., object]:
    """The driver's class. Its libraries first, so that a missing one is named as such."""
    for library in row.needs:
        _import_library(row, library)
    return _class_of(row)


def _class_of(row: DriverRow) -> Callable[..., object]:
    """Without a look at its libraries; some drivers import theirs at the start only."""
    module, _, name = cast(str, row.target).partition(":")
    return cast(Callable[..., object], getattr(importlib.import_module(module), name))


def _import_library(row: DriverRow, library: Library) -> None:
    try:
        importlib.import_module(library.module)
    except ImportError as error:
        raise _unavailable(row, library.module, library.install, error) from error
    except OSError as error:
        install = library.system_install or library.install
        raise _unavailable(
            row, f"the system library of {library.module}", install, error
        ) from error


def _unavailable(
    row: DriverRow, missing: str, install: str, error: Exception
) -> DriverUnavailableError:
    return DriverUnavailableError(
        f"the {row.part} driver {row.name!r} needs {missing} ({error}); install it: {install}"
    )


def _option_parameters(maker: Callable[..., object]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(maker).parameters
    return {name: p for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY}


def _checked(row: DriverRow, maker: Callable[..., Any], options: Options) -> dict[str, object]:
    """`options` as the types that the constructor declares."""
    known = _option_parameters(maker)
    for name in options:
        if name not in known:
            raise DriverOptionError(_unknown_option(row, name, tuple(known)))
    for name, parameter in known.items():
        if parameter.default is parameter.empty and name not in options:
            raise DriverOptionError(f"the {row.part} driver {row.name!r} needs the option {name}")
    types = typing.get_type_hints(maker.__init__)
    return {name: _as_type(row, name, types[name], value) for name, value in options.items()}


def _unknown_option(row: DriverRow, name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    guess = f", did you mean {near[0]}?" if near else "."
    names = ", ".join(known) or "none"
    return f"the {row.part} driver {row.name!r} has no option {name!r}{guess} It has: {names}"


def _as_type(row: DriverRow, name: str, wanted: Any, value: object) -> object:
    try:
        taken = TypeAdapter(wanted).validate_python(value)
    except ValidationError as error:
        trouble = error.errors()[0]["msg"]
        raise DriverOptionError(
            f"option {name} = {value!r} of the {row.part} driver {row.name!r}: {trouble}"
        ) from error
    # In a configuration `~/` stands for the home folder; here is the one place that knows paths.
    return taken.expanduser() if isinstance(taken, Path) else taken
