"""The shape of a scenario, version 1; its JSON Schema is made from it.

Who uses it: the reader. Every key is documented here and nowhere else.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from firmware_sim.scenario.times import duration_ns

Time = Annotated[int, BeforeValidator(duration_ns)]
"""Nanoseconds since the scenario began, written as `firmware_sim.scenario.times` reads them."""

ACTS = (
    "power_on",
    "power_off",
    "cut_power",
    "press",
    "double_press",
    "hold",
    "dock",
    "undock",
    "set_battery",
)


class Shape(BaseModel):
    """Nothing unknown is taken, and nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(Shape):
    """One thing that happens."""

    at: Time = Field(description="When, since the scenario began.")
    do: Literal[ACTS] = Field(description="What the wearer, the dock or the world does.")  # type: ignore[valid-type]
    value: float | None = Field(
        default=None,
        description="`hold`: seconds; `set_battery`: charge from 0 to 1; no other act has one.",
    )

    @model_validator(mode="after")
    def _has_its_value(self) -> "Step":
        if (self.do in VALUED) != (self.value is not None):
            needs = "needs a `value`" if self.do in VALUED else "has no `value`"
            raise ValueError(f"`{self.do}` {needs}")
        return self


VALUED = ("hold", "set_battery")


class Look(Shape):
    """Something that must be true at an instant, or within some time of it."""

    at: Time = Field(description="From when on.")
    within: Time = Field(default=0, description="It may become true up to so much later.")
    expect: str = Field(description="A statement, such as `red_light on` or `state recording`.")


class Scenario(Shape):
    """One incident, and what must have come of it."""

    scenario: Literal[1] = Field(description="The version of this form.")
    title: str = Field(description="What happens, in one line.")
    source: str = Field(description="The incident or the rule that it follows.")
    ends: Time = Field(description="When the world ends.")
    camera: dict[str, Any] = Field(
        default_factory=dict, description="Keys of the camera's configuration, by section."
    )
    server: bool = Field(
        default=False, description="Whether a real dock server runs beside it, for its camera."
    )
    steps: tuple[Step, ...] = Field(description="What happens, in any order.")
    looks: tuple[Look, ...] = Field(default=(), description="What must be true at an instant.")
    in_the_end: tuple[str, ...] = Field(
        default=(), description="Statements about the whole, such as `recordings == 2`."
    )

    @model_validator(mode="after")
    def _lies_within(self) -> "Scenario":
        if any(at_ns > self.ends for at_ns in self._instants()):
            raise ValueError("something is to happen, or to be looked at, behind `ends`")
        if not (self.looks or self.in_the_end):
            raise ValueError("nothing is expected: a scenario that can't fail proves nothing")
        return self

    def _instants(self) -> Iterator[int]:
        yield from (step.at for step in self.steps)
        yield from (look.at + look.within for look in self.looks)
