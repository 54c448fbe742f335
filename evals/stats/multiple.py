"""Several tests of which any one may block."""

from collections.abc import Sequence

from evals.stats.interval import check_values


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return Holm's adjusted p-values, in the order given.

    Where any single harm blocks, harms with an adjusted p-value at or below the level block falsely at most that often, all tests
    taken together. Where all gates must pass, nothing is to be adjusted: passing all at level each errs at most that level.
    Source: Holm, Scandinavian Journal of Statistics 6 (1979).

    Raises:
        NotEnoughError: no p-values.
        StatisticsError: a p-value lies outside [0, 1].
    """
    from statsmodels.stats.multitest import multipletests

    check_values(p_values, 1, 0.0, 1.0)
    return tuple(float(p) for p in multipletests(p_values, method="holm")[1])


def chance_of_false_block(level: float, gates: int) -> float:
    """Return how often a harmless candidate is blocked when any of `gates` independent tests may block, unadjusted."""
    return float(1 - (1 - level) ** gates)
