"""How far raters agree beyond chance."""

from collections import Counter
from collections.abc import Hashable, Sequence

from evals.stats.bounded import bounded_mean
from evals.stats.interval import Interval, NotEnoughError, StatisticsError

Ratings = Sequence[Sequence[Hashable]]
"""One row an item, one entry a rater; every item has the same number of ratings."""


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable], level: float = 0.05) -> Interval:
    """Return Cohen's kappa of two raters over the same items, -1 to 1, with limits at `level`.

    Source: Cohen, Educational and Psychological Measurement 20 (1960). Limits as in `gwet_ac1`.

    Raises:
        NotEnoughError: no items, or both raters always give the same single label, where kappa is undefined; use `gwet_ac1`.
    """
    if len(first) != len(second):
        raise StatisticsError(f"{len(first)} and {len(second)} ratings: both raters must rate the same items.")
    rows = list(zip(first, second, strict=True))
    _check(rows)
    ours, theirs = Counter(first), Counter(second)
    chance = sum(ours[label] * theirs[label] for label in ours) / len(rows) ** 2
    return _beyond_chance(rows, chance, level, "Cohen kappa")


def fleiss_kappa(ratings: Ratings, level: float = 0.05) -> Interval:
    """Return Fleiss' kappa of several raters, with limits at `level` as in `gwet_ac1`.

    Source: Fleiss, Psychological Bulletin 76 (1971).
    """
    _check(ratings)
    chance = sum(share**2 for share in _shares(ratings))
    return _beyond_chance(ratings, chance, level, "Fleiss kappa")


def gwet_ac1(ratings: Ratings, level: float = 0.05, categories: int = 0) -> Interval:
    """Return Gwet's AC1 of two or more raters, which keeps its meaning where one label is rare.

    `categories` counts the labels raters could choose from, where some were never used (at least two). The limits are those of
    the mean agreement over items, a bounded mean, at the chance agreement observed; perfect agreement therefore keeps a width.
    Source: Gwet, British Journal of Mathematical and Statistical Psychology 61 (2008).
    """
    _check(ratings)
    shares = _shares(ratings)
    chance = sum(share * (1 - share) for share in shares) / (max(len(shares), categories, 2) - 1)
    return _beyond_chance(ratings, chance, level, "Gwet AC1")


def _beyond_chance(ratings: Ratings, chance: float, level: float, name: str) -> Interval:
    if chance >= 1 - 1e-12:
        raise NotEnoughError(f"{name}: all ratings are the same label, so agreement beyond chance is undefined. Use Gwet's AC1.")
    agreement = bounded_mean([_agreement(row) for row in ratings], level=level)
    value, low, high = ((share - chance) / (1 - chance) for share in agreement[:3])
    return Interval(value, low, high, len(ratings), level, f"{name}, limits of the mean agreement")


def _agreement(row: Sequence[Hashable]) -> float:
    """Return the share of pairs of raters that agree on one item."""
    return sum(count * (count - 1) for count in Counter(row).values()) / (len(row) * (len(row) - 1))


def _shares(ratings: Ratings) -> list[float]:
    counts = Counter(label for row in ratings for label in row)
    total = counts.total()
    return [count / total for count in counts.values()]


def _check(ratings: Ratings) -> None:
    if not ratings:
        raise NotEnoughError("no rated items. Rate some items twice.")
    raters = {len(row) for row in ratings}
    if len(raters) > 1 or min(raters) < 2:
        raise StatisticsError(f"items with {sorted(raters)} ratings: every item needs the same number, at least two.")
