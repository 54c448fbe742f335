"""Two rates measured on the same prompts."""

from collections.abc import Sequence

from evals.stats.bounded import bounded_mean
from evals.stats.families import families_repeat
from evals.stats.interval import Interval, StatisticsError, check_level, check_paired, check_values
from evals.stats.tango import exact_limits


def paired_rate_difference(
    baseline: Sequence[bool], candidate: Sequence[bool], families: Sequence[str] = (), level: float = 0.05
) -> Interval:
    """Return candidate rate minus baseline rate, in [-1, 1], with two-sided limits at `level`.

    Independent prompts: Tango's score ordering with exact limits, each erring at most level / 2 at every n.
    Prompts that share a family: limits of the bounded mean with the family as the unit, because cluster-robust t limits shrink to
    a point when no pair differs and err too often with few families.

    Raises:
        NotEnoughError: no prompts.
        StatisticsError: sides of unequal length, or a value other than 0 and 1.
    """
    check_level(level)
    check_paired(baseline, candidate)
    check_values(candidate, 1)
    if any(value not in (0, 1) for side in (baseline, candidate) for value in side):
        raise StatisticsError("a paired rate needs values 0 or 1 on every prompt; use paired_mean_difference for scores.")
    differences = [float(after) - float(before) for before, after in zip(baseline, candidate, strict=True)]
    if families_repeat(families):
        return bounded_mean(differences, families, level, low=-1.0, high=1.0)
    n, gained, lost = len(differences), differences.count(1.0), differences.count(-1.0)
    low, high = exact_limits(gained, lost, n, level / 2)
    return Interval((gained - lost) / n, low, high, n, level, "paired rates, Tango score order, exact limits")


def mcnemar_exact(gained: int, lost: int) -> float:
    """Return the two-sided exact McNemar p-value: could the pairs that changed have changed in either direction?

    `gained` and `lost` count the pairs where only the candidate, or only the baseline, is 1; without any, p is 1.
    Source: McNemar, Psychometrika 12 (1947), with the binomial distribution.
    """
    from scipy.stats import binomtest

    _check_changed(gained, lost)
    return float(binomtest(gained, gained + lost, 0.5).pvalue) if gained + lost else 1.0


def mcnemar_mid_p(gained: int, lost: int) -> float:
    """Return the two-sided mid-p McNemar p-value: the exact one, less half the probability of what was observed.

    For display, never for a gate: it may err a little more often than its level, and is less cautious with few changed pairs.
    Source: Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13 (2013).
    """
    from scipy.stats import binom

    _check_changed(gained, lost)
    fewer, total = min(gained, lost), gained + lost
    return min(float(2 * binom.cdf(fewer, total, 0.5) - binom.pmf(fewer, total, 0.5)), 1.0)


def _check_changed(gained: int, lost: int) -> None:
    if gained < 0 or lost < 0:
        raise StatisticsError(f"{gained} and {lost} discordant pairs: counts cannot be negative.")
