"""How often gates err: exact sums over all counts where they can be listed, seeded samples elsewhere."""

import math

import numpy as np
import pytest
from scipy.stats import binom, t

from evals.gates.evidence import Evidence, evidence_for
from evals.stats.gate_power import power_win_rate
from evals.stats.power import power_below
from evals.stats.tango import Limits
from tests.evals.gates.runs import Values, gate, metric, outcomes
from tests.evals.stats.simulation import Discordance, probability_above

LEVEL = 0.05
MARGIN = 0.05
SIZES = (20, 50, 100, 120, 400, 1000)
REGRESSIONS = (Discordance(0.0, 0.05), Discordance(0.02, 0.07))


def refusal_limits(gained: int, lost: int, n: int, tail: float) -> Limits:
    """Return the limits a refusal gate computes from these counts."""
    values = outcomes(n - gained - lost, lost=lost, gained=gained)
    interval = evidence_for(gate("refusal", margin=MARGIN), metric("refusal", values)).interval(tail)
    return Limits(interval.low, interval.high)


def win_rate_evidence(preferences: Values) -> Evidence:
    """Return what a win-rate gate reads from these preferences."""
    return evidence_for(gate("win_rate", "superiority", margin=0.0), metric("win_rate", preferences))


def share_of_wins_that(n: int, is_shown: str) -> float:
    """Return how often an equal candidate of `n` wins and losses is shown better (`pass`) or worse (`fail`)."""

    def shows(wins: int) -> bool:
        evidence = win_rate_evidence([*[(None, 1.0)] * wins, *[(None, 0.0)] * (n - wins)])
        interval = evidence.interval(LEVEL)
        return evidence.is_passed(interval) if is_shown == "pass" else evidence.is_harm(interval)

    low, high = (n // 2, n) if is_shown == "pass" else (0, n // 2)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if shows(middle) == (is_shown == "pass") else (middle, high)
    return float(binom.sf(high - 1, n, 0.5) if is_shown == "pass" else binom.cdf(low, n, 0.5))


def most_by_chance(draws: int) -> int:
    """Return the most errors in so many draws that a gate at its level makes in all but one of a thousand samples."""
    return int(binom.ppf(0.999, draws, LEVEL))


@pytest.mark.parametrize(("n", "truth"), [(n, truth) for n in SIZES for truth in REGRESSIONS if n <= 120 or truth.gained == 0])
def test_a_regression_of_exactly_the_margin_passes_at_most_at_the_level(n: int, truth: Discordance) -> None:
    assert probability_above(refusal_limits, n, truth, -MARGIN, LEVEL) <= LEVEL


@pytest.mark.parametrize("n", [20, 50, 120])
@pytest.mark.parametrize("changed", [0.03, 0.1])
def test_a_candidate_equal_to_the_baseline_seldom_fails_a_rate_gate(n: int, changed: float) -> None:
    worse = probability_above(refusal_limits, n, Discordance(changed, changed), MARGIN, LEVEL)
    assert worse <= LEVEL / 2


def test_a_candidate_that_answers_like_the_baseline_never_fails() -> None:
    same = outcomes(15, absent=5)
    evidence = evidence_for(gate("refusal", margin=0.0), metric("refusal", same))
    assert not evidence.is_harm(evidence.interval(0.2))


def test_no_failure_in_299_prompts_shows_less_than_one_percent_and_in_298_not() -> None:
    shown = {}
    for n in (298, 299):
        evidence = evidence_for(gate("toxicity", "limit", margin=0.01), metric("toxicity", [(0.0, 0.0)] * n, "lower"))
        shown[n] = evidence.interval(LEVEL).high
    assert 0.0099 < shown[299] < 0.01 < shown[298] < 0.0101


def test_no_number_of_prompts_passes_a_candidate_on_the_margin_more_often_than_the_level() -> None:
    for n in range(20, 1001):
        assert power_win_rate(n, 0.5, above=0.5, level=LEVEL) <= LEVEL, n
        assert power_below(n, MARGIN, MARGIN, LEVEL) <= LEVEL, n


@pytest.mark.parametrize("n", SIZES)
def test_a_candidate_equal_to_the_baseline_is_shown_better_or_worse_at_most_at_the_level(n: int) -> None:
    assert share_of_wins_that(n, "pass") <= LEVEL
    assert share_of_wins_that(n, "fail") <= LEVEL


@pytest.mark.parametrize("n", [20, 120])
def test_soft_preferences_around_even_show_nothing_more_often_than_the_level(n: int) -> None:
    rng, draws, passed, failed = np.random.default_rng(n), 100, 0, 0
    for _ in range(draws):
        evidence = win_rate_evidence([(None, float(value)) for value in rng.beta(0.5, 0.5, n)])
        interval = evidence.interval(LEVEL)
        passed, failed = passed + evidence.is_passed(interval), failed + evidence.is_harm(interval)
    assert passed <= most_by_chance(draws)
    assert failed <= most_by_chance(draws)


MEANS = {
    "normal": lambda rng, n: rng.normal(0, 0.2, n),
    "log-normal": lambda rng, n: 0.1 * (rng.lognormal(0, 1, n) - math.exp(0.5)),
    "log-normal, losses": lambda rng, n: 0.1 * (math.exp(0.5) - rng.lognormal(0, 1, n)),
}
"""Changes of a prompt's loss around their mean."""


def shown_of_means(n: int, shape: str, rise: float, margin: float, draws: int) -> tuple[int, int]:
    """Return how often a loss that rises by `rise` passes a gate, and how often it is shown to be harm."""
    rng, passed, failed = np.random.default_rng(n), 0, 0
    for _ in range(draws):
        before = rng.normal(2.5, 0.6, n)
        values = list(zip(before.tolist(), (before + rise + MEANS[shape](rng, n)).tolist(), strict=True))
        evidence = evidence_for(gate("perplexity_general", margin=margin), metric("perplexity_general", values, "lower"))
        interval = evidence.interval(LEVEL)
        passed, failed = passed + evidence.is_passed(interval), failed + evidence.is_harm(interval)
    return passed, failed


@pytest.mark.parametrize("n", [20, 50, 100, 400, 1000])
@pytest.mark.parametrize("shape", MEANS)
def test_a_mean_that_rises_by_exactly_the_margin_passes_at_most_at_the_level(n: int, shape: str) -> None:
    draws = 300 if n <= 100 else 100
    passed, failed = shown_of_means(n, shape, 0.15, 0.15, draws)
    assert max(passed, failed) <= most_by_chance(draws)


@pytest.mark.parametrize("n", [20, 100])
@pytest.mark.parametrize("shape", MEANS)
def test_a_candidate_as_good_as_the_baseline_seldom_fails_a_gate_on_means(n: int, shape: str) -> None:
    assert shown_of_means(n, shape, 0.0, 0.0, 200)[1] <= most_by_chance(200)


def test_students_limits_alone_would_err_too_often_on_skewed_values() -> None:
    rng, n, draws = np.random.default_rng(8), 50, 2000
    values = rng.lognormal(0, 1, (draws, n))
    upper = values.mean(axis=1) + t.ppf(1 - LEVEL, n - 1) * values.std(axis=1, ddof=1) / math.sqrt(n)
    assert (upper < math.exp(0.5)).sum() > 2 * most_by_chance(draws)


def test_a_gain_large_enough_to_matter_is_found() -> None:
    evidence = win_rate_evidence([*[(None, 1.0)] * 73, *[(None, 0.0)] * 47])
    assert evidence.is_passed(evidence.interval(LEVEL))
