"""A fake destination that gives receipts, and a camera that knows who signs them."""

import base64

from bwv_device.protocol.capabilities import ALL_CAPABILITIES, OURS, Capabilities
from bwv_device.protocol.roles import DestinationRole
from tests.support.docking_camera import Rig
from tests.support.signing_keys import make_signer, the_root
from tests.unit.dock.fake_destination import FakeDestination, FakeReceipts

DESTINATION = DestinationRole("Fake")


def anchored(rig: Rig, *roots_pem: str) -> None:
    """Give the camera a connection file that names these anchors of receipts."""
    texts = [base64.b64encode(pem.encode()).decode() for pem in roots_pem]
    rig.connection = rig.make_connection(receipt_certificate=texts)


def give_receipts(rig: Rig, fake: FakeDestination) -> FakeReceipts:
    """Let the destination give receipts, and the camera know its anchor."""
    fake.capabilities = Capabilities(ALL_CAPABILITIES.supported | OURS)
    fake.receipts = FakeReceipts(make_signer(the_root(), "Fake", DESTINATION))
    anchored(rig, the_root().pem)
    return fake.receipts
