"""Pass rate, solved prompts and reward spread against known rewards."""

import pytest

from evals.probing.checkers import matches
from evals.probing.passing import (
    Scored,
    doubts,
    pass_findings,
    reference_finding,
    scorable_finding,
    score_references,
    score_samples,
)
from evals.probing.sampling import Speaker
from tests.evals.probing.material import PROMPTS, asked, encoded, ignore, named


def test_a_checker_that_always_passes_gives_one_with_the_interval_ending_at_one(speaker: Speaker) -> None:
    prompts = [asked(prompt) for prompt in PROMPTS]
    answered = speaker.sample(encoded(speaker), 4, ignore)
    found = pass_findings(score_samples(matches(""), prompts, answered), 0.5, "how")
    rate = named(found, "base_pass_rate").estimate
    assert (rate.value, rate.high, rate.n) == (1.0, 1.0, 4 * len(PROMPTS))
    assert rate.low == pytest.approx(0.05 ** (1 / len(PROMPTS)), abs=1e-3)
    assert named(found, "reward_spread").estimate.value == 0.0
    assert named(found, "solved_prompts").estimate.value == 1.0


def test_the_interval_counts_prompts_and_not_answers() -> None:
    alike = [Scored(str(prompt), [float(prompt % 2)] * 8) for prompt in range(10)]
    mixed = [Scored(str(prompt), [0.0, 1.0] * 4) for prompt in range(10)]
    widths = [
        (rate.high or 0) - (rate.low or 0)
        for rate in (named(pass_findings(scored, 0.5, ""), "base_pass_rate").estimate for scored in (alike, mixed))
    ]
    assert widths[0] > 0.5 > widths[1]


def test_spread_is_the_share_of_prompts_whose_rewards_differ() -> None:
    scored = [Scored("a", [0.0, 1.0]), Scored("b", [0.2, 0.2]), Scored("c", [1.0, None, 0.0]), Scored("d", [None, 1.0])]
    spread = named(pass_findings(scored, 0.5, ""), "reward_spread").estimate
    assert spread.value == pytest.approx(2 / 3)
    assert spread.n == 3
    assert spread.low is not None
    assert spread.high is not None
    assert spread.low < 2 / 3 < spread.high


def test_answers_without_reward_are_missing_and_not_failures() -> None:
    found = pass_findings([Scored("a", [None, 1.0, 1.0]), Scored("b", [None, None, None])], 0.5, "")
    assert named(found, "base_pass_rate").estimate.value == 1.0
    assert named(found, "base_pass_rate").estimate.n == 2


def test_a_checker_that_never_applies_measures_nothing() -> None:
    found = pass_findings([Scored("a", [None]), Scored("b", [None])], 0.5, "pattern")
    assert all(finding.estimate.value is None and "no answer got a reward" in finding.because for finding in found)


def test_the_pass_threshold_is_inclusive() -> None:
    rates = [named(pass_findings([Scored("a", [0.7, 0.4])], limit, ""), "base_pass_rate").estimate.value for limit in (0.7, 0.71)]
    assert rates == [0.5, 0.0]


def test_prompts_with_a_reward_are_projected_to_all_prompts() -> None:
    whole = scorable_finding([Scored("a", [1.0]), Scored("b", [0.0])], 500).estimate
    assert (whole.value, whole.low) == (500, None)
    half = scorable_finding([Scored(str(n), [1.0 if n % 2 else None]) for n in range(20)], 500).estimate
    assert half.value == 250
    assert (half.low or 0) < 250 < (half.high or 0)


def test_good_answers_that_fail_the_checker_are_told() -> None:
    prompts = [asked("a", "yes"), asked("b", "no"), asked("c", "")]
    found = reference_finding(score_references(matches("^yes$"), prompts), 0.5)
    assert (found.estimate.value, found.estimate.n) == (0.5, 2)
    assert doubts([found]) == []
    strict = reference_finding(score_references(matches("^never$"), prompts), 0.5)
    assert "passes only 0%" in doubts([strict])[0]
