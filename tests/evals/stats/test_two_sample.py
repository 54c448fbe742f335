"""The classifier two-sample test: chance where sides are alike, found where they differ, p-value and limits at their level."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from evals.stats.bounded import bounded_mean
from evals.stats.interval import NotEnoughError
from evals.stats.two_sample import two_sample_test, widen

Array = NDArray[np.float64]


def gram(rng: np.random.Generator, n: int, shift: float = 0.0, features: int = 20) -> Array:
    """Return inner products of differences that lean to one side by `shift` standard deviations in one feature."""
    differences = rng.normal(0, 1, (n, features))
    differences[:, 0] += shift
    products: Array = differences @ differences.T
    return products


def test_answers_that_differ_in_one_way_are_told_apart() -> None:
    found = two_sample_test(gram(np.random.default_rng(1), 120, shift=2.0))

    assert found.p_value == 1 / 2000
    assert 0.85 < found.auc.value <= 1
    assert found.auc.low > 0.5 + (found.high - 0.5)


def test_the_same_answer_everywhere_is_chance_and_never_a_finding() -> None:
    found = two_sample_test(np.zeros((30, 30)))

    assert (set(found.told), found.auc.value, found.p_value, found.low, found.high) == ({0.5}, 0.5, 1.0, 0.5, 0.5)
    assert found.auc.low < 0.5 < found.auc.high


def test_models_that_are_alike_are_told_apart_at_most_at_the_level() -> None:
    rng, draws = np.random.default_rng(2), 120
    p_values = [two_sample_test(gram(rng, 40)).p_value for _ in range(draws)]

    assert sum(p <= 0.05 for p in p_values) <= binom.ppf(0.999, draws, 0.05)
    assert sum(p <= 0.5 for p in p_values) > draws / 4


def test_limits_hold_chance_although_prompts_share_their_classifier() -> None:
    rng, draws = np.random.default_rng(3), 120
    found = [two_sample_test(gram(rng, 60), level=0.1) for _ in range(draws)]

    most = binom.ppf(0.999, draws, 0.05)
    assert sum(one.auc.low > 0.5 for one in found) <= most
    assert sum(one.auc.high < 0.5 for one in found) <= most
    assert np.mean([one.widened for one in found]) > 1.1


def test_a_family_is_never_learned_from_and_asked_about_at_once() -> None:
    rng, families = np.random.default_rng(4), [f"f{i // 4}" for i in range(80)]
    own = np.repeat(rng.normal(0, 1, (20, 60)), 4, axis=0)
    products = own @ own.T

    p_values = [
        two_sample_test(products * np.outer(s := np.repeat(rng.choice([-1, 1], 20), 4), s), families).p_value for _ in range(60)
    ]

    assert sum(p <= 0.05 for p in p_values) <= binom.ppf(0.999, 60, 0.05)
    assert two_sample_test(products).p_value == 1 / 2000, "as prompts of their own, copies give each other away"


def test_the_unit_of_features_does_not_matter() -> None:
    products = gram(np.random.default_rng(5), 40, shift=0.7)

    assert two_sample_test(products * 1e-6).told == two_sample_test(products).told


def test_few_independent_prompts_are_not_enough() -> None:
    with pytest.raises(NotEnoughError, match="at least 10"):
        two_sample_test(np.eye(30), ["a", "b", "c"] * 10)
    with pytest.raises(NotEnoughError, match="0 independent prompts"):
        two_sample_test(np.zeros((0, 0)))


def test_widened_limits_stay_shares() -> None:
    plain = bounded_mean([1.0] * 18 + [0.0] * 2)
    wide = widen(plain, 3.0)

    assert (wide.value, wide.high) == (plain.value, 1.0)
    assert wide.value - wide.low == pytest.approx(3 * (plain.value - plain.low))
    assert widen(plain, 1.0)[:3] == pytest.approx(plain[:3])
