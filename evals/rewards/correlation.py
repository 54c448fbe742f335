"""How far two rankings of the same answers agree."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from evals.stats.families import family_indices
from evals.stats.interval import Interval, NotEnoughError, check_level, check_paired, check_values

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

RESAMPLES: Final = 500
FEWEST: Final = 3
SEED: Final = 1904


def rank_correlation(
    first: Sequence[float], second: Sequence[float], families: Sequence[str], level: float = 0.10, within: bool = False
) -> Interval:
    """Return Spearman's correlation, -1 to 1, with limits from a bootstrap over families.

    Ties share the mean of their ranks. With `within`, ranks are taken inside each family and centred, so that only what tells
    the members of a family apart counts. The limits are percentiles over resampled families: approximate, and a point where
    every family agrees perfectly. Sources: Spearman, American Journal of Psychology 15 (1904); Efron, Annals of Statistics 7
    (1979).

    Raises:
        NotEnoughError: fewer than three values, or one side does not vary.
        StatisticsError: sides of unequal length, or a value is not finite.
    """
    import numpy as np

    check_level(level)
    check_paired(first, second)
    check_values(first, FEWEST)
    check_values(second, FEWEST)
    numbers = np.asarray(family_indices(families, len(first)))
    members = [np.flatnonzero(numbers == number) for number in range(int(numbers.max()) + 1)]
    sides = np.asarray([first, second], dtype=float)
    if within:
        sides = np.asarray([_ranks_inside(side, members) for side in sides])
    value = _correlation(sides, within)
    if value is None:
        raise NotEnoughError(f"the {len(first)} values of one side are all alike, so nothing can be ranked.")
    low, high = _limits(lambda places: _correlation(sides[:, places], within), members, level)
    return Interval(value, min(low, value), max(high, value), len(first), level, "Spearman, bootstrap over prompts")


def _correlation(sides: "Array", ranked: bool) -> float | None:
    import numpy as np
    from scipy.stats import rankdata

    ranks = sides if ranked else np.asarray([rankdata(side) for side in sides])
    ranks = ranks - ranks.mean(axis=1, keepdims=True)
    scale = float(np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum()))
    return float(np.clip((ranks[0] * ranks[1]).sum() / scale, -1, 1)) if scale > 0 else None


def _ranks_inside(side: "Array", members: "Sequence[NDArray[np.intp]]") -> "Array":
    import numpy as np
    from scipy.stats import rankdata

    ranks = np.zeros_like(side)
    for places in members:
        inside = rankdata(side[places])
        ranks[places] = inside - inside.mean()
    return ranks


def _limits(
    statistic: "Callable[[NDArray[np.intp]], float | None]", members: "Sequence[NDArray[np.intp]]", level: float
) -> tuple[float, float]:
    import numpy as np

    drawn = np.random.default_rng(SEED).integers(0, len(members), (RESAMPLES, len(members)))
    values = [statistic(np.concatenate([members[number] for number in row])) for row in drawn]
    known = [value for value in values if value is not None]
    if not known:
        return -1.0, 1.0
    low, high = np.quantile(known, [level / 2, 1 - level / 2])
    return float(low), float(high)
