"""Spread between seeds: limits that cover, agreement that proves nothing, and a recipe decided with seeds as the unit."""

from typing import Any

import numpy as np
import pytest

from evals.metrics.seed_spread import deviation, mean_of_seeds, seed_spreads
from reports.records.gates import Estimate
from reports.records.seeds import SeedGate, SeedRun, Seeds, SeedSpread


def group(differences: list[float | None], **changes: Any) -> Seeds:
    given: dict[str, Any] = {"kind": "non-inferiority", "margin": 0.05, "direction": "higher", **changes}
    runs = tuple(
        SeedRun(run_id=f"r{seed}", seed=seed, status="done", verdict="go", gates=() if value is None else (gate(value, **given),))
        for seed, value in enumerate(differences)
    )
    return Seeds(runs=runs)


def gate(value: float, **given: Any) -> SeedGate:
    estimate = Estimate(value=value, low=None, high=None, n=100)
    return SeedGate(
        name="refusal",
        title="Refusal",
        state="pass",
        required=True,
        unit="rate",
        candidate=estimate,
        difference=estimate,
        **given,
    )


def spread(differences: list[float | None], **changes: Any) -> SeedSpread:
    (found,) = seed_spreads(group(differences, **changes))
    return found


def test_the_limits_of_the_deviation_are_those_of_the_textbook() -> None:
    found = deviation([-1.0, 0.0, 1.0])

    assert found.value == pytest.approx(1.0)
    assert found.low == pytest.approx((2 / 7.377759) ** 0.5, abs=1e-5)
    assert found.high == pytest.approx((2 / 0.050636) ** 0.5, abs=1e-3)


@pytest.mark.parametrize("n", [2, 3, 8])
def test_both_limits_cover_the_truth_as_often_as_they_say(n: int) -> None:
    drawn = np.random.default_rng(n).normal(0.1, 2.0, size=(800, n)).tolist()
    deviations, means = [deviation(values) for values in drawn], [mean_of_seeds(values) for values in drawn]

    def covered(found: list[Estimate], truth: float) -> float:
        return sum(one.low is not None and one.high is not None and one.low <= truth <= one.high for one in found) / len(found)

    assert 0.93 <= covered(deviations, 2.0) <= 0.97
    assert 0.93 <= covered(means, 0.1) <= 0.97


def test_seeds_that_agree_are_no_proof_of_no_spread() -> None:
    found = spread([0.0, 0.0, 0.0])

    assert (found.deviation.value, found.deviation.high) == (0.0, None)
    assert (found.mean.value, found.mean.low, found.recipe) == (0.0, None, "unresolved")


@pytest.mark.parametrize(
    ("differences", "recipe"),
    [
        ([0.01, 0.0, 0.02, 0.01], "pass"),
        ([-0.2, -0.21, -0.19, -0.2], "fail"),
        ([0.01, -0.09], "unresolved"),
        ([0.01], "unresolved"),
    ],
)
def test_the_recipe_is_decided_by_the_mean_over_seeds(differences: list[float | None], recipe: str) -> None:
    assert spread(differences).recipe == recipe


def test_many_prompts_do_not_stand_in_for_seeds() -> None:
    wide = spread([0.3, -0.3, 0.0])

    assert wide.mean.n == 3
    assert wide.recipe == "unresolved"


@pytest.mark.parametrize(("direction", "worst"), [("higher", 1), ("lower", 2)])
def test_the_worst_seed_of_each_gate_is_named(direction: str, worst: int) -> None:
    assert spread([0.0, -0.02, 0.03], direction=direction).worst == worst


def test_a_gate_that_asks_for_less_is_decided_the_other_way_round() -> None:
    values: list[float | None] = [0.2, 0.21, 0.19, 0.2]

    assert spread(values, direction="lower").recipe == "fail"
    assert spread(values, direction="lower", kind="limit", margin=0.4).recipe == "pass"
    assert spread(values, direction="lower", kind="limit", margin=0.1).recipe == "fail"
    assert spread(values, kind="superiority", margin=0.1).recipe == "pass"
    assert spread(values, kind="inform").recipe is None


def test_a_seed_without_the_gate_is_left_out_and_counted() -> None:
    found = spread([0.01, None, 0.02])

    assert found.points == {"0": 0.01, "2": 0.02}
    assert found.deviation.n == 2
