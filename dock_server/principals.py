"""Who asks: a device that showed its certificate, or a client with the account's key.

Who uses it: tokens are given to one, `access` decides by it, the audit log names it.
"""

from dataclasses import dataclass


class Principal:
    """Somebody who was let in."""


@dataclass(frozen=True, slots=True)
class Account(Principal):
    """A client that knows the account's key: it may do what the API says."""

    def __str__(self) -> str:
        return "account"


@dataclass(frozen=True, slots=True)
class Device(Principal):
    """A camera that showed its certificate."""

    serial: str

    def __str__(self) -> str:
        return f"device {self.serial}"
