"""How many prompts a question needs, and how small a difference the prompts at hand can show."""

import math
from collections.abc import Callable
from typing import Final

from evals.stats.interval import StatisticsError, check_level
from evals.stats.proportions import upper_limit

MOST_PROMPTS: Final = 1_000_000
"""Beyond this a sample size is reported as out of reach."""


def prompts_to_show_below(limit: float, events: int = 0, level: float = 0.05) -> int:
    """Return the fewest prompts with `events` events whose exact one-sided upper limit lies below `limit`.

    Without events: 59 for 5 %, 149 for 2 %, 299 for 1 %.
    """
    check_level(level)
    if not 0 < limit < 1 or events < 0:
        raise StatisticsError(f"limit {limit} with {events} events: a limit lies between 0 and 1, events are not negative.")
    found = fewest_prompts(lambda n: upper_limit(events, n, level) < limit, events + 1)
    if found is None:
        raise StatisticsError(f"limit {limit} with {events} events: out of reach of {MOST_PROMPTS:,} prompts.")
    return found


def sample_size_rate(rate: float, limit: float, level: float = 0.05, power: float = 0.8) -> int | None:
    """Return the prompts that show with probability `power` that a true `rate` lies below `limit` (exact test).

    None where the rate is not below the limit, or the number is out of reach. The power of an exact test saws with n; the
    number returned is one from which on it holds, to within one tooth.
    """
    _check_shares(level, power)
    if rate >= limit:
        return None
    return fewest_prompts(lambda n: power_below(n, rate, limit, level) >= power, prompts_to_show_below(limit, 0, level))


def sample_size_paired_rates(worse: float, better: float, margin: float, level: float = 0.05, power: float = 0.8) -> int | None:
    """Return the prompts that show with probability `power` that the rate falls by less than `margin`.

    `worse` and `better` are the shares of prompts whose outcome turns worse or better; a negative margin asks for a gain.
    None where their difference does not clear the margin. The normal approximation of the score test, and never fewer than an
    exact limit needs when no prompt changes. Source: Tango, Statistics in Medicine 17 (1998).
    """
    _check_shares(level, power)
    clearance = margin - (worse - better)
    spread = math.sqrt(max(worse + better - (worse - better) ** 2, 0.0))
    n = sample_size_mean(spread, clearance, level, power)
    if n is None:
        return None
    return max(n, prompts_to_show_below(margin, 0, level)) if 0 < margin < 1 else n


def sample_size_mean(spread: float, clearance: float, level: float = 0.05, power: float = 0.8) -> int | None:
    """Return the prompts whose one-sided limit clears a margin at distance `clearance` with probability `power`.

    `spread` is the standard deviation over prompts, in the same unit. None where the clearance is not positive or the number is
    out of reach. Source: n = ((z_level + z_power) * spread / clearance)².
    """
    _check_shares(level, power)
    if clearance <= 0:
        return None
    n = math.ceil((_multiplier(level, power) * spread / clearance) ** 2)
    return max(n, 2) if n <= MOST_PROMPTS else None


def sample_size_win_rate(
    rate: float, reference: float = 0.5, spread: float = 0.5, level: float = 0.05, power: float = 0.8
) -> int | None:
    """Return the prompts that show with probability `power` that a true win rate lies above `reference`.

    `spread` is the standard deviation of a preference: 0.5 for verdicts that are wins or losses, less with ties or soft scores.
    """
    return sample_size_mean(spread, rate - reference, level, power)


def detectable_rate(n: int, limit: float, level: float = 0.05, power: float = 0.8) -> float:
    """Return the largest true rate that `n` prompts show to lie below `limit` with probability `power`; 0 where none."""
    from scipy.optimize import brentq

    _check_shares(level, power)
    if power_below(n, 0.0, limit, level) < power:
        return 0.0
    return float(brentq(lambda rate: power_below(n, rate, limit, level) - power, 0.0, limit))


def detectable_difference(n: int, spread: float, level: float = 0.05, power: float = 0.8) -> float:
    """Return the smallest distance from a margin that `n` prompts show with probability `power`.

    For paired rates `spread` is the square root of the share of prompts that change; for a win rate it is at most 0.5. Two-sided
    5 % is `level=0.025`: 9.9 points of win rate at n = 200.
    """
    _check_shares(level, power)
    if n < 1:
        raise StatisticsError(f"{n} prompts: at least one is needed.")
    return _multiplier(level, power) * spread / math.sqrt(n)


def power_below(n: int, rate: float, limit: float, level: float = 0.05) -> float:
    """Return how likely `n` prompts show that a true `rate` lies below `limit` (exact test)."""
    from scipy.special import bdtr

    most = _most_events(n, limit, level)
    return 0.0 if most < 0 else float(bdtr(most, n, rate))


def fewest_prompts(is_enough: Callable[[int], bool], start: int, most: int = MOST_PROMPTS) -> int | None:
    """Return the fewest prompts from `start` on that are enough, by doubling and halving; None where `most` are not."""
    high = max(start, 1)
    low = high - 1
    while not is_enough(high):
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _most_events(n: int, limit: float, level: float) -> int:
    """Return the most events of `n` that still show a rate below `limit`; -1 where even none does not."""
    from scipy.stats import binom

    most = int(binom.ppf(level, n, limit))
    while most >= 0 and upper_limit(most, n, level) >= limit:
        most -= 1
    return most


def _multiplier(level: float, power: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(1 - level) + ndtri(power))


def _check_shares(level: float, power: float) -> None:
    check_level(level)
    check_level(power)
