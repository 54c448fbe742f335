"""The mean of values with known bounds, with limits that need no normality and never shrink to a point."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.stats.families import family_indices
from evals.stats.interval import Interval, check_level, check_values

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

FEWEST_PANELS: Final = 8
MOST_PANELS: Final = 1024


def bounded_mean(
    values: Sequence[float], families: Sequence[str] = (), level: float = 0.05, low: float = 0.0, high: float = 1.0
) -> Interval:
    """Return the mean of values in [low, high] with two-sided limits at `level`.

    The sample is joined by one unseen family that holds the worst possible value, and the limit is the quantile of the
    mean under uniform (Dirichlet) weights over the families. For values on both bounds only, this is Clopper-Pearson;
    for others it is Gaffke's bound, for which no distribution that breaks it is known. The unit is the family,
    so any dependence inside a family is allowed for. Sources: Gaffke, Magdeburg preprint (2005); Learned-Miller and Thomas,
    arXiv 1905.06208.

    Raises:
        NotEnoughError: no values.
        StatisticsError: a value is not finite or lies outside the bounds.
    """
    check_level(level)
    sums, sizes = _by_family(values, families, low, high)
    below = _lower_limit(sums, sizes, level / 2)
    above = 1 - _lower_limit(sizes - sums, sizes, level / 2)
    mean = float(sums.sum() / sizes.sum())
    back = [low + (high - low) * share for share in (mean, min(below, mean), max(above, mean))]
    method = "Dirichlet-weighted bounded mean" + (f" over {len(sizes)} families" if len(sizes) < len(values) else "")
    return Interval(back[0], back[1], back[2], len(values), level, method)


def p_value_above(
    values: Sequence[float], threshold: float, families: Sequence[str] = (), low: float = 0.0, high: float = 1.0
) -> float:
    """Return the p-value of a true mean at most `threshold`: the smallest tail at which `bounded_mean` lies wholly above it.

    Superiority and non-inferiority invert this test: a lower limit lies above the margin where the p-value is below its tail.
    """
    sums, sizes = _by_family(values, families, low, high)
    share = (threshold - low) / (high - low)
    if sums.max() <= 0:
        return 1.0
    unseen, panels = _unseen_size(sizes), FEWEST_PANELS
    found = _probability_negative(sums - sizes * share, -unseen * share, panels)
    while panels <= MOST_PANELS:
        panels *= 2
        before, found = found, _probability_negative(sums - sizes * share, -unseen * share, panels)
        if abs(found - before) < 1e-6:
            break
    return found


class Families(NamedTuple):
    """Values by family, scaled to 0 to 1."""

    sums: "Array"
    sizes: "Array"


def _by_family(values: Sequence[float], families: Sequence[str], low: float, high: float) -> Families:
    import numpy as np

    check_values(values, 1, low, high)
    scaled = (np.asarray(values, dtype=float) - low) / (high - low)
    family = np.asarray(family_indices(families, len(values)))
    return Families(np.bincount(family, weights=scaled).astype(float), np.bincount(family).astype(float))


def _unseen_size(sizes: "Array") -> float:
    return float((sizes**2).sum() / sizes.sum())


def _lower_limit(sums: "Array", sizes: "Array", tail: float) -> float:
    from scipy.optimize import brentq

    if sums.max() <= 0:
        return 0.0
    unseen = _unseen_size(sizes)

    def excess(mean: float, panels: int) -> float:
        return _probability_negative(sums - sizes * mean, -unseen * mean, panels) - tail

    panels = FEWEST_PANELS
    while True:
        limit = float(brentq(excess, 0.0, float((sums / sizes).max()), args=(panels,), xtol=1e-9))
        panels *= 2
        if abs(excess(limit, panels)) < 1e-4 * tail or panels > MOST_PANELS:
            return limit


def _probability_negative(weights: "Array", unseen: float, panels: int) -> float:
    """Return P(sum of weights times independent unit exponentials < 0), by inverting the characteristic function.

    Source: Imhof, Biometrika 48 (1961), formula 3.2, substituting t = tan(u) / scale.
    """
    import numpy as np

    coefficients = np.append(weights, unseen)
    if coefficients.min() >= 0:
        return 0.0
    if coefficients.max() <= 0:
        return 1.0
    coefficients = coefficients / np.abs(coefficients).max()
    coefficients /= np.sqrt((coefficients**2).sum())
    values, counts = np.unique(coefficients, return_counts=True)
    u, steps = _quadrature(panels)
    t = np.tan(u)[:, None] * values
    phase = np.arctan(t) @ counts
    damping = np.exp(-0.5 * (np.log1p(t**2) @ counts))
    integral = (steps * np.sin(phase) * damping / (np.sin(u) * np.cos(u))).sum()
    return float(np.clip(0.5 - integral / np.pi, 0.0, 1.0))


@cache
def _quadrature(panels: int) -> "tuple[Array, Array]":
    """Return nodes and weights of Gauss-Legendre panels on 0 to pi / 2."""
    import numpy as np

    nodes, weights = np.polynomial.legendre.leggauss(16)
    width = np.pi / 2 / panels
    u = (np.arange(panels)[:, None] + (nodes + 1) / 2) * width
    return u.ravel(), np.tile(weights * width / 2, panels)
