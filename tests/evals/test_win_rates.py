"""The win rate at equal lengths and the soft one, beside the win rate itself."""

import pytest

from evals.metrics.win_rate import win_rate
from evals.metrics.win_rates import win_rates
from tests.evals.test_metrics import judgements, measured

SHORT, LONG = "oil it", "first sand the wood, then oil it, and let it dry for a whole day"


def test_a_judge_who_only_likes_length_leaves_an_even_win_rate_at_equal_lengths() -> None:
    # Three of four candidates are longer, and the longer answer wins four times of five.
    answers = [(SHORT, LONG)] * 60 + [(LONG, SHORT)] * 20
    judged = measured(answers, judged=judgements(*[1.0, 1.0, 1.0, 1.0, 0.0] * 12, *[0.0, 0.0, 0.0, 0.0, 1.0] * 4))
    (controlled,) = win_rates(judged)
    assert win_rate(judged).candidate.value == pytest.approx(0.65)
    assert controlled.candidate.value is not None
    assert abs(controlled.candidate.value - 0.5) < 0.05
    assert (controlled.candidate.low or 1) < 0.5 < (controlled.candidate.high or 0)
    assert "The judge likes longer answers" in controlled.because


def test_a_judge_who_ignores_length_leaves_the_win_rate_as_it_is() -> None:
    answers = [(SHORT, LONG), (LONG, SHORT)] * 30
    judged = measured(answers, judged=judgements(*[1.0] * 5, 0.0, 0.0, *[1.0] * 5, *([1.0] * 5 + [0.0, 0.0] + [1.0] * 5) * 4))
    (controlled,) = win_rates(judged)
    assert controlled.name == "win_rate_length_controlled"
    assert controlled.candidate.value == pytest.approx(win_rate(judged).candidate.value, abs=0.02)


def test_few_prompts_say_nothing_about_length() -> None:
    assert win_rates(measured([(SHORT, LONG)] * 29, judged=judgements(*[1.0] * 29))) == ()


def test_probabilities_of_the_judge_make_a_soft_win_rate_of_their_own() -> None:
    judged = measured([(SHORT, LONG)] * 4, judged=judgements(0.9, 0.6, 0.6, None))
    (soft,) = win_rates(judged)
    assert win_rate(judged).candidate.value == 1.0
    assert soft.name == "win_rate_soft"
    assert soft.candidate.value == pytest.approx(0.7)
    assert (soft.n, soft.missing) == (3, 1)


def test_without_a_judge_there_is_neither() -> None:
    assert win_rates(measured([(SHORT, LONG)] * 40)) == ()


def test_prompts_without_both_answers_are_missing() -> None:
    answers = [(SHORT, LONG), (LONG, SHORT)] * 20
    judged = measured([*answers, (SHORT, None)], judged=judgements(*[1.0, 0.0] * 20, 1.0))
    (controlled,) = win_rates(judged)
    assert (controlled.n, controlled.missing) == (40, 1)
