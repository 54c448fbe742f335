"""Agreement of raters who did not all rate everything."""

import math
from collections import Counter
from collections.abc import Hashable, Sequence

from evals.stats.bounded import bounded_mean
from evals.stats.interval import Interval, NotEnoughError

METHOD = "Krippendorff alpha, nominal"


def krippendorff_alpha(items: Sequence[Sequence[Hashable]], level: float = 0.05) -> Interval:
    """Return Krippendorff's alpha for labels without order; 1 is full agreement, 0 what chance gives.

    One entry an item, holding its ratings; items with fewer than two are left out. The limits are the wider of two: the bounded
    mean of disagreement, which keeps a width at full agreement, and Student's t with a jackknife over items.
    Source: Krippendorff, Content Analysis, 4th edition (2018), chapter 12.

    Raises:
        NotEnoughError: no item has two ratings, or all ratings are the same label.
    """
    from scipy.special import stdtrit

    counts = [Counter(ratings) for ratings in items if len(ratings) > 1]
    totals: Counter[Hashable] = sum(counts, Counter())
    if not counts:
        raise NotEnoughError("no item was rated twice, so agreement is unknown. Have some items rated by two people.")
    if len(totals) < 2:
        raise NotEnoughError("all ratings are the same label, so agreement beyond chance is undefined.")
    observed, expected = sum(map(_disagreement, counts)) / totals.total(), _expected(totals)
    families = [str(place) for place, count in enumerate(counts) for _ in range(count.total())]
    shares = [_disagreement(count) / count.total() for count in counts for _ in range(count.total())]
    bounds = bounded_mean(shares, families, level)
    reach = float(stdtrit(max(len(counts) - 1, 1), 1 - level / 2)) * _jackknife_error(counts, totals)
    value = 1 - observed / expected
    low, high = min(1 - bounds.high / expected, value - reach), max(1 - bounds.low / expected, value + reach)
    return Interval(value, low, min(high, 1.0), len(counts), level, METHOD)


def _disagreement(count: Counter[Hashable]) -> float:
    """Return the disagreeing ordered pairs of ratings of one item, each worth 1 / (ratings - 1)."""
    rated = count.total()
    return (rated**2 - sum(n * n for n in count.values())) / (rated - 1)


def _expected(totals: Counter[Hashable]) -> float:
    """Return the share of disagreeing pairs among all ratings of all items."""
    n = totals.total()
    return (n * n - sum(count * count for count in totals.values())) / (n * (n - 1))


def _jackknife_error(counts: Sequence[Counter[Hashable]], totals: Counter[Hashable]) -> float:
    disagreement = sum(map(_disagreement, counts))
    rests = []
    for count in counts:
        rest = totals - count
        if len(rest) > 1:
            rests.append(1 - (disagreement - _disagreement(count)) / rest.total() / _expected(rest))
    if len(rests) < 2:
        return 0.0
    mean = sum(rests) / len(rests)
    return math.sqrt((len(rests) - 1) / len(rests) * sum((value - mean) ** 2 for value in rests))
