"""Rates behind judges that err."""

import pytest

from evals.stats.interval import NotEnoughError, StatisticsError
from evals.stats.judges import JudgeErrors, rogan_gladen
from evals.stats.proportions import exact_interval

SURE = JudgeErrors(found=100_000, positives=100_000, left_alone=100_000, negatives=100_000)
FAIR = JudgeErrors(found=45, positives=50, left_alone=95, negatives=100)


def test_the_point_is_rogan_and_gladens() -> None:
    assert rogan_gladen(40, 200, FAIR).value == pytest.approx((0.2 + 0.95 - 1) / (0.9 + 0.95 - 1))


def test_a_judge_known_to_be_right_leaves_the_exact_limits() -> None:
    found, exact = rogan_gladen(8, 100, SURE), exact_interval(8, 100)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=2e-3)


def test_fewer_known_answers_widen_the_limits() -> None:
    many = JudgeErrors(found=900, positives=1000, left_alone=1900, negatives=2000)
    wide, narrow = rogan_gladen(40, 200, FAIR), rogan_gladen(40, 200, many)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_flags_within_the_false_alarms_are_compatible_with_no_case_at_all() -> None:
    found = rogan_gladen(10, 200, FAIR)
    assert found.low == found.value == 0
    assert 0 < found.high < 0.2


def test_no_flag_keeps_an_upper_limit() -> None:
    found = rogan_gladen(0, 60, FAIR)
    assert found.value == 0
    assert found.high > 0.01


def test_a_judge_no_better_than_chance_is_refused() -> None:
    with pytest.raises(StatisticsError, match="no better than chance"):
        rogan_gladen(10, 100, JudgeErrors(found=5, positives=10, left_alone=5, negatives=10))


def test_a_judge_without_known_answers_is_refused() -> None:
    with pytest.raises(NotEnoughError):
        rogan_gladen(10, 100, JudgeErrors(found=0, positives=0, left_alone=5, negatives=10))
