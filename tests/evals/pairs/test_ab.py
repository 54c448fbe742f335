"""Pairs from A/B results: what is accepted, what is refused, and how often the direction is wrong."""

from typing import NamedTuple

import numpy as np
import pytest

from evals.pairs.ab import ClickPairs, click_pairs, directions_adjusted
from evals.pairs.ab_rows import Results
from evals.pairs.cells import PromptKey
from evals.pairs.two_rates import Rate
from evals.stats.multiple import holm
from reports.errors import UsageError

LEVEL = 0.05


def results(**prompts: dict[str, Rate]) -> Results:
    """Return results of the prompts named."""
    shown: dict[PromptKey, dict[str, Rate]] = dict(prompts.items())
    return Results(shown, dict.fromkeys(shown, "log.csv"), ("log.csv",), len(prompts), [])


def test_a_clear_lead_becomes_a_pair_with_its_evidence() -> None:
    found = click_pairs(results(tea={"calm": Rate(300, 2000), "loud": Rate(200, 2000)}))
    (pair,) = found.accepted
    assert (pair.prompt, pair.chosen, pair.rejected) == ("tea", "calm", "loud")
    assert pair.margin.value == pytest.approx(0.5)
    assert pair.margin.low is not None and pair.margin.low > 0.1
    assert (pair.clicks, pair.impressions) == ((300, 200), (2000, 2000))
    assert pair.p == pair.p_adjusted < 1e-5
    assert found.refused == []


@pytest.mark.parametrize("shown", [100, 10_000, 1_000_000])
def test_a_split_of_51_to_49_is_refused_however_many_clicked(shown: int) -> None:
    found = click_pairs(results(tea={"a": Rate(shown * 51 // 100, shown), "b": Rate(shown * 49 // 100, shown)}))
    assert found.accepted == []
    assert found.refused[0].reason.startswith("too small: the lift is 4.1%, and 10.0% are asked for")


def test_a_large_lift_of_few_clicks_is_refused_with_the_sample_that_would_decide() -> None:
    found = click_pairs(results(tea={"a": Rate(6, 100), "b": Rate(4, 100)}))
    (refused,) = found.refused
    assert found.accepted == []
    assert refused.reason.startswith("noise")
    assert refused.p > 0.5
    assert refused.needed is not None
    double = 2 * refused.needed
    assert (
        len(click_pairs(results(tea={"a": Rate(round(0.06 * double), double), "b": Rate(round(0.04 * double), double)})).accepted)
        == 1
    )


def test_equal_rates_need_no_sample_because_none_decides() -> None:
    (refused,) = click_pairs(results(tea={"a": Rate(5, 100), "b": Rate(5, 100)})).refused
    assert (refused.needed, refused.reason) == (None, "the click rates are equal")


def test_several_answers_are_all_compared_and_adjusted_for_each_other() -> None:
    answers = {"best": Rate(400, 2000), "good": Rate(300, 2000), "same": Rate(305, 2000), "poor": Rate(150, 2000)}
    found = click_pairs(results(tea=answers))
    directions = {(pair.chosen, pair.rejected) for pair in found.accepted}
    assert directions == {("best", "good"), ("best", "same"), ("best", "poor"), ("good", "poor"), ("same", "poor")}
    assert len(found.refused) == 1
    assert all(pair.p_adjusted > pair.p for pair in found.accepted)


def test_many_undecided_prompts_raise_the_bar_for_one_lucky_lead() -> None:
    lucky = {"lucky": {"a": Rate(70, 1000), "b": Rate(45, 1000)}}
    noise = {f"noise {n}": {"a": Rate(50, 1000), "b": Rate(51, 1000)} for n in range(50)}
    assert len(click_pairs(results(**lucky)).accepted) == 1
    assert click_pairs(results(**lucky, **noise)).accepted == []


@pytest.mark.parametrize("leads", [[0.01], [0.02, 0.001, 0.4], [0.5, 0.5], [0.003, 1.0, 0.003, 0.02]])
def test_directions_are_adjusted_as_holm_does_with_both_directions_given(leads: list[float]) -> None:
    assert directions_adjusted(leads) == pytest.approx(holm([*leads, *[1.0] * len(leads)])[: len(leads)])


def test_without_prompts_there_are_no_pairs() -> None:
    assert click_pairs(results()) == ClickPairs([], [], LEVEL)


def test_a_negative_minimum_lift_is_refused() -> None:
    with pytest.raises(UsageError, match="0 or more"):
        click_pairs(results(), min_lift=-0.1)


class Simulated(NamedTuple):
    """A log and the true rates behind it."""

    log: Results
    truth: dict[str, dict[str, float]]


def simulate(rng: np.random.Generator, prompts: int = 150, answers: int = 2) -> Simulated:
    """Return a log in which most true effects are tiny or none, as they are in practice, and some are large."""
    truth: dict[str, dict[str, float]] = {}
    log: dict[str, dict[str, Rate]] = {}
    for n in range(prompts):
        rate, shown = rng.uniform(0.02, 0.1), int(rng.integers(200, 8000))
        spread = rng.choice([0.0, 0.02, 0.4], p=[0.4, 0.4, 0.2])
        truth[f"{n}"] = {f"answer {k}": float(rate * np.exp(spread * rng.normal())) for k in range(answers)}
        log[f"{n}"] = {name: Rate(int(rng.binomial(shown, min(p, 1.0))), shown) for name, p in truth[f"{n}"].items()}
    return Simulated(results(**log), truth)


def wrong_share(pairs: list[tuple[str, str, str]], truth: dict[str, dict[str, float]]) -> float:
    """Return the share of (prompt, chosen, rejected) whose chosen answer is truly no better; 0 where there are none."""
    return sum(truth[prompt][chosen] <= truth[prompt][rejected] for prompt, chosen, rejected in pairs) / max(len(pairs), 1)


@pytest.mark.parametrize("answers", [2, 4])
def test_the_share_of_wrong_directions_stays_under_the_stated_level(answers: int) -> None:
    rng = np.random.default_rng(20)
    ours, naive, built = [], [], 0
    for _ in range(25):
        log, truth = simulate(rng, answers=answers)
        found = click_pairs(log, min_lift=0.1, level=LEVEL)
        built += len(found.accepted)
        ours.append(wrong_share([(str(pair.prompt), str(pair.chosen), str(pair.rejected)) for pair in found.accepted], truth))
        alone = [(str(pair.prompt), str(pair.chosen), str(pair.rejected)) for pair in found.accepted if pair.p <= LEVEL]
        alone += [(str(pair.prompt), pair.first, pair.second) for pair in found.refused if pair.p <= LEVEL and pair.is_large]
        naive.append(wrong_share(alone, truth))
    assert built > 100
    assert np.mean(ours) <= LEVEL
    assert np.mean(naive) > LEVEL
