"""How likely a good candidate passes one gate, and all gates of a policy together."""

import math
from collections.abc import Sequence
from typing import Final

from evals.stats.interval import StatisticsError, check_level, check_values
from evals.stats.proportions import lower_limit
from evals.stats.tango import lies_above

NODES: Final = 200
UNLIKELY: Final = 1e-6


def power_paired_rates(n: int, worse: float, better: float, margin: float, level: float = 0.05) -> float:
    """Return how likely `n` prompts show that a rate falls by less than `margin`, summed over all counts.

    `worse` and `better` are the true shares of prompts whose outcome turns worse or better; the gate's exact limits
    (`paired_rate_difference`) decide. A negative margin asks for a gain.
    """
    from scipy.stats import binom

    check_level(level)
    check_values([worse, better], 2, 0.0, 1.0)
    if worse + better > 1:
        raise StatisticsError(f"{worse} of prompts turn worse and {better} better: together at most 1.")
    total, least = 0.0, 0
    for lost in range(int(binom.ppf(1 - UNLIKELY, n, worse)) + 1):
        while least <= n - lost and not lies_above(least, lost, n, -margin, level):
            least += 1
        if least > n - lost:
            break
        gained_rate = better / (1 - worse) if worse < 1 else 0.0
        total += float(binom.pmf(lost, n, worse) * binom.sf(least - 1, n - lost, gained_rate))
    return total


def power_win_rate(n: int, rate: float, above: float = 0.5, level: float = 0.05) -> float:
    """Return how likely `n` prompts of wins and losses show that a true win rate lies above `above` (exact limits)."""
    from scipy.stats import binom

    check_level(level)
    check_values([rate, above], 2, 0.0, 1.0)
    low, high = -1, n + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if lower_limit(middle, n, level) > above else (middle, high)
    return float(binom.sf(high - 1, n, rate))


def power_mean(n: int, spread: float, clearance: float, level: float = 0.05) -> float:
    """Return how likely the mean of `n` values with standard deviation `spread` clears a margin `clearance` away (t test)."""
    from statsmodels.stats.power import TTestPower

    check_level(level)
    if n < 2 or spread <= 0:
        raise StatisticsError(f"{n} values with spread {spread}: power needs at least two values and a spread above 0.")
    return float(TTestPower().power(clearance / spread, n, level, alternative="larger"))


def joint_power(powers: Sequence[float], correlation: float = 0.0) -> float:
    """Return the chance that a good candidate passes every gate: eight independent gates at 80 % each give 17 %.

    With `correlation`, from 0 to below 1, one normal factor moves all gates: any two pass together as two
    normal variables of this correlation exceed their cuts. Prompts that gates share correlate them; separate suites do not.
    Source: Dunnett and Sobel, Biometrika 42 (1955), integrated by Gauss-Hermite quadrature.
    """
    import numpy as np
    from scipy.special import ndtr, ndtri

    check_values(powers, 1, 0.0, 1.0)
    if not 0 <= correlation < 1:
        raise StatisticsError(f"correlation {correlation}: it must lie from 0 to below 1; 0 is the careful choice.")
    if correlation == 0:
        return math.prod(powers)
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    cuts = ndtri(np.asarray(powers, dtype=float))[:, None]
    passed = ndtr((cuts + math.sqrt(correlation) * nodes) / math.sqrt(1 - correlation)).prod(axis=0)
    return float((weights * passed).sum() / math.sqrt(2 * math.pi))


def power_for_each(joint: float, gates: int, correlation: float = 0.0) -> float:
    """Return the power each of `gates` gates needs for a good candidate to pass all with probability `joint`."""
    from scipy.optimize import brentq

    check_level(joint)
    if correlation == 0:
        return float(joint ** (1 / gates))
    return float(brentq(lambda each: joint_power([each] * gates, correlation) - joint, joint, 1 - 1e-12))
