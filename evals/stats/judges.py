"""Judges that err: rates corrected for their errors, and the errors' own uncertainty carried along."""

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.stats.interval import Interval, NotEnoughError, StatisticsError, check_level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DRAWS_POWER: Final = 11
SEED: Final = 20150


class JudgeErrors(NamedTuple):
    """A judge against known answers: how many positives it found, and how many negatives it left alone."""

    found: int
    positives: int
    left_alone: int
    negatives: int


def rogan_gladen(flagged: int, n: int, judge: JudgeErrors, level: float = 0.05) -> Interval:
    """Return the true rate behind a judge that flags `flagged` of `n`, with two-sided limits at `level`.

    The point is (flagged / n + Sp - 1) / (Se + Sp - 1), cut to [0, 1]. The limits meld the exact confidence distributions of
    the flagged rate, the sensitivity Se and the specificity Sp, so that the judge's own uncertainty is in them. Sources: Rogan
    and Gladen, American Journal of Epidemiology 107 (1978); Fay, Proschan and Brittain, Biometrics 71 (2015); Bayer, Fay and
    Graubard, Statistics in Medicine 42 (2023).

    Raises:
        NotEnoughError: a denominator is 0.
        StatisticsError: impossible counts, or a judge that on its known answers is no better than chance.
    """
    import numpy as np

    check_level(level)
    for hits, total in ((flagged, n), (judge.found, judge.positives), (judge.left_alone, judge.negatives)):
        _check_share(hits, total)
    se, sp = judge.found / judge.positives, judge.left_alone / judge.negatives
    if se + sp <= 1:
        raise StatisticsError(f"sensitivity {se:.2f} and specificity {sp:.2f}: this judge is no better than chance. Use another.")
    value = min(max((flagged / n + sp - 1) / (se + sp - 1), 0.0), 1.0)
    flag, se_point, sp_point = _uniform_points()
    found, left_alone = (judge.found, judge.positives), (judge.left_alone, judge.negatives)
    lowest = _corrected(_below(flagged, n, flag), _above(*found, se_point), _below(*left_alone, sp_point), 0.0)
    highest = _corrected(_above(flagged, n, flag), _below(*found, se_point), _above(*left_alone, sp_point), 1.0)
    low, high = float(np.quantile(lowest, level / 2)), float(np.quantile(highest, 1 - level / 2))
    return Interval(value, min(low, value), max(high, value), n, level, "Rogan-Gladen, melded exact limits")


def _corrected(flagged: "Array", se: "Array", sp: "Array", worst: float) -> "Array":
    import numpy as np

    useful = se + sp - 1 > 1e-9
    corrected = np.clip((flagged + sp - 1) / np.where(useful, se + sp - 1, 1.0), 0.0, 1.0)
    return np.where(useful, corrected, worst)


def _below(hits: int, total: int, points: "Array") -> "Array":
    """Return the distribution of lower Clopper-Pearson limits over all levels."""
    from scipy.special import betaincinv

    return points * 0.0 if hits == 0 else betaincinv(hits, total - hits + 1, points)


def _above(hits: int, total: int, points: "Array") -> "Array":
    """Return the distribution of upper Clopper-Pearson limits over all levels."""
    from scipy.special import betaincinv

    return points * 0.0 + 1.0 if hits == total else betaincinv(hits + 1, total - hits, points)


@cache
def _uniform_points() -> "Array":
    """Return evenly spread points of the unit cube, one row a dimension; the same ones at every call."""
    from scipy.stats import qmc

    points: Array = qmc.Sobol(3, rng=SEED).random_base2(DRAWS_POWER).T
    return points


def _check_share(hits: int, total: int) -> None:
    if total == 0:
        raise NotEnoughError(
            "a judge cannot be corrected without answers: one of its counts has denominator 0. Label some items."
        )
    if not 0 <= hits <= total:
        raise StatisticsError(f"{hits} of {total}: the count must lie between 0 and the total.")
