"""The house's own rules for its modules, as far as a program can check them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
ROOMS = ("bwv_device", "dock_server", "firmware_sim", "hal")
MOST_LINES = 400
MOST_FUNCTION_LINES = 60
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TEXTS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *(
        path
        for place in (*ROOMS, "config", "docs", "requirements", "scripts", "tests", ".ci")
        for path in sorted((ROOT / place).rglob("*"))
        if path.suffix in {".py", ".md", ".toml", ".sh", ".html", ".js", ".css", ".lock", ".in", ""}
        and path.is_file()
        and "__pycache__" not in path.parts
    ),
]

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def public(tree: ast.Module) -> Iterator[Definition]:
    """Classes and functions of the module that other modules may use."""
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node


def test_every_module_is_small() -> None:
    sizes = {relative(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert sizes
    assert not {path: size for path, size in sizes.items() if size > MOST_LINES}


def test_every_module_says_what_it_is() -> None:
    assert not [relative(path) for path in MODULES if not ast.get_docstring(parsed(path))]


def test_everything_public_says_what_it_is() -> None:
    silent = [
        f"{relative(path)}: {node.name}"
        for path in MODULES
        for node in public(parsed(path))
        if not ast.get_docstring(node)
    ]
    assert not silent


def test_every_function_is_short() -> None:
    long = [
        f"{relative(path)}: {node.name}"
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= MOST_FUNCTION_LINES
    ]
    assert not long


def test_no_file_names_a_place_on_one_machine() -> None:
    place = re.compile(r"(?<![\w.~}/])/(work|root|home)/\w+")
    named = {relative(path): place.findall(path.read_text("utf-8")) for path in TEXTS}
    assert named
    assert not {path: found for path, found in named.items() if found}
