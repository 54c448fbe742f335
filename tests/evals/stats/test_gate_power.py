"""Power of gates, alone and together."""

import numpy as np
import pytest
from scipy.stats import binom

from evals.stats.gate_power import joint_power, power_for_each, power_mean, power_paired_rates, power_win_rate
from evals.stats.interval import StatisticsError
from evals.stats.paired import paired_rate_difference
from evals.stats.power import prompts_to_show_below
from evals.stats.proportions import lower_limit
from evals.stats.tango import exact_limits, lies_above


def test_eight_gates_at_eighty_percent_ship_a_good_model_one_time_in_six() -> None:
    assert joint_power([0.8] * 8) == pytest.approx(0.168, abs=5e-4)
    assert power_for_each(0.8, 8) == pytest.approx(0.972, abs=5e-4)
    assert joint_power([power_for_each(0.8, 8)] * 8) == pytest.approx(0.8)


def test_correlated_gates_pass_together_more_often_as_simulated() -> None:
    rng, powers, correlation = np.random.default_rng(1), [0.8, 0.9, 0.7], 0.5
    covariance = np.full((3, 3), correlation) + (1 - correlation) * np.eye(3)
    drawn = rng.multivariate_normal(np.zeros(3), covariance, 100_000)
    together = (drawn < np.array([0.8416, 1.2816, 0.5244])).all(axis=1).mean()
    assert joint_power(powers, correlation) == pytest.approx(float(together), abs=0.005)
    assert joint_power(powers) < joint_power(powers, correlation) < min(powers)
    assert joint_power([power_for_each(0.8, 8, 0.6)] * 8, 0.6) == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize("correlation", [-0.1, 1.0])
def test_a_correlation_that_cannot_be_is_refused(correlation: float) -> None:
    with pytest.raises(StatisticsError, match="correlation"):
        joint_power([0.8, 0.8], correlation)


def test_without_changes_power_jumps_from_nothing_to_certain_where_the_limit_reaches_the_margin() -> None:
    n = next(
        n for n in range(prompts_to_show_below(0.05), 90) if paired_rate_difference([True] * n, [True] * n, (), 0.1).low > -0.05
    )
    assert power_paired_rates(n, 0.0, 0.0, 0.05) == pytest.approx(1.0)
    assert power_paired_rates(n - 1, 0.0, 0.0, 0.05) == 0.0


def test_power_of_paired_rates_is_the_share_of_samples_that_pass() -> None:
    rng = np.random.default_rng(2)
    drawn = rng.multinomial(100, [0.02, 0.02, 0.96], 400)
    passed = [exact_limits(int(gained), int(lost), 100, 0.05).low > -0.06 for gained, lost, _ in drawn]
    assert power_paired_rates(100, 0.02, 0.02, 0.06) == pytest.approx(float(np.mean(passed)), abs=0.08)


def test_a_regression_of_exactly_the_margin_passes_at_most_at_the_level() -> None:
    for n in (20, 50, 100, 400, 1000):
        assert power_paired_rates(n, 0.05, 0.0, 0.05) <= 0.05
        assert power_win_rate(n, 0.5) <= 0.05


@pytest.mark.parametrize(("gained", "lost"), [(0, 0), (0, 2), (5, 1), (2, 9), (0, 60)])
def test_a_limit_lies_above_what_is_lower_than_it_and_not_above_what_is_higher(gained: int, lost: int) -> None:
    low = exact_limits(gained, lost, 60, 0.05).low
    assert not lies_above(gained, lost, 60, max(low, -0.999) + 1e-4, 0.05)
    assert low == -1 or lies_above(gained, lost, 60, low - 1e-4, 0.05)


def test_power_of_a_win_rate_sums_the_counts_that_pass() -> None:
    passing = [wins for wins in range(81) if lower_limit(wins, 80) > 0.5]
    assert power_win_rate(80, 0.62) == pytest.approx(float(sum(binom.pmf(passing, 80, 0.62))))


def test_power_of_a_mean_is_the_share_of_t_tests_that_pass() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(0.1, 0.3, (4000, 40))
    ratios = values.mean(axis=1) / (values.std(axis=1, ddof=1) / np.sqrt(40))
    assert power_mean(40, 0.3, 0.1) == pytest.approx(float((ratios > 1.685).mean()), abs=0.03)
    with pytest.raises(StatisticsError, match="at least two"):
        power_mean(1, 0.3, 0.1)


def test_shares_that_exceed_one_together_are_refused() -> None:
    with pytest.raises(StatisticsError, match="at most 1"):
        power_paired_rates(50, 0.7, 0.6, 0.05)
