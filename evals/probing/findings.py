"""From counts and values to findings: every number with its interval, every absence with its reason."""

from collections.abc import Sequence
from typing import Final, Literal

from evals.stats.bounded import bounded_mean
from evals.stats.interval import Interval, NotEnoughError
from evals.stats.means import mean_interval
from evals.stats.proportions import exact_interval
from reports.records.gates import Estimate
from reports.records.probe import Finding

LEVEL: Final = 0.10
"""Error of both limits together: facts carry 90 % intervals."""
NOTHING: Final = Estimate(value=None, low=None, high=None, n=0)
Unit = Literal["share", "nats per token", "nats", "tokens", "prompts"]


def missing(name: str, title: str, unit: Unit, because: str) -> Finding:
    """Return a finding that could not be made, with the reason."""
    return Finding(name=name, title=title, unit=unit, estimate=NOTHING, because=because)


def counted(name: str, title: str, unit: Unit, value: float, n: int, because: str) -> Finding:
    """Return a number that was counted in full, and so has no interval."""
    return Finding(name=name, title=title, unit=unit, estimate=Estimate(value=value, low=None, high=None, n=n), because=because)


def share(name: str, title: str, hits: int, n: int, because: str) -> Finding:
    """Return a share of independent observations with exact limits (Clopper-Pearson)."""
    if n == 0:
        return missing(name, title, "share", because)
    return _found(name, title, "share", exact_interval(hits, n, LEVEL), because)


def clustered_share(name: str, title: str, values: Sequence[float], families: Sequence[str], because: str) -> Finding:
    """Return the mean of values from 0 to 1 with limits that allow for any dependence inside a family."""
    if not values:
        return missing(name, title, "share", because)
    return _found(name, title, "share", bounded_mean(values, families, LEVEL), because)


def mean(name: str, title: str, unit: Unit, values: Sequence[float], families: Sequence[str], because: str) -> Finding:
    """Return the mean of any values, limits by families; without spread, the value alone and why it has no limits."""
    if not values:
        return missing(name, title, unit, because)
    try:
        return _found(name, title, unit, mean_interval(values, families, LEVEL), because)
    except NotEnoughError as error:
        return counted(name, title, unit, sum(values) / len(values), len(values), f"{because}; no interval: {error}")


def from_interval(name: str, title: str, unit: Unit, interval: Interval, because: str) -> Finding:
    """Return a finding whose interval was computed elsewhere."""
    return _found(name, title, unit, interval, because)


def _found(name: str, title: str, unit: Unit, interval: Interval, because: str) -> Finding:
    return Finding(name=name, title=title, unit=unit, estimate=interval.estimate(), because=because)
