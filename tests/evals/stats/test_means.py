"""Means and paired means."""

import math

import numpy as np
import pytest
from scipy.stats import t

from evals.stats.interval import NotEnoughError, StatisticsError
from evals.stats.means import mean_interval, paired_mean_difference

VALUES = [2.1, 2.9, 3.3, 1.8, 2.4, 2.2, 3.0, 2.6, 2.7, 2.5, 2.0, 3.1]


def test_limits_contain_those_of_student_and_stay_close_for_symmetric_values() -> None:
    error = float(np.std(VALUES, ddof=1)) / math.sqrt(len(VALUES))
    low, high = t.interval(0.95, len(VALUES) - 1, float(np.mean(VALUES)), error)
    found = mean_interval(VALUES)
    assert found.value == pytest.approx(float(np.mean(VALUES)))
    assert found.low <= low + 1e-9 and found.high >= high - 1e-9
    assert found.high - found.low < 1.5 * (high - low)


def test_the_caution_with_few_values_wears_off() -> None:
    values = list(np.random.default_rng(4).normal(0, 1, 500))
    low, high = t.interval(0.95, 499, float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(500))
    found = mean_interval(values)
    assert found.high - found.low < 1.06 * (high - low)


def test_limits_reach_further_towards_the_long_tail() -> None:
    found = mean_interval(list(np.random.default_rng(5).lognormal(0, 1, 40)))
    assert found.high - found.value > 1.2 * (found.value - found.low)


def test_the_same_values_give_the_same_limits_every_time() -> None:
    assert mean_interval(VALUES) == mean_interval(VALUES)


def test_repeating_prompts_inside_their_family_adds_no_certainty() -> None:
    families = [f"f{i}" for i in range(len(VALUES))]
    assert mean_interval(VALUES * 3, families * 3)[:3] == pytest.approx(mean_interval(VALUES)[:3])


def test_large_families_weigh_by_their_prompts() -> None:
    found = mean_interval([1.0, 1.2, 1.1, 3.0, 2.0], ["a", "a", "a", "b", "c"])
    assert found.value == pytest.approx(8.3 / 5)
    assert found.method.startswith("Student t over 3 families")


def test_a_paired_difference_is_the_mean_of_differences() -> None:
    candidate = [value + shift for value, shift in zip(VALUES, [0.1, 0.3, 0.2, 0.0, 0.25, 0.15] * 2, strict=True)]
    found = paired_mean_difference(VALUES, candidate)
    assert found.value == pytest.approx(1 / 6)
    assert 0 < found.low < found.value < found.high
    assert paired_mean_difference(candidate, VALUES).value == pytest.approx(-found.value)


@pytest.mark.parametrize("shift", [0.0, 0.4])
def test_differences_that_never_vary_keep_a_width_that_shrinks_with_n(shift: float) -> None:
    few = paired_mean_difference(VALUES, [value + shift for value in VALUES])
    many = paired_mean_difference(VALUES * 10, [value + shift for value in VALUES * 10])
    assert few.low < shift < few.high
    assert 0 < many.high - many.low < few.high - few.low


def test_a_single_repeated_number_says_nothing_about_its_uncertainty() -> None:
    with pytest.raises(NotEnoughError, match="no spread"):
        mean_interval([0.3] * 50)
    with pytest.raises(NotEnoughError, match="no spread"):
        paired_mean_difference([0.3] * 50, [0.3] * 50)


def test_one_family_says_nothing_about_the_spread_between_families() -> None:
    with pytest.raises(NotEnoughError, match="Add other families"):
        mean_interval([0.1, 0.2, 0.3], ["a", "a", "a"])


@pytest.mark.parametrize("values", [[], [1.0]])
def test_fewer_than_two_values_are_not_enough(values: list[float]) -> None:
    with pytest.raises(NotEnoughError):
        mean_interval(values)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_values_that_are_not_finite_are_refused(bad: float) -> None:
    with pytest.raises(StatisticsError, match="finite"):
        paired_mean_difference([1.0, 2.0], [1.0, bad])
