"""How often the candidate's answer is preferred."""

from collections.abc import Sequence

from evals.stats.bounded import bounded_mean
from evals.stats.interval import Interval


def win_rate(preferences: Sequence[float], families: Sequence[str] = (), level: float = 0.05) -> Interval:
    """Return the mean preference for the candidate, 0 to 1, with two-sided limits at `level`.

    A preference is 1 for a win, 0 for a loss, 0.5 for a tie, or the judge's probability that the candidate's answer is better.
    The limits are those of `bounded_mean`: Clopper-Pearson where there are only wins and losses, and never a point, not even
    when every prompt is won.

    Raises:
        NotEnoughError: no preferences; leave out prompts that the judge failed on, they are missing and not ties.
        StatisticsError: a preference lies outside [0, 1].
    """
    return bounded_mean(preferences, families, level)
