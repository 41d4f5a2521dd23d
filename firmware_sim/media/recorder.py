"""The recorder of a simulated camera: the real keeper, called in the order of virtual time.

Who uses it: the simulated camera, in the place of the recorder's threads. What the keeper reports
reaches the listener behind what is being done at that instant.
"""

from collections.abc import Callable
from pathlib import Path

from bwv_device.configuration.model import Configuration
from bwv_device.evidence.records import EndReason
from bwv_device.evidence.store import Store
from bwv_device.media import messages
from bwv_device.media.keeper import Keeper, Surroundings
from bwv_device.media.messages import KeeperMessage, Report
from bwv_device.media.packets import EncodedPacket
from firmware_sim.media.footage import Footage
from firmware_sim.media.source import Source
from firmware_sim.world import World
from hal.interfaces.locator import Fix

DELIVER_EVERY_S = 1.0
"""A group of pictures; what is asked of the keeper in between has the packets before it anyway."""


class SimulatedRecorder:
    """A `RecorderPort`; no call waits."""

    def __init__(
        self,
        configuration: Configuration,
        world: World,
        store: Store,
        footage: Footage,
        free_bytes: Callable[[Path], int],
        listener: Callable[[Report], None],
    ) -> None:
        self._configuration, self._world, self._footage = configuration, world, footage
        self._listener = listener
        self._source: Source | None = None
        self._is_dead = self._has_given = False
        around = Surroundings(
            clock=world.clock,
            store=store,
            free_bytes=free_bytes,
            report=self._report,
            time_zone="UTC",
        )
        self._keeper = Keeper(configuration, around)

    def start(self) -> None:
        self._report(messages.RecorderReady())

    def arm(self) -> None:
        if self._source is None:
            self._open()

    def disarm(self, at_ns: int) -> None:
        """Sources are closed at `at_ns`, or now where that is over."""
        self._world.at(max(at_ns, self._world.now_ns), self._close_source)

    def begin(self, trigger_ns: int, reason: str) -> None:
        self._tell(messages.Begin(trigger_ns, reason))
        self.arm()

    def end(self, stop_ns: int, reason: str, end_reason: EndReason) -> None:
        self._tell(messages.End(stop_ns, reason, end_reason))

    def mark(self, at_ns: int) -> None:
        self._tell(messages.Mark(at_ns))

    def locate(self, fix: Fix) -> None:
        self._tell(messages.Locate(fix))

    def probe(self) -> None:
        self._report(messages.CaptureReturned())

    def close(self, at_ns: int) -> None:
        """Every clip is closed whole."""
        del at_ns  # the world is there already
        self._close_source()
        self._keeper.close()
        self._is_dead = True

    def cut_power(self) -> None:
        """Nothing more is done, and nobody is told; what had come by now was written by now."""
        self._deliver()
        self._keeper.cut_power()
        self._source, self._is_dead = None, True

    def _open(self) -> None:
        now_ns, footage = self._world.now_ns, self._footage
        self._has_given = False
        self._source = Source(footage, self._configuration.sound.rate_hz, now_ns, self._give)
        self._keeper.handle(
            messages.SourceOpened(footage.templates, footage.silence, footage.frame_ns, now_ns)
        )
        self._deliver_again(self._source)

    def _deliver_again(self, source: Source) -> None:
        """As long as this source is open, each second."""
        if source is self._source and not self._is_dead:
            self._deliver()
            self._world.after(DELIVER_EVERY_S, lambda: self._deliver_again(source))

    def _deliver(self) -> None:
        if self._source is None:
            return
        self._source.deliver_until(self._world.now_ns)
        self._keeper.follow()

    def _give(self, packet: EncodedPacket) -> None:
        self._keeper.handle(packet)
        if not self._has_given:
            self._has_given = True
            mode = self._footage.mode
            self._report(
                messages.Capturing(
                    packet.time_ns, mode.width_px, mode.height_px, float(mode.rate_hz)
                )
            )

    def _close_source(self) -> None:
        if self._source is None or self._is_dead:
            return
        self._deliver()
        self._source = None
        self._keeper.handle(messages.SourceClosed(None))

    def _tell(self, message: KeeperMessage) -> None:
        self._deliver()
        self._keeper.handle(message)

    def _report(self, report: Report) -> None:
        self._world.soon(lambda: self._listener(report))
