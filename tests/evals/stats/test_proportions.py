"""Limits of one rate."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from evals.stats.interval import NotEnoughError, StatisticsError
from evals.stats.proportions import exact_interval, lower_limit, mid_p_interval, upper_limit


@pytest.mark.parametrize(("n", "limit"), [(29, 0.10), (59, 0.05), (149, 0.02), (299, 0.01), (598, 0.005)])
def test_zero_events_stay_just_below_a_round_limit(n: int, limit: float) -> None:
    assert upper_limit(0, n) < limit < upper_limit(0, n - 1)
    assert upper_limit(0, n) == pytest.approx(1 - 0.05 ** (1 / n), abs=1e-12)


@pytest.mark.parametrize(("successes", "n"), [(0, 12), (1, 12), (7, 12), (12, 12), (350, 1000)])
def test_exact_limits_are_those_of_the_binomial_test(successes: int, n: int) -> None:
    expected = binomtest(successes, n).proportion_ci(0.95, method="exact")
    found = exact_interval(successes, n)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-10)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_limits_enclose_the_rate_and_are_never_a_point(counts: tuple[int, int]) -> None:
    for found in (exact_interval(*counts), mid_p_interval(*counts)):
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert found.high - found.low > 0


def test_one_sided_limits_lie_inside_two_sided_ones() -> None:
    found = exact_interval(3, 40)
    assert found.low < lower_limit(3, 40) < 3 / 40 < upper_limit(3, 40) < found.high
    assert upper_limit(3, 40) == exact_interval(3, 40, level=0.10).high


def test_a_mid_p_limit_leaves_half_of_the_observed_count_in_the_tail() -> None:
    found = mid_p_interval(3, 40)
    assert binom.cdf(2, 40, found.high) + binom.pmf(3, 40, found.high) / 2 == pytest.approx(0.025)
    exact = exact_interval(3, 40)
    assert exact.low < found.low and found.high < exact.high


def test_nothing_measured_is_not_a_rate() -> None:
    with pytest.raises(NotEnoughError, match="nothing was measured"):
        exact_interval(0, 0)


@pytest.mark.parametrize(("successes", "n", "level"), [(-1, 5, 0.05), (6, 5, 0.05), (2, 5, 0.0), (2, 5, 1.0), (2, 5, math.nan)])
def test_impossible_counts_and_levels_are_refused(successes: int, n: int, level: float) -> None:
    with pytest.raises(StatisticsError):
        exact_interval(successes, n, level)
