"""`bwv export`: a court pack of clips. See docs/design/verification.md."""

from bwv_device.cli.export.command import COMMAND

__all__ = ["COMMAND"]
