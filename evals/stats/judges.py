"""Judges that err: rates corrected for their errors, and the errors' own uncertainty carried along."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.stats.interval import Interval, NotEnoughError, StatisticsError, check_level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DRAWS_POWER: Final = 11
SEED: Final = 20150
OBSERVED_SHARE: Final = 0.9
"""Of the error of a corrected limit, what the observed difference uses up; the rest is for the judge's own errors."""


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


def youden(judge: JudgeErrors, level: float = 0.05) -> Interval:
    """Return Se + Sp - 1, the share of a true difference that a judge lets through, with two-sided limits at `level`.

    The limits meld the exact confidence distributions of both shares (Youden, Cancer 3, 1950; Fay et al., Biometrics 71, 2015).

    Raises:
        NotEnoughError: a denominator is 0.
        StatisticsError: impossible counts.
    """
    import numpy as np

    check_level(level)
    found, left_alone = (judge.found, judge.positives), (judge.left_alone, judge.negatives)
    for hits, total in (found, left_alone):
        _check_share(hits, total)
    value = judge.found / judge.positives + judge.left_alone / judge.negatives - 1
    _, se, sp = _uniform_points()
    low = float(np.quantile(_below(*found, se) + _below(*left_alone, sp) - 1, level / 2))
    high = float(np.quantile(_above(*found, se) + _above(*left_alone, sp) - 1, 1 - level / 2))
    n = judge.positives + judge.negatives
    return Interval(value, min(low, value), max(high, value), n, level, "Youden's index, melded exact limits")


class SeenMargin(NamedTuple):
    """What an observed difference must meet for the true one, behind a judge's errors, to meet a margin."""

    margin: float
    level: float
    """One-sided error of the observed limit."""
    kept: float
    """Share of a true difference that is counted on: at least so much is seen of a loss, at most so much of a gain."""


def seen_margin(margin: float, level: float, is_gain: bool, judge: JudgeErrors) -> SeenMargin | None:
    """Return the margin on the scale of what a judge sees, as `corrected_difference` decides at `level`.

    None where no observed difference would do: a judge that may be no better than chance.
    """
    if judge.found / judge.positives + judge.left_alone / judge.negatives <= 1:
        return None
    share = youden(judge, 2 * (1 - OBSERVED_SHARE) * level)
    kept = share.high if is_gain else share.low
    return SeenMargin(margin * kept, OBSERVED_SHARE * level, kept) if kept > 0 else None


def corrected_difference(observed: Callable[[float], Interval], judge: JudgeErrors, level: float = 0.05) -> Interval:
    """Return the true difference of two rates behind a judge that errs alike on both sides, each limit erring at most `level`.

    Such a judge shows a difference as Se + Sp - 1 times what it is, so limits are divided by the limits of that share; the errors
    of both are added (Bonferroni). A judge whose share may be 0 leaves that side without a limit.

    Args:
        observed: the observed difference, in [-1, 1], with limits that each err at most at the level given.
        judge: its counts on labelled answers, the same population as those it read.
        level: one-sided error of each limit.

    Raises:
        NotEnoughError: a denominator is 0.
        StatisticsError: impossible counts, or a judge that on its known answers is no better than chance.
    """
    seen, share = observed(OBSERVED_SHARE * level), youden(judge, 2 * (1 - OBSERVED_SHARE) * level)
    if share.value <= 0:
        raise StatisticsError(
            f"this judge lets {share.value:.2f} of a difference through: it is no better than chance. Use another."
        )
    value = _undone(seen.value, share.value)
    low = _undone(seen.low, share.low if seen.low < 0 else share.high)
    high = _undone(seen.high, share.low if seen.high > 0 else share.high)
    return Interval(value, low, high, seen.n, level, f"{seen.method}, divided by the limits of Se + Sp - 1")


def _undone(difference: float, share: float) -> float:
    """Return the difference that a share of is seen, at most 1 in size."""
    if difference == 0:
        return 0.0
    sign = 1.0 if difference > 0 else -1.0
    return sign if share <= abs(difference) else difference / share


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
