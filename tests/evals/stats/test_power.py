"""Sample sizes and detectable differences."""

import numpy as np
import pytest
from scipy.stats import binom

from evals.stats.interval import StatisticsError
from evals.stats.power import (
    detectable_difference,
    detectable_rate,
    fewest_prompts,
    prompts_to_show_below,
    sample_size_mean,
    sample_size_paired_rates,
    sample_size_rate,
    sample_size_win_rate,
)
from evals.stats.proportions import upper_limit
from evals.stats.tango import exact_limits


@pytest.mark.parametrize(("limit", "prompts"), [(0.10, 29), (0.05, 59), (0.02, 149), (0.01, 299), (0.005, 598)])
def test_prompts_without_an_event_that_show_a_rate_below_a_limit(limit: float, prompts: int) -> None:
    assert prompts_to_show_below(limit) == prompts


def test_one_event_asks_for_more_prompts() -> None:
    assert (
        upper_limit(1, prompts_to_show_below(0.05, events=1)) < 0.05 < upper_limit(1, prompts_to_show_below(0.05, events=1) - 1)
    )


@pytest.mark.parametrize(("n", "points"), [(50, 19.8), (100, 14.0), (200, 9.9), (400, 7.0), (805, 4.9)])
def test_detectable_win_rates_of_wins_and_losses_at_two_sided_five_percent(n: int, points: float) -> None:
    assert 100 * detectable_difference(n, spread=0.5, level=0.025) == pytest.approx(points, abs=0.05)


def test_a_sample_size_detects_the_difference_it_was_planned_for() -> None:
    n = sample_size_win_rate(0.6)
    assert n is not None
    assert detectable_difference(n, 0.5) <= 0.1 < detectable_difference(n - 1, 0.5)


def test_the_planned_prompts_show_a_rate_as_often_as_planned() -> None:
    n = sample_size_rate(rate=0.01, limit=0.05)
    assert n is not None
    shows = sum(binom.pmf(events, n, 0.01) for events in range(n + 1) if upper_limit(events, n) < 0.05)
    assert shows >= 0.8
    assert detectable_rate(n, 0.05) >= 0.01


def test_planned_pairs_pass_about_as_often_as_planned() -> None:
    n = sample_size_paired_rates(worse=0.06, better=0.05, margin=0.06)
    assert n is not None
    rng = np.random.default_rng(3)
    draws = rng.multinomial(n, [0.05, 0.06, 0.89], size=50)
    passes = np.mean([exact_limits(int(gained), int(lost), n, 0.05).low > -0.06 for gained, lost, _ in draws])
    assert 0.6 < passes < 0.97


def test_no_prompts_are_enough_on_the_margin_itself() -> None:
    assert sample_size_paired_rates(worse=0.07, better=0.02, margin=0.05) is None
    assert sample_size_rate(rate=0.05, limit=0.05) is None
    assert sample_size_mean(spread=1.0, clearance=0.0) is None


def test_too_few_prompts_can_show_no_rate_at_all() -> None:
    assert detectable_rate(58, 0.05) == 0.0


def test_the_fewest_prompts_are_found_exactly_and_out_of_reach_is_none() -> None:
    assert fewest_prompts(lambda n: n >= 137, 5) == 137
    assert fewest_prompts(lambda n: True, 5) == 5
    assert fewest_prompts(lambda n: n > 1000, 5, most=1000) is None


@pytest.mark.parametrize("limit", [0.0, 1.0, -0.1])
def test_a_limit_outside_of_zero_to_one_is_refused(limit: float) -> None:
    with pytest.raises(StatisticsError):
        prompts_to_show_below(limit)
