"""`bwv verify`: says what a clip proves. See docs/design/verification.md."""

from bwv_device.cli.verify.command import COMMAND

__all__ = ["COMMAND"]
