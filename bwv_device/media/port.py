"""What the agent asks of a recorder, wherever that runs.

Who uses it: the agent. `Recorder` is one in the same process, for tests and the simulator;
`MediaProcess` is one in a process of its own, which is what a camera has.
"""

from typing import Protocol

from bwv_device.evidence.records import EndReason
from hal.interfaces.locator import Fix


class RecorderPort(Protocol):
    """None of these calls waits for the disk or the camera, but `close`."""

    def start(self) -> None:
        """Begin, and report `RecorderReady` once commands are taken, or `CaptureFailed` when
        that can't be had. Nothing is captured yet."""

    def arm(self) -> None:
        """Capture into the ring; nothing changes when it does so already."""

    def disarm(self, at_ns: int) -> None:
        """Capture up to `at_ns` (monotonic), then close camera and microphone."""

    def begin(self, trigger_ns: int, reason: str) -> None:
        """Record from what the ring holds before `trigger_ns` on."""

    def end(self, stop_ns: int, reason: str, end_reason: EndReason) -> None:
        """Stop recording at `stop_ns`."""

    def mark(self, at_ns: int) -> None:
        """Set a bookmark."""

    def locate(self, fix: Fix) -> None:
        """Add a position to the track of what is being recorded."""

    def probe(self) -> None:
        """Try a camera that had failed; reports `CaptureReturned` or `CaptureFailed`."""

    def close(self, at_ns: int) -> None:
        """Stop capturing at `at_ns`, close every clip whole, and end. Blocks."""
