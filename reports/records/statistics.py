"""What statistics commands print: a plan of sample sizes, and a win rate."""

from typing import Literal

from msgspec import Struct

from reports.records.gates import Estimate

Quantity = Literal["win rate", "paired rates", "rate", "means"]


class GatePower(Struct, frozen=True, kw_only=True):
    """How likely one required gate passes a good candidate, and with how many prompts."""

    name: str
    title: str
    kind: Literal["superiority", "non-inferiority", "limit", "inform"]
    quantity: Quantity
    margin: float
    level: float
    assumes: str
    """The good candidate that power is computed for."""
    prompts: int
    power: float
    """At `prompts`, 0 to 1."""
    smallest: float | None
    """What `prompts` show with the power asked for: the smallest true win rate or gain, the smallest loss ruled out, or the
    largest rate under a limit. None: nothing."""
    needed: int | None
    """Prompts for the power asked of this gate alone; None: out of reach."""
    needed_together: int | None
    """Prompts for the power this gate needs so that all pass together as asked; None: out of reach."""


class PowerPlan(Struct, frozen=True, kw_only=True):
    """Sample sizes for all required gates of a policy."""

    schema_version: int = 1
    policy: str
    power: float
    """Asked of each gate."""
    joint: float
    """Asked of all gates together."""
    correlation: float
    """Assumed between any two gates; 0 where each has prompts of its own."""
    gates: tuple[GatePower, ...]
    joint_power: float
    """Chance that a good candidate passes all gates at the prompts given."""
    joint_if_each: float
    """Chance that it passes all if each gate had exactly the power asked of each."""
    power_for_each: float
    """Power each gate needs for the chance asked of all."""


class WinRate(Struct, frozen=True, kw_only=True):
    """A win rate from a file of judgements."""

    schema_version: int = 1
    judge: str
    win_rate: Estimate
    """Of the candidate, ties as halves, 95 % limits by prompt family."""
    method: str
    wins: int
    ties: int
    losses: int
    missing: int
    """Prompts without a complete judgement; they are no ties."""
    orders_agree: Estimate | None
    """Share of prompts judged in both orders whose two verdicts agree; None: only one order was asked."""
    length_controlled: Estimate | None
    """The win rate had both answers been equally long; None: not asked for."""
    length_effect: float | None
    """Log-odds that a much longer answer gains."""
    longer: float | None
    """Share of prompts on which the candidate's answer is the longer one."""
    notes: tuple[str, ...]
