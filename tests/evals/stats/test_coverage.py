"""A reduced coverage table: two-sided 95 % intervals cover at least 94 %, one-sided limits err at most at their level."""

import math

import numpy as np
import pytest

from evals.stats.interval import Interval
from evals.stats.judges import JudgeErrors, rogan_gladen
from evals.stats.means import mean_interval
from evals.stats.proportions import exact_interval
from evals.stats.sequential import sequential_mean
from evals.stats.tango import exact_limits, tango_limits
from evals.stats.winrate import win_rate
from tests.evals.stats.simulation import (
    clustered_pairs,
    discordance,
    exact_missed,
    family_names,
    in_families,
    paired_interval,
    paired_missed,
    preferences,
    rate_missed,
    simulate,
)

DRAWS = 120
LEAST = 0.94
SEEN_LEAST = LEAST - 3 * math.sqrt(LEAST * (1 - LEAST) / DRAWS)
"""Three standard errors of simulation below the coverage asked for."""


@pytest.mark.parametrize("n", [20, 100])
@pytest.mark.parametrize("rate", [0.0, 0.01, 0.02, 0.05, 0.5])
def test_one_rate(n: int, rate: float) -> None:
    assert rate_missed(exact_interval, n, rate).coverage >= LEAST
    assert max(rate_missed(lambda count, total: exact_interval(count, total, 0.05, sides=1), n, rate)) <= 0.05


@pytest.mark.parametrize("n", [20, 50])
@pytest.mark.parametrize("rate", [0.0, 0.02, 0.5])
@pytest.mark.parametrize("correlation", [0.0, 0.5])
@pytest.mark.parametrize("change", [0.0, 0.05])
def test_paired_rates_of_independent_prompts(n: int, rate: float, correlation: float, change: float) -> None:
    truth = discordance(rate, rate + change, correlation)
    assert exact_missed(n, truth, 0.025).coverage >= LEAST
    assert max(exact_missed(n, truth, 0.05)) <= 0.05


def test_the_side_of_a_limit_is_that_of_the_limit_itself() -> None:
    for truth in (discordance(0.05, 0.10, 0.5), discordance(0.02, 0.02, 0.0)):
        assert exact_missed(30, truth, 0.05) == pytest.approx(paired_missed(exact_limits, 30, truth, 0.05), abs=1e-12)


def test_asymptotic_limits_err_too_often_where_exact_ones_do_not() -> None:
    truth = discordance(0.0, 0.05, 0.0)
    assert paired_missed(tango_limits, 52, truth, 0.05).below > 0.06
    assert paired_missed(exact_limits, 52, truth, 0.05).below <= 0.05


@pytest.mark.parametrize("rate", [0.02, 0.5])
@pytest.mark.parametrize("families", [10, 25])
def test_paired_rates_of_prompts_in_families(rate: float, families: int) -> None:
    names = family_names([4] * families)
    draw = clustered_pairs(discordance(rate, rate + 0.05, 0.0), names, likeness=0.5)
    assert simulate(lambda rng: paired_interval(draw(rng), names, 0.05), 0.05, DRAWS).coverage >= SEEN_LEAST


def test_ignoring_families_would_cover_too_seldom() -> None:
    names = family_names([10] * 10)
    draw = clustered_pairs(discordance(0.3, 0.3, 0.0), names, likeness=0.8)
    alone = [str(i) for i in range(len(names))]
    assert simulate(lambda rng: paired_interval(draw(rng), alone, 0.05), 0.0, DRAWS).coverage < 0.8
    assert simulate(lambda rng: paired_interval(draw(rng), names, 0.05), 0.0, DRAWS).coverage >= SEEN_LEAST


@pytest.mark.parametrize("kind", ["wins", "ties", "soft"])
@pytest.mark.parametrize("rate", [0.5, 0.9])
def test_win_rates_of_twenty_prompts(kind: str, rate: float) -> None:
    draw = preferences(rate, kind)
    assert simulate(lambda rng: win_rate(list(draw(rng, 20))), rate, DRAWS).coverage >= SEEN_LEAST


def test_win_rates_of_prompts_in_families() -> None:
    names = family_names([5] * 12)
    draw = in_families(preferences(0.6, "soft"), names, likeness=0.7)
    assert simulate(lambda rng: win_rate(list(draw(rng)), names), 0.6, DRAWS).coverage >= SEEN_LEAST


@pytest.mark.parametrize("likeness", [0.0, 0.5])
def test_means_of_mildly_skewed_values(likeness: float) -> None:
    names = family_names([3] * 30)
    draw = in_families(lambda rng, n: rng.gamma(4.0, 0.25, n), names, likeness)
    assert simulate(lambda rng: mean_interval(list(draw(rng)), names), 1.0, DRAWS).coverage >= SEEN_LEAST


@pytest.mark.parametrize("families", [4, 10, 20])
def test_means_of_strongly_skewed_values_in_few_families(families: int) -> None:
    names = family_names([5] * families)
    draw = in_families(lambda rng, n: rng.lognormal(0.0, 1.0, n), names, 0.5)
    assert simulate(lambda rng: mean_interval(list(draw(rng)), names), math.exp(0.5), DRAWS).coverage >= SEEN_LEAST


def test_a_limit_on_a_long_tail_errs_at_its_level_with_four_families() -> None:
    names = family_names([5] * 4)

    def one_value_a_family(rng: np.random.Generator) -> Interval:
        return mean_interval(list(np.repeat(rng.lognormal(0.0, 1.0, 4), 5)), names, level=0.10)

    draws = 3000
    rng = np.random.default_rng(4)
    too_low = sum(one_value_a_family(rng).high < math.exp(0.5) for _ in range(draws))
    assert too_low / draws <= 0.05


@pytest.mark.parametrize("rate", [0.02, 0.5])
def test_sequential_limits_hold_the_truth_at_every_look(rate: float) -> None:
    def worst(rng: np.random.Generator) -> Interval:
        return sequential_mean(list((rng.random(100) < rate).astype(float)))

    assert simulate(worst, rate, DRAWS).coverage >= SEEN_LEAST


def test_looking_at_fixed_size_limits_again_and_again_errs_too_often() -> None:
    def first_surprise(rng: np.random.Generator) -> Interval:
        wins = list((rng.random(200) < 0.5).astype(float))
        looks = [exact_interval(int(sum(wins[:n])), n) for n in range(10, 201, 5)]
        return next((look for look in looks if not look.low <= 0.5 <= look.high), looks[-1])

    assert simulate(first_surprise, 0.5, DRAWS).coverage < 0.9


def test_a_rare_rate_behind_a_judge_that_errs() -> None:
    def draw(rng: np.random.Generator) -> JudgeErrors:
        return JudgeErrors(int(rng.binomial(50, 0.9)), 50, int(rng.binomial(50, 0.95)), 50)

    flagged = 0.02 * 0.9 + 0.98 * 0.05
    missed = simulate(lambda rng: rogan_gladen(int(rng.binomial(400, flagged)), 400, draw(rng)), 0.02, DRAWS)
    assert missed.coverage >= SEEN_LEAST
