"""Two independent rates: an exact test, the ratio with limits, and how many observations decide."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from evals.stats.interval import check_level
from reports.records.gates import Estimate


class Rate(NamedTuple):
    """Clicks of impressions."""

    clicks: int
    impressions: int

    @property
    def value(self) -> float:
        """The rate, 0 to 1."""
        return self.clicks / self.impressions


def chances_of_lead(leaders: Sequence[Rate], others: Sequence[Rate]) -> list[float]:
    """Return for each two rates the chance that the first has so many clicks or more if its true rate is not the higher one.

    Fisher's exact test, one-sided; it errs at most as often as it says at any number of impressions.
    Source: Fisher, The Design of Experiments (1935).
    """
    import numpy as np
    from scipy.stats import hypergeom

    clicks, shown = np.array(leaders, dtype=np.int64).reshape(-1, 2).T
    other_clicks, other_shown = np.array(others, dtype=np.int64).reshape(-1, 2).T
    found = hypergeom.sf(clicks - 1, shown + other_shown, clicks + other_clicks, shown)
    return [min(max(float(chance), 0.0), 1.0) for chance in np.atleast_1d(found)]


def lift(better: Rate, worse: Rate, level: float = 0.05) -> Estimate:
    """Return how much higher the first rate is, relative to the second: 0.1 for a tenth; limits at `level`, two-sided.

    The value and its upper limit are None where the second rate is 0. Adjusted log limits of the ratio.
    Source: Walter, Biometrics 31 (1975).
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    counts = (better.clicks, better.impressions, worse.clicks, worse.impressions)
    low, high = confint_proportions_2indep(*counts, compare="ratio", method="log-adjusted", alpha=level)
    n = better.impressions + worse.impressions
    if worse.clicks == 0:
        return Estimate(value=None if better.clicks else 0.0, low=float(low) - 1, high=None, n=n)
    value = better.value / worse.value - 1
    return Estimate(value=value, low=min(float(low) - 1, value), high=max(float(high) - 1, value), n=n)


def impressions_needed(first: float, second: float, level: float, power: float = 0.8) -> int | None:
    """Return the impressions of each side for which the exact one-sided test at `level` decides with probability `power`.

    None where the rates are equal. The normal approximation with the correction that makes it fit Fisher's test.
    Source: Casagrande, Pike and Smith, Biometrics 34 (1978).
    """
    from scipy.special import ndtri

    check_level(level)
    distance, middle = abs(first - second), (first + second) / 2
    if distance == 0:
        return None
    apart = math.sqrt(first * (1 - first) + second * (1 - second))
    reach = -float(ndtri(level)) * math.sqrt(2 * middle * (1 - middle)) + float(ndtri(power)) * apart
    plain = (reach / distance) ** 2
    return math.ceil(plain / 4 * (1 + math.sqrt(1 + 4 / (plain * distance))) ** 2)
