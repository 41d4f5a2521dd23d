"""A keeper with a real store on a clock that stands still; packets and messages come by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bwv_device.configuration.keeping import Recording as SplitRule
from bwv_device.configuration.keeping import Storage
from bwv_device.configuration.media import PreRecord
from bwv_device.configuration.model import Configuration
from bwv_device.evidence.check import check
from bwv_device.evidence.records import Clip, EndReason
from bwv_device.evidence.store import Store
from bwv_device.media import messages
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.keeper import Keeper, Surroundings
from bwv_device.media.messages import KeeperMessage, Report, SourceClosed, SourceOpened
from bwv_device.media.signers import OpenSigner
from bwv_device.media.silence import Silence
from hal.drivers.clock.virtual import VirtualClock
from tests.unit.media.media_packets import S, Written, read_back

ReportT = TypeVar("ReportT", bound=Report)
NO_SPLIT_BYTES = 1 << 40


@dataclass(frozen=True)
class Rules:
    """The part of a configuration that the keeper goes by; may be smaller than one allows."""

    pre_record_s: float = 2.0
    ring_sound: bool = False
    byte_ceiling: int = 1 << 30
    split_after_s: float = 3600.0
    split_bytes: int = NO_SPLIT_BYTES

    def configuration(self, folder: Path) -> Configuration:
        """With the defaults for the rest."""
        return Configuration().model_copy(
            update={
                "pre_record": PreRecord.model_construct(
                    length_s=self.pre_record_s,
                    byte_ceiling=self.byte_ceiling,
                    sound=self.ring_sound,
                ),
                "recording": SplitRule.model_construct(
                    split_after_s=self.split_after_s, split_bytes=self.split_bytes
                ),
                "storage": Storage.model_construct(folder=folder, reserve_bytes=1_000_000),
            }
        )


@dataclass
class Rig:
    """The keeper and all around it."""

    store: Store
    templates: Templates
    silence: Silence
    rules: Rules = field(default_factory=Rules)
    free_bytes: Callable[[Path], int] = lambda _folder: 1 << 40
    reports: list[Report] = field(default_factory=list)
    clock: VirtualClock = field(default_factory=VirtualClock)
    open_signer: OpenSigner | None = None

    def __post_init__(self) -> None:
        around = Surroundings(
            self.clock,
            self.store,
            lambda folder: self.free_bytes(folder),
            self.reports.append,
            time_zone="UTC",
            open_signer=self.open_signer,
        )
        self.keeper = Keeper(self.rules.configuration(self.store.folder), around)

    def at(self, now_ns: int, message: KeeperMessage) -> None:
        """Let the keeper handle `message` at an instant that is not before the last one."""
        self.clock.advance_ns(max(0, now_ns - self.clock.monotonic_ns()))
        self.keeper.handle(message)

    def open_source(self, *, sound: bool = True, frame_ns: int = S // 10) -> None:
        templates = self.templates if sound else Templates(self.templates.video, None)
        now_ns = self.clock.monotonic_ns()
        self.keeper.handle(SourceOpened(templates, self.silence, frame_ns, now_ns))

    def close_source(self, failure: str | None = None, *, reopens: bool = False) -> None:
        self.keeper.handle(SourceClosed(failure, reopens))

    def feed(self, *packets: KeeperMessage) -> None:
        for packet in packets:
            self.keeper.handle(packet)

    def begin(self, trigger_ns: int, reason: str = "Button") -> None:
        self.at(trigger_ns, messages.Begin(trigger_ns, reason))

    def end(self, stop_ns: int, reason: EndReason = EndReason.STOP) -> None:
        self.at(stop_ns, messages.End(stop_ns, "Button", reason))

    def reported(self, kind: type[ReportT]) -> list[ReportT]:
        return [report for report in self.reports if isinstance(report, kind)]

    def clips(self, recording: int = 0) -> list[Clip]:
        """The clips of the n-th recording, in order."""
        return self.store.journal.clips(self.store.journal.recordings()[recording].id)

    def written(self, clip: Clip) -> list[Written]:
        return read_back(self.store.path(clip))

    def numbers(self, recording: int = 0, track: str = "video") -> list[int | None]:
        """The numbers in all clips of the n-th recording, clip after clip."""
        return [
            packet.number
            for clip in self.clips(recording)
            for packet in self.written(clip)
            if packet.track == track
        ]

    def findings(self) -> list[str]:
        """What `bwv check` says of the store."""
        return [
            f"{found.where}: {found.what}" for found in check(self.store.folder, self.store.journal)
        ]
