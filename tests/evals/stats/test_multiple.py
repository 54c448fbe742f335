"""Several tests at once."""

import pytest

from evals.stats.interval import NotEnoughError, StatisticsError
from evals.stats.multiple import chance_of_false_block, holm


def test_holm_multiplies_the_smallest_by_all_and_never_decreases() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))


def test_one_test_is_not_adjusted() -> None:
    assert holm([0.04]) == (0.04,)


def test_adjusted_values_end_at_one() -> None:
    assert holm([0.5, 0.9, 1.0]) == (1.0, 1.0, 1.0)


def test_eight_unadjusted_harm_tests_block_a_harmless_candidate_one_time_in_three() -> None:
    assert chance_of_false_block(0.05, 8) == pytest.approx(0.337, abs=5e-4)


def test_what_is_not_a_p_value_is_refused() -> None:
    with pytest.raises(StatisticsError):
        holm([0.2, 1.2])
    with pytest.raises(NotEnoughError):
        holm([])
