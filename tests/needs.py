"""What some tests need of the system beyond Python: named, with the command that installs it.

Used by `scripts/test`, which prints what is missing (`python -m tests.needs`), and by tests:
`@pytest.mark.needs("ffmpeg")`, or `need("ffmpeg")` inside one. A test that lacks what it needs is
skipped with the reason. Where nothing may be skipped (CI=true or BWV_NO_SKIP=1) it fails instead,
as does any other skip; only `no_hardware` skips everywhere.
"""

import ctypes.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

HARDWARE = "no such hardware here: "


def softhsm_module() -> Path | None:
    """The PKCS#11 module of SoftHSM, where its package puts it; None without its tools."""
    if shutil.which("softhsm2-util") is None:
        return None
    places = sorted(Path("/usr/lib").glob("**/softhsm/libsofthsm2.so"))
    return places[0] if places else None


@dataclass(frozen=True)
class Need:
    """Something of the system, the Debian package that brings it, and how to see it."""

    package: str
    use: str
    found: Callable[[], object]


NEEDS = {
    "chromium": Need("chromium", "opens the server's page", lambda: shutil.which("chromium")),
    "chromedriver": Need(
        "chromium-driver", "steers the browser", lambda: shutil.which("chromedriver")
    ),
    "ffmpeg": Need("ffmpeg", "compares finished clips", lambda: shutil.which("ffmpeg")),
    "ffprobe": Need("ffmpeg", "compares finished clips", lambda: shutil.which("ffprobe")),
    "openssl": Need("openssl", "makes certificates", lambda: shutil.which("openssl")),
    "softhsm2": Need("softhsm2", "is a token for keys", lambda: softhsm_module()),
    "portaudio": Need(
        "libportaudio2", "opens sound cards", lambda: ctypes.util.find_library("portaudio")
    ),
}


@cache
def is_there(name: str) -> bool:
    """Whether the need called `name` is met. Raises `KeyError` for a name that is no need."""
    return bool(NEEDS[name].found())


def need(*names: str) -> None:
    """Skip the running test, or fail it where nothing may be skipped, unless all are there."""
    missing = [name for name in names if not is_there(name)]
    if missing:
        pytest.skip(f"{', '.join(missing)} missing: {install_command(missing)}")


def no_hardware(what: str) -> NoReturn:
    """Skip the running test because this machine has no such device; allowed everywhere."""
    pytest.skip(HARDWARE + what)


def may_skip() -> bool:
    """False where a skip is a failure."""
    return os.environ.get("CI") != "true" and os.environ.get("BWV_NO_SKIP") != "1"


def install_command(names: list[str]) -> str:
    """The command that brings what `names` need."""
    packages = sorted({NEEDS[name].package for name in names})
    return f"sudo apt install {' '.join(packages)}"


def main() -> int:
    """Say what is missing; never a failure, the tests decide."""
    missing = [name for name in NEEDS if not is_there(name)]
    for name in missing:
        print(
            f"missing: {name} ({NEEDS[name].use}); tests that need it will "
            f"{'be skipped' if may_skip() else 'fail'}"
        )
    if missing:
        print(f"install: {install_command(missing)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
