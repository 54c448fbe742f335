"""The exact test of two rates, the lift, and the sample that decides."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from evals.pairs.two_rates import Rate, chances_of_lead, impressions_needed, lift


def rates() -> st.SearchStrategy[Rate]:
    """Return rates of up to 30 impressions."""
    return st.integers(1, 30).flatmap(lambda shown: st.integers(0, shown).map(lambda clicks: Rate(clicks, shown)))


@given(rates(), rates())
def test_the_chance_is_the_sum_of_all_tables_as_lopsided(first: Rate, second: Rate) -> None:
    clicks, shown = first.clicks + second.clicks, first.impressions + second.impressions
    most = min(clicks, first.impressions)
    tables = (comb(first.impressions, k) * comb(second.impressions, clicks - k) for k in range(first.clicks, most + 1))
    assert chances_of_lead([first], [second])[0] == pytest.approx(sum(tables) / comb(shown, clicks))


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("sizes", [(20, 20), (15, 40)])
def test_equal_rates_lead_by_chance_no_more_often_than_said(rate: float, sizes: tuple[int, int]) -> None:
    first, second = sizes
    tables = [(Rate(k, first), Rate(j, second)) for k in range(first + 1) for j in range(second + 1)]
    chances = chances_of_lead([table[0] for table in tables], [table[1] for table in tables])
    weights = [binom.pmf(one.clicks, first, rate) * binom.pmf(two.clicks, second, rate) for one, two in tables]
    for level in (0.1, 0.025, 0.001):
        assert sum(w for w, chance in zip(weights, chances, strict=True) if chance <= level) <= level


def test_lift_is_relative_and_within_its_limits() -> None:
    found = lift(Rate(120, 1000), Rate(100, 1000))
    assert found.value == pytest.approx(0.2)
    assert found.low is not None and found.high is not None
    assert found.low < 0
    assert found.high > 0.4
    assert found.n == 2000


def test_lift_over_no_clicks_has_a_lower_limit_only() -> None:
    found = lift(Rate(30, 1000), Rate(0, 1000))
    assert (found.value, found.high) == (None, None)
    assert found.low is not None and found.low > 1


@given(rates(), rates())
def test_lift_never_leaves_its_limits(first: Rate, second: Rate) -> None:
    found = lift(first, second)
    if found.value is not None and found.low is not None and found.high is not None:
        assert -1 <= found.low <= found.value <= found.high


@pytest.mark.parametrize(("first", "second"), [(0.3, 0.1), (0.5, 0.25), (0.1, 0.02)])
def test_the_sample_needed_decides_four_times_in_five(first: float, second: float) -> None:
    needed = impressions_needed(first, second, level=0.025)
    assert needed is not None
    assert power(first, second, needed) == pytest.approx(0.8, abs=0.05)
    assert power(first, second, needed // 2) < 0.65


def power(first: float, second: float, n: int) -> float:
    """Return how often the exact one-sided test at 2.5 % finds the first rate to be higher."""
    tables = [(Rate(k, n), Rate(j, n)) for k in range(n + 1) for j in range(n + 1)]
    chances = chances_of_lead([table[0] for table in tables], [table[1] for table in tables])
    mine, theirs = binom.pmf(range(n + 1), n, first), binom.pmf(range(n + 1), n, second)
    decided = (mine[a.clicks] * theirs[b.clicks] for (a, b), chance in zip(tables, chances, strict=True) if chance <= 0.025)
    return float(sum(decided))


def test_no_sample_tells_equal_rates_apart() -> None:
    assert impressions_needed(0.1, 0.1, level=0.05) is None
