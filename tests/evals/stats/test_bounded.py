"""The mean of bounded values."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from evals.stats.bounded import bounded_mean, p_value_above
from evals.stats.interval import NotEnoughError, StatisticsError
from evals.stats.proportions import exact_interval


@pytest.mark.parametrize(("ones", "n"), [(0, 1), (1, 1), (0, 20), (20, 20), (1, 20), (50, 100), (3, 1000), (0, 20_000)])
@pytest.mark.parametrize("level", [0.1, 0.05, 2e-6])
def test_values_on_the_bounds_give_exact_binomial_limits(ones: int, n: int, level: float) -> None:
    found, exact = bounded_mean([1.0] * ones + [0.0] * (n - ones), level=level), exact_interval(ones, n, level)
    assert found[:3] == pytest.approx(exact[:3], abs=3e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_limits_enclose_the_mean_and_are_never_a_point(values: list[float]) -> None:
    found = bounded_mean(values)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.high - found.low > 1e-4


def test_the_bounds_shift_and_scale_with_the_values() -> None:
    values = [0.1, 0.4, 0.4, 0.9, 0.7]
    found = bounded_mean([4 * value - 1 for value in values], low=-1.0, high=3.0)
    assert found[:3] == pytest.approx([4 * end - 1 for end in bounded_mean(values)[:3]], abs=1e-8)


def test_repeating_every_prompt_in_its_own_family_adds_no_certainty() -> None:
    values = [0.2, 0.9, 0.5, 1.0, 0.7, 0.0]
    names = [f"f{i}" for i in range(6)]
    repeated = bounded_mean(values * 5, names * 5)
    assert repeated[:3] == pytest.approx(bounded_mean(values)[:3], abs=1e-8)


def test_less_varied_values_give_narrower_limits() -> None:
    wide, narrow = bounded_mean([0.0, 1.0] * 30), bounded_mean([0.4, 0.6] * 30)
    assert narrow.high - narrow.low < 0.5 * (wide.high - wide.low)


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf])
def test_values_out_of_bounds_are_refused(value: float) -> None:
    with pytest.raises(StatisticsError, match="position 1"):
        bounded_mean([0.5, value])


def test_no_values_have_no_mean() -> None:
    with pytest.raises(NotEnoughError):
        bounded_mean([])


def test_families_of_another_length_are_refused() -> None:
    with pytest.raises(StatisticsError, match="2 families for 3 values"):
        bounded_mean([0.1, 0.2, 0.3], ["a", "b"])


@pytest.mark.parametrize("families", [(), ("a", "a", "b", "c", "d", "d", "e", "f")])
def test_a_limit_stands_where_its_p_value_is_its_tail(families: tuple[str, ...]) -> None:
    values = [0.1, 0.7, 0.4, 0.9, 1.0, 0.3, 0.6, 0.2]
    found = bounded_mean(values, families, level=0.08)
    assert p_value_above(values, found.low, families) == pytest.approx(0.04, abs=1e-4)
    assert p_value_above([1 - value for value in values], 1 - found.high, families) == pytest.approx(0.04, abs=1e-4)
    assert p_value_above(values, found.low - 0.05, families) < 0.04 < p_value_above(values, found.low + 0.05, families)


def test_the_p_value_of_wins_and_losses_is_binomial() -> None:
    assert p_value_above([1.0] * 14 + [0.0] * 6, 0.5) == pytest.approx(float(binom.sf(13, 20, 0.5)), abs=1e-6)
    assert p_value_above([0.0] * 20, 0.1) == 1.0
