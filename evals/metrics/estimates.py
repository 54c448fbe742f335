"""From values by prompt to a metric: estimates of both sides and of their difference, with intervals."""

import math
from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple

from msgspec.structs import replace

from evals.stats.families import families_repeat
from evals.stats.interval import Interval, NotEnoughError
from evals.stats.means import mean_interval, paired_mean_difference
from evals.stats.paired import paired_rate_difference
from evals.stats.proportions import exact_interval
from evals.stats.winrate import win_rate
from reports.records.evaluation import Metric, PairedValue, Suite
from reports.records.gates import DetectorErrors, Estimate, Instrument

LEVEL: Final = 0.05
"""Error of both limits together: 95 % intervals. Gates compute their own at their level."""
NOTHING: Final = Estimate(value=None, low=None, high=None, n=0)


class Named(NamedTuple):
    """What a metric is, apart from its values."""

    name: str
    title: str
    suite: Suite
    unit: str
    direction: Literal["higher", "lower"]
    method: str


class Read(NamedTuple):
    """An estimate and the statistical method that gave it."""

    estimate: Estimate
    method: str


def rate_metric(
    named: Named,
    pairs: Sequence[PairedValue],
    because: str = "",
    instruments: tuple[Instrument, ...] = (),
    errors: DetectorErrors | None = None,
) -> Metric:
    """Return a metric whose value on each prompt is 0 or 1: rates with exact limits, their difference paired by prompt."""
    return replace(_metric(named, pairs, _rate, _rate_difference, because, instruments), errors=errors)


def mean_metric(
    named: Named, pairs: Sequence[PairedValue], because: str = "", instruments: tuple[Instrument, ...] = ()
) -> Metric:
    """Return a metric whose value on each prompt is any number: means, their difference paired by prompt."""
    return _metric(named, pairs, mean_interval, paired_mean_difference, because, instruments)


def missing_metric(named: Named, missing: int, because: str, instruments: tuple[Instrument, ...] = ()) -> Metric:
    """Return a metric that could not be measured, with the reason."""
    return Metric(
        **named._asdict(),
        baseline=NOTHING,
        candidate=NOTHING,
        difference=NOTHING,
        n=0,
        missing=missing,
        because=because,
        instruments=instruments,
    )


def ratio(difference: Estimate) -> Estimate:
    """Return the exponential of a difference of logarithms: how many times the baseline's value the candidate's is."""
    ends = (None if end is None else math.exp(end) for end in (difference.value, difference.low, difference.high))
    value, low, high = ends
    return Estimate(value=value, low=low, high=high, n=difference.n)


def estimate(compute: Callable[..., Interval], *values: Sequence[float], families: Sequence[str]) -> Read:
    """Return the estimate; without spread to learn the uncertainty from, the value alone, with the reason in `method`."""
    try:
        interval = compute(*values, families, LEVEL)
    except NotEnoughError as error:
        if not values[0]:
            return Read(NOTHING, "nothing measured")
        means = [sum(side) / len(side) for side in values]
        value = means[-1] - means[0] if len(means) == 2 else means[0]
        return Read(Estimate(value=value, low=None, high=None, n=len(values[0])), f"no interval, {error}".rstrip("."))
    return Read(interval.estimate(), f"{interval.method}, {1 - LEVEL:.0%}")


def _metric(
    named: Named,
    pairs: Sequence[PairedValue],
    one: Callable[..., Interval],
    difference: Callable[..., Interval],
    because: str,
    instruments: tuple[Instrument, ...],
) -> Metric:
    whole = [
        (pair.baseline, pair.candidate, pair.family) for pair in pairs if pair.baseline is not None and pair.candidate is not None
    ]
    baseline, candidate = [before for before, _, _ in whole], [after for _, after, _ in whole]
    families = [family for _, _, family in whole]
    compared = estimate(difference, baseline, candidate, families=families)
    return Metric(
        **named._replace(method=f"{named.method}; difference: {compared.method}")._asdict(),
        baseline=estimate(one, baseline, families=families).estimate,
        candidate=estimate(one, candidate, families=families).estimate,
        difference=compared.estimate,
        n=len(whole),
        missing=len(pairs) - len(whole),
        because=because,
        instruments=instruments,
        pairs=tuple(pairs),
    )


def _rate(values: Sequence[float], families: Sequence[str], level: float) -> Interval:
    if families_repeat(families):
        return win_rate(values, families, level)
    return exact_interval(int(sum(values)), len(values), level)


def _rate_difference(baseline: Sequence[float], candidate: Sequence[float], families: Sequence[str], level: float) -> Interval:
    return paired_rate_difference([value == 1 for value in baseline], [value == 1 for value in candidate], families, level)
