"""The public conformity suite for resumable uploads, run against our server.

Used by `scripts/soak dock`. The suite is not ours and is not kept here: `BWV_RUFH_SUITE` names the
folder with its `rufh_conformity_test.py` and `conftest.py`, from `scripts/` of the repository
tomdesair/tus-java-server. It is run twice: as it comes, and stating the draft's interop version,
without which our server sends no interim answer.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.bench.report import Row
from tests.bench.settings import Settings
from tests.destination.process import ServerProcess
from tests.destination.wire import CONTAINER
from tests.support import rufh_adapter
from tests.support.swift import ROOT

SUITE_VARIABLE = "BWV_RUFH_SUITE"
TESTS_AT_LEAST = 51
"""Tests of the suite of draft -12. A suite that runs fewer would pass without saying much: run as
a plain script, it runs none and reports success."""


@dataclass(frozen=True)
class Outcome:
    """What a run of the suite came to."""

    tests: int
    failed: int
    skipped: int
    interim: int
    """Tests in which an interim answer was seen."""

    @property
    def passed(self) -> int:
        return self.tests - self.failed - self.skipped


def rows(settings: Settings) -> list[Row]:  # noqa: ARG001 - the suite has its own size
    """The suite's counts, as it comes and with interim answers."""
    with tempfile.TemporaryDirectory(prefix="bwv-rufh-") as folder:
        server = ServerProcess(Path(folder) / "server")
        try:
            plain = run(server, Path(folder), interim=False)
            told = run(server, Path(folder), interim=True)
        finally:
            server.stop()
    return [*_rows("conformity suite", plain), *_rows("conformity suite with 104", told)]


def run(server: ServerProcess, folder: Path, *, interim: bool) -> Outcome:
    """One run; raises `RuntimeError` when the suite could not be run at all."""
    suite = suite_folder()
    wire = server.wire()
    if wire.head(CONTAINER).status == 404:
        wire.open_recording()
    report, seen = folder / "report.xml", folder / "seen.json"
    environment = os.environ | {
        rufh_adapter.TOKEN_VARIABLE: wire.token,
        rufh_adapter.SEEN_VARIABLE: str(seen),
        rufh_adapter.INTERIM_VARIABLE: "1" if interim else "",
        "PYTHONPATH": str(ROOT),
    }
    url = f"{server.url.rstrip('/')}{wire.path(CONTAINER, f'suite-{interim:d}')}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.support.rufh_adapter",
               "-p", "no:cacheprovider", f"--junitxml={report}", "--url", url,
               "--rootdir", str(suite), str(suite / "rufh_conformity_test.py")]  # fmt: skip
    ended = subprocess.run(command, cwd=suite, env=environment, stdout=sys.stderr, check=False)
    if not report.is_file() or not seen.is_file():
        raise RuntimeError(f"the suite in {suite} did not run (exit code {ended.returncode})")
    return _outcome(report, seen)


def suite_folder() -> Path:
    """Where the suite lies; raises `RuntimeError` that says how to get it."""
    folder = Path(os.environ.get(SUITE_VARIABLE, ROOT.parent / "shared" / "rufh"))
    if not (folder / "rufh_conformity_test.py").is_file():
        raise RuntimeError(
            f"no rufh_conformity_test.py in {folder}: get it with its conftest.py from scripts/ of "
            f"the repository tomdesair/tus-java-server, and name the folder by {SUITE_VARIABLE}"
        )
    return folder


def _outcome(report: Path, seen: Path) -> Outcome:
    suites = list(ElementTree.parse(report).getroot().iter("testsuite"))

    def total(name: str) -> int:
        return sum(int(suite.get(name, "0")) for suite in suites)

    interim = len(json.loads(seen.read_text(encoding="utf-8")))
    return Outcome(total("tests"), total("failures") + total("errors"), total("skipped"), interim)


def _rows(name: str, found: Outcome) -> list[Row]:
    return [
        Row(f"{name}: tests run", found.tests, limit=TESTS_AT_LEAST,
            ok=found.tests >= TESTS_AT_LEAST),
        Row(f"{name}: tests passed", found.passed),
        Row(f"{name}: tests skipped, for limits that we do not have", found.skipped),
        Row(f"{name}: tests failed", found.failed, limit=0, ok=found.failed == 0),
        Row(f"{name}: tests that saw an interim answer", found.interim),
    ]  # fmt: skip
