"""The mean of values with known bounds, with limits that need no normality and never shrink to a point."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

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
    import numpy as np

    check_level(level)
    check_values(values, 1, low, high)
    scaled = (np.asarray(values, dtype=float) - low) / (high - low)
    family = np.asarray(family_indices(families, len(values)))
    sizes = np.bincount(family).astype(float)
    sums = np.bincount(family, weights=scaled).astype(float)
    below = _lower_limit(sums, sizes, level / 2)
    above = 1 - _lower_limit(sizes - sums, sizes, level / 2)
    mean = float(scaled.mean())
    back = [low + (high - low) * share for share in (mean, min(below, mean), max(above, mean))]
    method = "Dirichlet-weighted bounded mean" + (f" over {len(sizes)} families" if len(sizes) < len(values) else "")
    return Interval(back[0], back[1], back[2], len(values), level, method)


def _lower_limit(sums: "Array", sizes: "Array", tail: float) -> float:
    from scipy.optimize import brentq

    if sums.max() <= 0:
        return 0.0
    unseen = float((sizes**2).sum() / sizes.sum())

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
