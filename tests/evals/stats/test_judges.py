"""Rates behind judges that err."""

from collections.abc import Sequence
from functools import partial

import numpy
import pytest
from scipy.stats import binom

from evals.stats.interval import Interval, NotEnoughError, StatisticsError
from evals.stats.judges import JudgeErrors, corrected_difference, rogan_gladen, youden
from evals.stats.paired import paired_rate_difference
from evals.stats.proportions import exact_interval

SAMPLES = 200
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


def test_youden_is_the_share_of_a_difference_that_is_seen() -> None:
    found = youden(FAIR)
    assert found.value == pytest.approx(0.9 + 0.95 - 1)
    assert 0.6 < found.low < found.value < found.high < 1


def test_a_difference_behind_errors_is_divided_by_what_is_seen_of_it() -> None:
    found = corrected_difference(lambda level: Interval(-0.02, -0.05, 0.01, 100, level, "given"), FAIR)
    assert found.value == pytest.approx(-0.02 / 0.85)
    assert found.low < -0.05 / 0.85 and found.high > 0.01 / 0.85


def test_a_judge_that_is_right_leaves_a_difference_as_it_is() -> None:
    seen = paired_rate_difference([True] * 50, [True] * 48 + [False] * 2, level=0.09)
    found = corrected_difference(
        lambda level: paired_rate_difference([True] * 50, [True] * 48 + [False] * 2, level=2 * level), SURE
    )
    assert (found.value, found.low, found.high) == pytest.approx((seen.value, seen.low, seen.high), abs=1e-3)


def test_a_judge_near_chance_leaves_a_difference_without_limits() -> None:
    weak = JudgeErrors(found=12, positives=20, left_alone=11, negatives=20)
    found = corrected_difference(lambda level: Interval(0.0, -0.02, 0.02, 100, level, "given"), weak)
    assert (found.low, found.high) == (-1.0, 1.0)


def test_no_difference_can_be_learned_from_a_judge_below_chance() -> None:
    below = JudgeErrors(found=36, positives=150, left_alone=153, negatives=210)
    with pytest.raises(StatisticsError, match="no better than chance"):
        corrected_difference(lambda level: Interval(0.0, -0.02, 0.02, 100, level, "given"), below)


@pytest.mark.parametrize(
    ("before", "after", "sensitivity", "specificity"),
    [(0.95, 0.90, 0.79, 0.95), (0.95, 0.70, 0.75, 0.88), (0.02, 0.05, 0.75, 0.88)],
)
def test_each_corrected_limit_errs_at_most_at_its_level_while_uncorrected_ones_do_not(
    before: float, after: float, sensitivity: float, specificity: float
) -> None:
    """200 samples of 120 prompts; the judge is known from 100 labelled answers of each kind, drawn anew each time."""
    rng = numpy.random.default_rng(8)
    true, above, below, naive = after - before, 0, 0, 0
    for _ in range(SAMPLES):
        judge = JudgeErrors(int(rng.binomial(100, sensitivity)), 100, int(rng.binomial(100, specificity)), 100)
        one, other = (_seen(rng, rate, sensitivity, specificity) for rate in (before, after))
        observed = partial(_difference, one, other)
        found = corrected_difference(observed, judge)
        below += found.low > true
        above += found.high < true
        naive += observed(0.05).low > true
    most = binom.ppf(0.999, SAMPLES, 0.05)
    assert max(below, above) <= most
    if abs(true) > 0.2:
        assert naive > most


def _difference(one: Sequence[bool], other: Sequence[bool], level: float) -> Interval:
    return paired_rate_difference(one, other, level=2 * level)


def _seen(rng: "numpy.random.Generator", rate: float, sensitivity: float, specificity: float) -> list[bool]:
    truth = rng.random(120) < rate
    flips = rng.random(120)
    return [bool(flip < sensitivity) if yes else bool(flip >= specificity) for yes, flip in zip(truth, flips, strict=True)]
