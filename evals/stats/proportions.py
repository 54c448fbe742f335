"""Limits for one rate that hold at zero counts."""

from typing import Final, Literal

from evals.stats.interval import Interval, NotEnoughError, StatisticsError, check_level

SIDES: Final = {1: "one-sided", 2: "two-sided"}


def exact_interval(successes: int, n: int, level: float = 0.05, sides: Literal[1, 2] = 2) -> Interval:
    """Return Clopper-Pearson limits of a rate in [0, 1].

    With `sides=2` both limits together err at most `level`; with `sides=1` each limit alone does
    (use one of them). Source: Clopper and Pearson, Biometrika 26 (1934).

    Raises:
        NotEnoughError: `n` is 0.
        StatisticsError: counts or level are impossible.
    """
    from scipy.special import betaincinv

    _check_counts(successes, n, level)
    tail = level / sides
    low = 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, 1 - tail))
    return Interval(successes / n, low, high, n, level, f"exact (Clopper-Pearson), {SIDES[sides]}")


def mid_p_interval(successes: int, n: int, level: float = 0.05, sides: Literal[1, 2] = 2) -> Interval:
    """Return mid-p limits of a rate: shorter than exact ones, and right on average rather than always.

    For display, never for a gate: at some rates they err more often than `level`. Source: Lancaster, JASA 56 (1961).
    """
    from scipy.optimize import brentq
    from scipy.stats import binom

    _check_counts(successes, n, level)
    tail = level / sides

    def below(rate: float) -> float:
        return float(binom.cdf(successes, n, rate) - binom.pmf(successes, n, rate) / 2)

    low = 0.0 if successes == 0 else float(brentq(lambda rate: 1 - below(rate) - tail, 0.0, successes / n))
    high = 1.0 if successes == n else float(brentq(lambda rate: below(rate) - tail, successes / n, 1.0))
    return Interval(successes / n, low, high, n, level, f"mid-p, {SIDES[sides]}")


def upper_limit(successes: int, n: int, level: float = 0.05) -> float:
    """Return the largest rate still compatible with the counts: exact, one-sided at `level`."""
    return exact_interval(successes, n, level, sides=1).high


def lower_limit(successes: int, n: int, level: float = 0.05) -> float:
    """Return the smallest rate still compatible with the counts: exact, one-sided at `level`."""
    return exact_interval(successes, n, level, sides=1).low


def _check_counts(successes: int, n: int, level: float) -> None:
    check_level(level)
    if n == 0:
        raise NotEnoughError("a rate of 0 observations: nothing was measured. Measure at least one prompt.")
    if not 0 <= successes <= n:
        raise StatisticsError(f"{successes} successes of {n}: the count must lie between 0 and n.")
