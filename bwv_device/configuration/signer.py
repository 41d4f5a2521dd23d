"""Who signs for the camera that a configuration describes.

Who uses it: the media process for the pictures of clips, the agent for everything else.
"""

from typing import TYPE_CHECKING

from bwv_device.configuration.model import Configuration

if TYPE_CHECKING:
    from bwv_device.evidence.signer import Signer


def open_signer(configuration: Configuration) -> "Signer":
    """The signer as it is now: an enrolment or a renewal shows the next time. Some milliseconds,
    and more the first time in a process. Raises a `BwvError` when there is none to be had."""
    # Here and not above: signatures need a library that takes its time to import.
    from bwv_device.evidence.identity import load_or_create

    device = configuration.device
    return load_or_create(configuration.storage.folder, device.serial, device.model).signer
