"""What a rule is, and the ramps rules are made of."""

from collections.abc import Callable, Sequence
from math import log1p

from msgspec import Struct

from reports.records.recommendation import Strategy
from selector.policy import Policy, Thresholds
from selector.situation import Situation

Clause = Callable[[Situation, Policy, Strategy], str]


class Rule(Struct, frozen=True):
    """One named, weighted view on the facts."""

    name: str
    reads: tuple[str, ...]
    """Facts it looks at; nothing else can change what it says."""
    strengths: Callable[[Situation, Policy], Sequence[float]]
    """-1 to 1 for each strategy."""
    clause: Clause
    """What it sees, as a clause that can follow `because`."""
    led_by: tuple[str, ...] = ()
    """One of these must be known for the rule to be told as the main reason; empty: one of `reads`."""


class HardRule(Struct, frozen=True):
    """One reason for which strategies cannot be used at all."""

    name: str
    reads: tuple[str, ...]
    rules_out: Callable[[Situation, Policy], tuple[Strategy, ...]]
    because: Clause
    unless: Clause


def scored(
    name: str,
    reads: tuple[str, ...],
    signal: Callable[[Situation, Thresholds], float],
    clause: Callable[[Situation, Thresholds], str],
    led_by: tuple[str, ...] = (),
) -> Rule:
    """Return a rule with one signal for all strategies, moved by the effects the policy gives under its name."""

    def strengths(facts: Situation, policy: Policy) -> list[float]:
        strength = signal(facts, policy.thresholds)
        return [strength * effect for effect in policy.effects[name]]

    def explain(facts: Situation, policy: Policy, strategy: Strategy) -> str:
        return clause(facts, policy.thresholds)

    return Rule(name, reads, strengths, explain, led_by)


def between(value: float, poor: float, even: float, good: float) -> float:
    """Return -1 up to `poor`, 0 at `even`, 1 from `good`, and straight lines between."""
    if value <= even:
        return max(-1.0, (value - even) / (even - poor))
    return min(1.0, (value - even) / (good - even))


def between_log(value: float, poor: float, even: float, good: float) -> float:
    """Return the same for counts, whose distances are ratios."""
    return between(log1p(value), log1p(poor), log1p(even), log1p(good))


def falling(value: float, cap: float, worst: float) -> float:
    """Return 0 up to `cap`, -1 from `worst`, and a straight line between."""
    return -min(1.0, (value - cap) / (worst - cap)) if value > cap else 0.0
