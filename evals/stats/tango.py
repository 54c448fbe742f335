"""Limits for the difference of two paired rates: Tango's score method, and the same ordering made exact."""

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.stats.proportions import exact_interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

GRID: Final = 48
ZOOMS: Final = 3
BELIEF: Final = 200
CERTAIN: Final = 1e6


class Limits(NamedTuple):
    """One-sided limits of a difference in [-1, 1]."""

    low: float
    high: float


def tango_limits(gained: int, lost: int, n: int, tail: float) -> Limits:
    """Return Tango's asymptotic limits, each aiming at the error `tail`.

    `gained` and `lost` are the pairs where only the candidate, or only the baseline, is 1. At rare rates the limits err up to
    twice as often as they should; `exact_limits` do not. Source: Tango, Statistics in Medicine 17 (1998).
    """
    return Limits(_tango_lower(gained, lost, n, tail), -_tango_lower(lost, gained, n, tail))


def exact_limits(gained: int, lost: int, n: int, tail: float) -> Limits:
    """Return limits that each err at most `tail` at every n and every pair of rates, if prompts are independent.

    Outcomes are ordered by Tango's limit, and the limit returned is the tightest valid one for that order: the difference at
    which outcomes as good as the observed one have probability `tail` under the worst share of lost pairs that is itself
    believable (a two-hundredth of `tail` is spent on that). Sources: Buehler, JASA 52 (1957); Berger and Boos, JASA 89 (1994).
    """
    return Limits(_exact_lower(gained, lost, n, tail), -_exact_lower(lost, gained, n, tail))


@lru_cache(maxsize=4096)
def lies_above(gained: int, lost: int, n: int, threshold: float, tail: float) -> bool:
    """Say whether the lower limit of `exact_limits` lies above a threshold in (-1, 1), without looking for the limit itself."""
    from scipy.special import ndtri

    start = _tango_lower(gained, lost, n, tail)
    if start <= -1:
        return False
    least = _least_gained(n, start, -float(ndtri(tail)) - 1e-7)
    believable = exact_interval(lost, n, tail / BELIEF)
    return tail / BELIEF + _largest_probability(least, n, threshold, believable.low, believable.high) < tail


def score(gained: "float | Array", lost: "float | Array", n: int, difference: float) -> "Array":
    """Return Tango's score statistic for the hypothesis that the true difference is `difference`."""
    import numpy as np

    gained, lost = np.asarray(gained, dtype=float), np.asarray(lost, dtype=float)
    linear = -gained - lost + (2 * n - gained + lost) * difference
    root = np.sqrt(np.maximum(linear**2 + 8 * n * lost * difference * (1 - difference), 0))
    lost_rate = (root - linear) / (4 * n)
    variance = n * (2 * lost_rate + difference * (1 - difference))
    excess = gained - lost - n * difference
    safe = np.where(variance > 1e-12, variance, 1.0)
    return np.where(variance > 1e-12, excess / np.sqrt(safe), np.sign(excess) * CERTAIN)


def _tango_lower(gained: int, lost: int, n: int, tail: float) -> float:
    from scipy.optimize import brentq
    from scipy.special import ndtri

    z = -float(ndtri(tail))
    observed = (gained - lost) / n
    lowest = -1 + 1e-9
    if observed <= lowest or float(score(gained, lost, n, lowest)) <= z:
        return -1.0
    return float(brentq(lambda difference: float(score(gained, lost, n, difference)) - z, lowest, observed - 1e-9, xtol=1e-12))


@lru_cache(maxsize=4096)
def _exact_lower(gained: int, lost: int, n: int, tail: float) -> float:
    from scipy.optimize import brentq
    from scipy.special import ndtri

    start = _tango_lower(gained, lost, n, tail)
    if start <= -1:
        return -1.0
    least = _least_gained(n, start, -float(ndtri(tail)) - 1e-7)
    spent = tail / BELIEF
    believable = exact_interval(lost, n, spent)

    def excess(difference: float) -> float:
        return spent + _largest_probability(least, n, difference, believable.low, believable.high) - tail

    low, high, step = start, start, max(0.25 / n, 1e-6)
    while low > -1 and excess(low) > 0:
        low, high, step = max(low - step, -1.0), low, 2 * step
    while high == low or excess(high) <= 0:
        low, high, step = high, min(high + step, 1.0), 2 * step
    return -1.0 if low <= -1 else float(brentq(excess, low, high, xtol=1e-8))


def _least_gained(n: int, difference: float, z: float) -> "Array":
    """Return for every number lost the smallest number gained whose score reaches z; n + 1 where none does.

    The score grows with the number gained, so halving finds it.
    """
    import numpy as np

    lost = np.arange(n + 1.0)
    low, high = np.full(n + 1, -1.0), n - lost + 1
    while np.any(high - low > 1):
        middle = np.floor((low + high) / 2)
        reached = score(middle, lost, n, difference) >= z
        open_ = high - low > 1
        high = np.where(open_ & reached, middle, high)
        low = np.where(open_ & ~reached, middle, low)
    return np.where(high > n - lost, n + 1, high)


def _largest_probability(least: "Array", n: int, difference: float, low: float, high: float) -> float:
    """Return the largest probability of the outcomes over the shares of pairs lost from `low` to `high`."""
    import numpy as np

    floor, ceiling = max(low, -difference), min(high, (1 - difference) / 2)
    if -difference > high:
        return 0.0
    if floor > ceiling:
        return 1.0
    rates = floor + (ceiling - floor) * np.linspace(0, 1, GRID) ** 2
    largest = 0.0
    for _ in range(ZOOMS):
        found = _probabilities(least, n, rates, difference)
        best = int(np.argmax(found))
        largest = max(largest, float(found[best]))
        rates = np.linspace(rates[max(best - 1, 0)], rates[min(best + 1, len(rates) - 1)], 9)
    return largest


def _probabilities(least: "Array", n: int, lost_rates: "Array", difference: float) -> "Array":
    """Return, for each share of pairs lost, how probably the pairs gained reach the least number for the pairs lost."""
    import numpy as np
    from scipy.special import betainc, gammaln, xlog1py, xlogy

    width = 9 * np.sqrt(n * lost_rates * (1 - lost_rates)) + 12
    start, end = max(0, int((n * lost_rates - width).min())), min(n, int((n * lost_rates + width).max()) + 1)
    lost = np.arange(start, end + 1)
    rates = lost_rates[:, None]
    chosen = gammaln(n + 1) - gammaln(lost + 1) - gammaln(n - lost + 1)
    weights = np.exp(chosen + xlogy(lost, rates) + xlog1py(n - lost, -rates))
    gained_rates = np.clip((rates + difference) / np.maximum(1 - rates, 1e-300), 0.0, 1.0)
    needed, rest = least[lost], np.maximum(n - lost, 1)
    inside = np.clip(needed, 1, rest)
    reached = np.where(needed <= 0, 1.0, np.where(needed > n - lost, 0.0, betainc(inside, rest - inside + 1, gained_rates)))
    total: Array = (weights * reached).sum(axis=1)
    return total
