"""Checks of the values that drivers are given; the constructors of the drivers use them."""

from hal.errors import DriverOptionError


def require(holds: bool, option: str, value: object, wanted: str) -> None:
    """Raises `DriverOptionError` that names option, value and what is wanted, unless `holds`."""
    if not holds:
        raise DriverOptionError(f"option {option} = {value!r}: it has to be {wanted}")


def require_positive(option: str, value: float) -> None:
    """Raises `DriverOptionError` unless `value` is above 0."""
    require(value > 0, option, value, "above 0")
