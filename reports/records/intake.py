"""What is known before a decision: answers and measured facts, each with its origin."""

from typing import Literal

from msgspec import Struct

Origin = Literal["asked", "probed", "flag", "default"]
Value = bool | int | float | str | None


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing known about the task, the data, the model or the machine."""

    name: str
    value: Value
    """None: not known, with the reason in `because`."""
    origin: Origin
    low: float | None = None
    """Lower end of a 90 % interval, for numbers that were measured or guessed."""
    high: float | None = None
    because: str = ""
    """Evidence: where the value comes from, or why it is unknown."""


class Intake(Struct, frozen=True, kw_only=True):
    """All facts a recommendation is made from, by name."""

    schema_version: int = 1
    facts: dict[str, Fact] = {}
