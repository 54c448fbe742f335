"""How much a recipe's results move from seed to seed: seeds are the unit, for one checkpoint says little about the next."""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from reports.records.gates import Estimate, GateState
from reports.records.seeds import SeedGate, Seeds, SeedSpread

LEVEL = 0.05
"""Error of both limits together of what is shown: 95 % intervals."""


class Point(NamedTuple):
    """One seed's result at one gate."""

    seed: int
    value: float


def seed_spreads(seeds: Seeds) -> tuple[SeedSpread, ...]:
    """Return for each gate every seed's point, their spread, the worst, and what follows for the recipe."""
    known = {gate.name: gate for run in seeds.runs for gate in run.gates}
    return tuple(_spread(gate, _points(gate, seeds)) for gate in known.values())


def deviation(values: Sequence[float]) -> Estimate:
    """Return the standard deviation between seeds with its chi-square limits, which take the seeds' results as normal.

    The limits are s·√((n−1)/χ²) at the upper and lower 2.5 % of χ² with n−1 degrees of freedom. Of one seed there is no
    spread; where all seeds agree the upper limit is not known, for agreement is no proof of a spread of 0.
    """
    n = len(values)
    if n < 2:
        return Estimate(value=None, low=None, high=None, n=n)
    from scipy.stats import chi2

    found = statistics.stdev(values)
    if found == 0:
        return Estimate(value=0.0, low=0.0, high=None, n=n)
    low, high = (found * math.sqrt((n - 1) / float(chi2.ppf(tail, n - 1))) for tail in (1 - LEVEL / 2, LEVEL / 2))
    return Estimate(value=found, low=low, high=high, n=n)


def mean_of_seeds(values: Sequence[float], level: float = LEVEL) -> Estimate:
    """Return the mean over seeds with Student's t limits, `level` being the error of both; None where seeds show no spread."""
    n = len(values)
    value = statistics.fmean(values) if values else None
    spread = statistics.stdev(values) if n > 1 else 0.0
    if value is None or spread == 0:
        return Estimate(value=value, low=None, high=None, n=n)
    from scipy.stats import t

    reach = float(t.ppf(1 - level / 2, n - 1)) * spread / math.sqrt(n)
    return Estimate(value=value, low=value - reach, high=value + reach, n=n)


def _points(gate: SeedGate, seeds: Seeds) -> list[Point]:
    """Return what the gate decides on under each seed: the candidate's value against a limit, else the difference."""
    found = [(run.seed, one) for run in seeds.runs for one in run.gates if one.name == gate.name]
    values = [(seed, (one.candidate if gate.kind == "limit" else one.difference).value) for seed, one in found]
    return [Point(seed, value) for seed, value in values if value is not None]


def _spread(gate: SeedGate, points: Sequence[Point]) -> SeedSpread:
    values = [point.value for point in points]
    sign = 1 if gate.direction == "higher" else -1
    return SeedSpread(
        gate=gate.name,
        title=gate.title,
        unit=gate.unit,
        is_difference=gate.kind != "limit",
        points={str(point.seed): point.value for point in points},
        mean=mean_of_seeds(values),
        deviation=deviation(values),
        worst=min(points, key=lambda point: sign * point.value).seed if points else None,
        recipe=_recipe(gate, sign, values),
    )


def _recipe(gate: SeedGate, sign: int, values: Sequence[float]) -> GateState | None:
    """Decide the gate for the recipe: by the mean over seeds, each limit at the gate's level; None where it only informs."""
    if gate.kind == "inform":
        return None
    mean = mean_of_seeds(values, 2 * gate.level)
    if mean.low is None or mean.high is None:
        return "unresolved"
    step = {"superiority": gate.margin, "non-inferiority": -gate.margin, "limit": sign * gate.margin}[gate.kind]
    worst, best = (mean.low, mean.high) if sign == 1 else (-mean.high, -mean.low)
    return "pass" if worst > step else "fail" if best < step else "unresolved"
