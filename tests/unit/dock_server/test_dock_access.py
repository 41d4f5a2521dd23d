"""The table of what a device may do: everything that is not in it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bwv_device.protocol.names import RECEIPT_OBJECT
from dock_server import access
from dock_server.errors import ForbiddenError
from dock_server.principals import Account, Device
from dock_server.target import Level, Target
from tests.destination.wire import CLIP, CONTAINER, SERIAL, USER

ME, OTHER = Device(SERIAL), Device("BWV-0002")
REJECTED = "RejectedContent_20231114T221320Z_0b9f4f0e-6f0a-4e6f-9a51-3f1f1a2f7c12"
SYSTEM_ID = "0b9f4f0e-6f0a-4e6f-9a51-3f1f1a2f7c13"
LEDGER = f"Ledger_{SERIAL}_0123456789abcdef"
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "COPY", "TRACE")
TARGETS = [
    Target(Level.ACCOUNT),
    *(Target(Level.CONTAINER, one) for one in ("System", "Users", "Devices", CONTAINER, REJECTED)),
    Target(Level.CONTAINER, LEDGER),
    Target(Level.OBJECT, LEDGER, "ledger_00000001.jsonl"),
    Target(Level.OBJECT, "System", "LedgerHead.json"),
    Target(Level.OBJECT, "System", "Capabilities.json"),
    Target(Level.OBJECT, "System", SYSTEM_ID),
    Target(Level.OBJECT, "Users", USER),
    Target(Level.OBJECT, "Devices", SERIAL),
    Target(Level.OBJECT, CONTAINER, CLIP),
    Target(Level.OBJECT, CONTAINER, "20231114_221320_7CF7.key"),
    Target(Level.OBJECT, CONTAINER, RECEIPT_OBJECT),
    Target(Level.OBJECT, REJECTED, CLIP),
    Target(Level.OBJECT, REJECTED, RECEIPT_OBJECT),
]
MINE = {
    "account": "",
    "System": "PUT",
    "Users": "PUT",
    "Devices": "PUT",
    CONTAINER: "HEAD OPTIONS POST PUT",
    REJECTED: "HEAD OPTIONS POST PUT",
    LEDGER: "HEAD PUT",
    f"{LEDGER}/ledger_00000001.jsonl": "HEAD PUT",
    "System/LedgerHead.json": "GET HEAD",
    "System/Capabilities.json": "GET HEAD",
    f"System/{SYSTEM_ID}": "HEAD PUT",
    f"Users/{USER}": "HEAD PUT",
    f"Devices/{SERIAL}": "HEAD PUT",
    f"{CONTAINER}/{CLIP}": "HEAD OPTIONS POST PUT",
    f"{CONTAINER}/20231114_221320_7CF7.key": "HEAD OPTIONS POST PUT",
    f"{CONTAINER}/{RECEIPT_OBJECT}": "GET HEAD",
    f"{REJECTED}/{RECEIPT_OBJECT}": "GET HEAD",
    f"{REJECTED}/{CLIP}": "HEAD OPTIONS POST PUT",
}


def may(device: Device | Account, method: str, target: Target) -> bool:
    try:
        access.check(device, method, target)
    except ForbiddenError:
        return False
    return True


def name(target: Target) -> str:
    return "/".join(part for part in (target.container, target.name) if part) or "account"


def test_the_table_is_the_one_of_the_design() -> None:
    found = {
        name(target): " ".join(sorted(m for m in METHODS if may(ME, m, target)))
        for target in TARGETS
    }
    assert found == MINE


def test_the_account_may_do_what_the_interface_says() -> None:
    assert all(may(Account(), method, target) for method in METHODS for target in TARGETS)


@given(st.sampled_from(METHODS), st.sampled_from(TARGETS))
def test_another_device_may_touch_nothing_that_carries_my_serial_number(
    method: str, target: Target
) -> None:
    if SERIAL in name(target):
        assert not may(OTHER, method, target)


@given(st.from_regex(r"[A-Za-z0-9-]{1,32}", fullmatch=True), st.sampled_from(METHODS))
def test_a_serial_number_that_contains_mine_is_not_mine(serial: str, method: str) -> None:
    container = f"{USER}_{serial}_20231114T221320Z"
    own = may(Device(serial), method, Target(Level.CONTAINER, container))
    assert own is (method in ("HEAD", "OPTIONS", "POST", "PUT"))
    for other in (serial + "x", serial[:-1], serial.swapcase()):
        if other != serial:
            assert not may(Device(other), method, Target(Level.CONTAINER, container))


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(METHODS))
def test_a_name_of_no_kind_is_nobodys(container: str, object_name: str, method: str) -> None:
    target = Target(Level.OBJECT, f"x{container}", object_name)
    assert not may(ME, method, target)


@pytest.mark.parametrize(
    ("descriptions", "mine"),
    [
        ((), False),
        (({},), False),
        (({"BWCSerialNumber": SERIAL},), True),
        (({"BWCSerialNumber": SERIAL}, {}), True),
        (({"BWCSerialNumber": SERIAL}, {"BWCSerialNumber": "BWV-0002"}), False),
        (({"BWCSerialNumber": "BWV-0002"}, {"BWCSerialNumber": SERIAL}), False),
        (({"BWCSerialNumber": ""},), False),
    ],
)
def test_rejected_content_is_whose_description_says_so(
    descriptions: tuple[dict[str, str], ...], mine: bool
) -> None:
    if mine:
        access.check_owner(ME, *descriptions)
        return
    with pytest.raises(ForbiddenError):
        access.check_owner(ME, *descriptions)
