"""Means of values without known bounds, such as nats per token."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from evals.stats.families import family_indices
from evals.stats.interval import Interval, NotEnoughError, check_level, check_paired, check_values

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

RESAMPLES: Final = 2000
FEWEST_FAMILIES: Final = 5
"""Below this, resamples repeat so often that the bootstrap says nothing."""
SEED: Final = 20070
MOST_REMEMBERED: Final = 2000
"""Families up to which resamples are kept for the next interval: 32 MB."""
CAUTION: Final = 20
"""Families at which the tail of the bootstrap is halved: few skewed values look less skewed than they are."""
SKEW_CAUTION: Final = 100
"""Families added to that towards a long tail, all of them from a sample skewness of 1."""
UNSEEN_SKEW: Final = 4
"""Families that seldom show any skewness: with F of them a skewness of at least 4 / F is assumed, at most 1."""


def mean_interval(values: Sequence[float], families: Sequence[str] = (), level: float = 0.05) -> Interval:
    """Return the mean with two-sided limits at `level`.

    Student's t on the families (jackknife over families, families minus one degrees of freedom; single prompts where no
    family repeats), widened where a studentised bootstrap over families reaches further, as it does for skewed values. Few
    families seldom show their long tail, so with F families the tail beyond a limit is cut by F / (F + 20 + 100 s), where s is
    the sample skewness towards that limit, at least 4 / F and at most 1; calibrated by simulation (`docs/coverage.md`).
    Sources: MacKinnon, Nielsen and Webb, Journal of Econometrics 232 (2023); Hall, Annals of Statistics 16 (1988).

    Raises:
        NotEnoughError: fewer than two families, or all values equal.
        StatisticsError: a value is not finite.
    """
    import numpy as np

    check_level(level)
    check_values(values, 2)
    family = np.asarray(family_indices(families, len(values)))
    sizes = np.bincount(family).astype(float)
    sums = np.bincount(family, weights=np.asarray(values, dtype=float)).astype(float)
    if len(sizes) < 2:
        raise NotEnoughError(
            f"{len(values)} values of one prompt family: the spread between families is unknown. Add other families."
        )
    error = float(_standard_error(sums, sizes))
    if error <= 1e-12 * max(1.0, float(np.abs(sums).max())):
        raise NotEnoughError(f"all {len(values)} values equal {values[0]:g}: no spread to learn the uncertainty from.")
    return _interval(sums, sizes, error, len(values), level)


def paired_mean_difference(
    baseline: Sequence[float], candidate: Sequence[float], families: Sequence[str] = (), level: float = 0.05
) -> Interval:
    """Return candidate mean minus baseline mean on the same prompts, with two-sided limits at `level`.

    As `mean_interval` of the differences. Where no difference varies (the same model twice), one unseen family is assumed to
    differ from the rest by the standard deviation of the values, so that the interval is never a point.

    Raises:
        NotEnoughError: fewer than two families, or every value of both sides is the same number.
        StatisticsError: sides of unequal length, or a value is not finite.
    """
    check_paired(baseline, candidate)
    check_values(baseline, 2)
    check_values(candidate, 2)
    differences = [after - before for before, after in zip(baseline, candidate, strict=True)]
    spread = _deviation([*baseline, *candidate])
    if _deviation(differences) > 1e-9 * spread:
        return mean_interval(differences, families, level)
    return _unseen_family(differences, spread, families, level)


def _unseen_family(differences: Sequence[float], spread: float, families: Sequence[str], level: float) -> Interval:
    check_level(level)
    if spread == 0:
        raise NotEnoughError(f"all {2 * len(differences)} values are equal: no spread to learn the uncertainty from.")
    count = max(family_indices(families, len(differences))) + 1
    reach = spread * (1 - (level / 2) ** (1 / count))
    value = sum(differences) / len(differences)
    method = "equal differences, one unseen family assumed to differ by a standard deviation"
    return Interval(value, value - reach, value + reach, len(differences), level, method)


def _interval(sums: "Array", sizes: "Array", error: float, n: int, level: float) -> Interval:
    from scipy.special import stdtrit

    value, count = float(sums.sum() / sizes.sum()), len(sizes)
    skew = _skewness(sums - sizes * value)
    below, above = (level / 2 * _caution(count, towards) for towards in (-skew, skew))
    method = "Student t" if count == n else f"Student t over {count} families"
    if count < FEWEST_FAMILIES:
        low, high = value + float(stdtrit(count - 1, below)) * error, value - float(stdtrit(count - 1, above)) * error
        return Interval(value, low, high, n, level, method)
    reach, ratios = float(stdtrit(count - 1, 1 - level / 2)) * error, _studentised(sums, sizes, value)
    low, high = min(value - reach, value - ratios(1 - below) * error), max(value + reach, value - ratios(above) * error)
    return Interval(value, low, high, n, level, f"{method} and studentised bootstrap, the wider")


def _caution(families: int, skew: float) -> float:
    return families / (families + CAUTION + SKEW_CAUTION * min(max(skew, UNSEEN_SKEW / families), 1.0))


def _skewness(residuals: "Array") -> float:
    """Return the third moment of residuals over the 1.5th power of their second."""
    return float((residuals**3).mean() / (residuals**2).mean() ** 1.5)


def _standard_error(sums: "Array", sizes: "Array") -> "Array":
    """Return the jackknife standard error of sum / size over the last axis, leaving out one family at a time."""
    import numpy as np

    count = sums.shape[-1]
    total, size = sums.sum(axis=-1, keepdims=True), sizes.sum(axis=-1, keepdims=True)
    without = (total - sums) / (size - sizes)
    error: Array = np.sqrt((count - 1) / count * ((without - without.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1))
    return error


def _studentised(sums: "Array", sizes: "Array", value: float) -> Callable[[float], float]:
    """Return the quantile function of (resampled mean - mean) / its standard error, families drawn with replacement."""
    import numpy as np

    count = len(sums)
    if sizes.min() == sizes.max() and count <= MOST_REMEMBERED:
        drawn, residuals = _times_drawn(count), sums / sizes[0] - value
        shifts = drawn @ residuals / count
        errors = np.sqrt(np.maximum(drawn @ residuals**2 / count - shifts**2, 0) / (count - 1))
    else:
        places = _places(count)
        errors = _standard_error(sums[places], sizes[places])
        shifts = sums[places].sum(axis=-1) / sizes[places].sum(axis=-1) - value
    varied = errors > 1e-6 * np.abs(shifts).max()
    ratios = shifts[varied] / errors[varied]
    return lambda share: float(np.quantile(ratios, share))


def _places(count: int) -> "NDArray[np.int64]":
    import numpy as np

    return np.random.default_rng(SEED).integers(0, count, (RESAMPLES, count))


@lru_cache(maxsize=4)
def _times_drawn(count: int) -> "Array":
    """Return how often each resample drew each family: with families of one size, its sums are two matrix products."""
    import numpy as np

    drawn = np.zeros((RESAMPLES, count))
    np.add.at(drawn, (np.arange(RESAMPLES)[:, None], _places(count)), 1.0)
    return drawn


def _deviation(values: Sequence[float]) -> float:
    import numpy as np

    return float(np.std(np.asarray(values, dtype=float)))
