"""The scenarios that ship with the simulator.

Who uses it: `bwv sim`, and the test that runs them all.
"""

import difflib
from pathlib import Path

from firmware_sim.errors import ScenarioError

FOLDER = Path(__file__).parent / "scenarios"


def shipped() -> list[Path]:
    """Their files, by name."""
    return sorted(FOLDER.glob("*.yaml"))


def shipped_path(name: str) -> Path:
    """The file that `name` is, or the shipped scenario of that name. Raises `ScenarioError`."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.exists():
        return path
    known = {each.stem: each for each in shipped()}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    meant = f": did you mean {near[0]!r}?" if near else ": `bwv sim list` shows them"
    raise ScenarioError(f"there is no file and no shipped scenario {name!r}{meant}")
