"""Limits that are valid at every look."""

import numpy as np
import pytest

from evals.stats.interval import NotEnoughError, StatisticsError
from evals.stats.sequential import sequential_mean
from evals.stats.winrate import win_rate


def wins(count: int, losses: int) -> list[float]:
    """Return shuffled wins and losses."""
    return list(np.random.default_rng(1).permutation([1.0] * count + [0.0] * losses))


def test_limits_only_narrow_as_values_arrive() -> None:
    values = wins(60, 40)
    found = [sequential_mean(values[:n]) for n in (10, 40, 70, 100)]
    assert [i.high for i in found] == sorted((i.high for i in found), reverse=True)
    assert [i.low for i in found] == sorted(i.low for i in found)


def test_a_mean_is_excluded_where_a_bet_against_it_has_paid_forty_times() -> None:
    """Against a mean of 1/2 the first stake is 0.75 / 0.5, cut from above; five wins in a row pay 1.75 each time."""
    assert sequential_mean([1.0] * 6).low < 0.5 < sequential_mean([1.0] * 7).low
    assert 1.75**6 < 40 < 1.75**7


def test_swapping_the_sides_mirrors_the_limits() -> None:
    values = [0.9, 0.2, 0.5, 1.0, 0.65, 0.7] * 5
    found, swapped = sequential_mean(values), sequential_mean([1 - value for value in values])
    assert (swapped.low, swapped.high) == pytest.approx((1 - found.high, 1 - found.low), abs=1e-9)


def test_other_bounds_only_shift_and_stretch() -> None:
    values = wins(30, 12)
    shares, points = sequential_mean(values), sequential_mean([2 * v - 1 for v in values], low=-1.0)
    assert points[:3] == pytest.approx([2 * end - 1 for end in shares[:3]], abs=1e-9)


def test_the_price_of_looking_is_bounded() -> None:
    values = wins(240, 160)
    looked, once = sequential_mean(values), win_rate(values)
    assert once.high - once.low < looked.high - looked.low < 2.5 * (once.high - once.low)
    assert looked.low > 0.5


def test_values_that_vary_little_give_short_limits() -> None:
    rng = np.random.default_rng(2)
    calm, loud = sequential_mean(list(rng.uniform(0.45, 0.55, 200))), sequential_mean(wins(100, 100))
    assert calm.high - calm.low < 0.5 * (loud.high - loud.low)


def test_values_that_cannot_be_are_refused() -> None:
    with pytest.raises(NotEnoughError):
        sequential_mean([])
    with pytest.raises(StatisticsError):
        sequential_mean([0.5, 1.2])
