"""A real recorder on real time, without the agent around it: what a wearer does, as a script.

Used by tests that measure finished files.
"""

import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bwv_device.configuration.model import Configuration
from bwv_device.evidence.records import Clip, EndReason
from bwv_device.evidence.store import Store
from bwv_device.media.interpreter import SWITCH_INTERVAL_S
from bwv_device.media.messages import Capturing, RecordingClosed, Report
from bwv_device.media.recorder import Recorder
from bwv_device.media.sources import Sources
from hal import registry
from hal.interfaces.clock import NS_PER_S, Clock
from tests.support.signing_keys import the_signer

ReportT = TypeVar("ReportT", bound=Report)
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Source:
    """A driver with its options."""

    driver: str
    options: Mapping[str, object] = field(default_factory=dict)


SCENE = Source("scene")


@dataclass
class RealRecorder:
    """A recorder at work; times are those of the machine's monotonic clock."""

    store: Store
    clock: Clock
    recorder: Recorder
    reports: list[Report]
    changed: threading.Condition

    def until_reported(self, kind: type[ReportT], count: int = 1) -> None:
        """Wait for so many reports of a kind."""

        def are_there() -> bool:
            return sum(isinstance(report, kind) for report in self.reports) >= count

        with self.changed:
            assert self.changed.wait_for(are_there, PATIENCE_S), f"in vain: {kind.__name__}"

    def reports_of(self, kind: type[ReportT]) -> list[ReportT]:
        """Those of that kind so far."""
        with self.changed:
            return [report for report in self.reports if isinstance(report, kind)]

    def begin(self) -> int:
        """A trigger now; its instant."""
        now_ns = self.clock.monotonic_ns()
        self.recorder.begin(now_ns, "Button")
        return now_ns

    def end(self) -> int:
        """A stop now; its instant."""
        now_ns = self.clock.monotonic_ns()
        self.recorder.end(now_ns, "Button", EndReason.STOP)
        return now_ns

    def record_s(self, seconds: float) -> float:
        """A whole recording; the seconds from trigger to stop, as they were."""
        began_ns = self.begin()
        self.clock.sleep_s(seconds)
        return (self.end() - began_ns) / NS_PER_S


@dataclass(frozen=True)
class Finished:
    """A clip of a recording that is over."""

    path: Path
    clip: Clip
    seconds: float
    """From trigger to stop."""


@contextmanager
def real_recorder(
    folder: Path,
    configuration: Configuration,
    camera: Source = SCENE,
    microphone: Source = SCENE,
    *,
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
) -> Iterator[RealRecorder]:
    """A recorder that captures, with a store in `folder`; closed behind it. Of `configuration`
    the sources are not looked at."""
    clock = registry.open_clock()
    store = Store.open(folder)
    reports: list[Report] = []
    changed = threading.Condition()

    def heard(report: Report) -> None:
        with changed:
            reports.append(report)
            changed.notify_all()

    recorder = Recorder(
        configuration,
        clock,
        Sources(
            lambda: registry.open_camera(camera.driver, clock=clock, options=camera.options),
            lambda: registry.open_microphone(
                microphone.driver, clock=clock, options=microphone.options
            ),
        ),
        store,
        free_bytes,
        heard,
        open_signer=the_signer,
    )
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        recorder.start()
        recorder.arm()
        real = RealRecorder(store, clock, recorder, reports, changed)
        real.until_reported(Capturing)
        yield real
    finally:
        recorder.close(clock.monotonic_ns())
        sys.setswitchinterval(interval_s)
        store.close()


def finished(real: RealRecorder, seconds: list[float]) -> list[Finished]:
    """The one clip of each recording, once all are closed."""
    real.until_reported(RecordingClosed, len(seconds))
    clips = real.store.journal.clips()
    assert len(clips) == len(seconds), "one clip a recording"
    return [
        Finished(real.store.path(clip), clip, length_s)
        for clip, length_s in zip(clips, seconds, strict=True)
    ]
