"""When the battery is low and when it is at its end: the `[battery]` table."""

from typing import Self

from pydantic import Field, model_validator

from bwv_device.configuration.section import Section


class Battery(Section):
    """What the gauge's readings mean. A battery that is charging is never low."""

    low_left_s: float = Field(
        default=1200.0,
        ge=0,
        le=7200,
        description="Seconds left at which the battery is low: the wearer is warned.",
    )
    low_charge: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Charge (0 to 1) at which it is low, for gauges that know no time as well.",
    )
    empty_left_s: float = Field(
        default=120.0,
        ge=0,
        le=3600,
        description="Seconds left at which it is at its end: a recording is stopped, its clip is "
        "closed whole, and the camera switches itself off. Counts only where the charge is low "
        "too: no wrong guess of a time switches a full camera off.",
    )
    empty_charge: float = Field(
        default=0.03, ge=0, le=1, description="Charge (0 to 1) at which it is at its end."
    )
    alarm_interval_s: float = Field(
        default=20.0,
        ge=0,
        le=600,
        description="Seconds between two warnings while it is low; 0: only one.",
    )

    @model_validator(mode="after")
    def _warned_before_the_end(self) -> Self:
        if self.empty_left_s > self.low_left_s or self.empty_charge > self.low_charge:
            raise ValueError("empty_left_s and empty_charge must not be more than the low ones")
        return self
