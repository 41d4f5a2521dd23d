"""What a certificate says its holder is: a device by serial number, or a destination by name.

Who uses it: whoever issues certificates writes these names, whoever relies on one reads them. The
name is a URI among the certificate's alternative names, so that a device's key can't stand for a
destination, though one authority issued both.
"""

from dataclasses import dataclass
from urllib.parse import quote, unquote

from bwv_device.protocol.errors import ProtocolError, shown
from bwv_device.protocol.names import check_serial

DEVICE_PREFIX = "urn:bwv:device:"
DESTINATION_PREFIX = "urn:bwv:destination:"


@dataclass(frozen=True, slots=True)
class DeviceRole:
    """A camera."""

    serial: str

    def __str__(self) -> str:
        return f"device {self.serial}"


@dataclass(frozen=True, slots=True)
class DestinationRole:
    """A content destination, by its site's name."""

    site_name: str

    def __str__(self) -> str:
        return f"destination {self.site_name}"


Role = DeviceRole | DestinationRole


def role_uri(role: Role) -> str:
    """The URI of a role; raises `ProtocolError` for a serial number that is none."""
    if isinstance(role, DeviceRole):
        return DEVICE_PREFIX + check_serial(role.serial)
    return DESTINATION_PREFIX + quote(role.site_name, safe="")


def parse_role_uri(uri: str) -> Role:
    """The role that a URI names; raises `ProtocolError` for any other URI."""
    if uri.startswith(DEVICE_PREFIX):
        return DeviceRole(check_serial(uri.removeprefix(DEVICE_PREFIX)))
    if uri.startswith(DESTINATION_PREFIX):
        return DestinationRole(unquote(uri.removeprefix(DESTINATION_PREFIX)))
    raise ProtocolError(f"{shown(uri)} names neither a device nor a destination")
