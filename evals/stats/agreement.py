"""How far raters agree beyond chance."""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Final

from evals.stats.bounded import bounded_mean
from evals.stats.interval import Interval, NotEnoughError, StatisticsError

Ratings = Sequence[Sequence[Hashable]]
"""One row an item, one entry a rater; every item has the same number of ratings."""
Chance = Callable[[Ratings], float]
"""Agreement that chance alone would give."""
CERTAIN: Final = 1 - 1e-12


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable], level: float = 0.05) -> Interval:
    """Return Cohen's kappa of two raters over the same items, -1 to 1, with limits at `level` as in `gwet_ac1`.

    Source: Cohen, Educational and Psychological Measurement 20 (1960).

    Raises:
        NotEnoughError: no items, or both raters always give the same single label, where kappa is undefined; use `gwet_ac1`.
    """
    if len(first) != len(second):
        raise StatisticsError(f"{len(first)} and {len(second)} ratings: both raters must rate the same items.")

    def chance(rows: Ratings) -> float:
        ours, theirs = Counter(row[0] for row in rows), Counter(row[1] for row in rows)
        return sum(ours[label] * theirs[label] for label in ours) / len(rows) ** 2

    return _beyond_chance(list(zip(first, second, strict=True)), chance, level, "Cohen kappa")


def fleiss_kappa(ratings: Ratings, level: float = 0.05) -> Interval:
    """Return Fleiss' kappa of several raters, with limits at `level` as in `gwet_ac1`.

    Source: Fleiss, Psychological Bulletin 76 (1971). Raises NotEnoughError as `cohen_kappa` does.
    """
    return _beyond_chance(ratings, lambda rows: sum(share**2 for share in _shares(rows)), level, "Fleiss kappa")


def gwet_ac1(ratings: Ratings, level: float = 0.05, categories: int = 2) -> Interval:
    """Return Gwet's AC1 of two or more raters, which keeps its meaning where one label is rare.

    `categories` is how many labels raters could choose from; labels that were used count in any case. The limits are the wider of
    two: the bounded mean of the agreement by item, which keeps a width at perfect agreement, and Student's t with a jackknife
    over items, which carries the uncertainty of chance agreement.
    Source: Gwet, British Journal of Mathematical and Statistical Psychology 61 (2008).
    """

    def chance(rows: Ratings) -> float:
        shares = _shares(rows)
        return sum(share * (1 - share) for share in shares) / (max(len(shares), categories, 2) - 1)

    return _beyond_chance(ratings, chance, level, "Gwet AC1")


def _beyond_chance(ratings: Ratings, chance: Chance, level: float, name: str) -> Interval:
    from scipy.special import stdtrit

    _check(ratings)
    expected = chance(ratings)
    if expected >= CERTAIN:
        raise NotEnoughError(f"{name}: all ratings are the same label, so agreement beyond chance is undefined. Use Gwet's AC1.")
    agreement = bounded_mean([_agreement(row) for row in ratings], level=level)
    value, low, high = ((share - expected) / (1 - expected) for share in agreement[:3])
    reach = float(stdtrit(max(len(ratings) - 1, 1), 1 - level / 2)) * _jackknife_error(ratings, chance)
    return Interval(value, min(low, value - reach), min(max(high, value + reach), 1.0), len(ratings), level, name)


def _jackknife_error(ratings: Ratings, chance: Chance) -> float:
    """Return the standard error over items; items rated alike leave the same rest, so each kind is left out once."""
    rows = [tuple(row) for row in ratings]
    rests = []
    for kind, count in Counter(rows).items():
        rest = list(rows)
        rest.remove(kind)
        expected = chance(rest) if rest else 1.0
        if expected < CERTAIN:
            rests.append((count, (sum(map(_agreement, rest)) / len(rest) - expected) / (1 - expected)))
    total = sum(count for count, _ in rests)
    if total < 2:
        return 0.0
    mean = sum(count * value for count, value in rests) / total
    return math.sqrt((total - 1) / total * sum(count * (value - mean) ** 2 for count, value in rests))


def _agreement(row: Sequence[Hashable]) -> float:
    """Return the share of pairs of raters that agree on one item."""
    return sum(count * (count - 1) for count in Counter(row).values()) / (len(row) * (len(row) - 1))


def _shares(ratings: Ratings) -> list[float]:
    counts = Counter(label for row in ratings for label in row)
    return [count / counts.total() for count in counts.values()]


def _check(ratings: Ratings) -> None:
    if not ratings:
        raise NotEnoughError("no rated items. Rate some items twice.")
    raters = {len(row) for row in ratings}
    if len(raters) > 1 or min(raters) < 2:
        raise StatisticsError(f"items with {sorted(raters)} ratings: every item needs the same number, at least two.")
