"""Agreement between raters."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters
from statsmodels.stats.inter_rater import fleiss_kappa as reference_fleiss

from evals.stats.agreement import cohen_kappa, fleiss_kappa, gwet_ac1
from evals.stats.interval import NotEnoughError, StatisticsError

RATINGS = np.random.default_rng(8).choice(3, p=[0.6, 0.3, 0.1], size=(60, 3))
RATINGS[:, 1] = np.where(np.random.default_rng(9).random(60) < 0.7, RATINGS[:, 0], RATINGS[:, 1])


def test_cohen_kappa_is_scikit_learns() -> None:
    first, second = RATINGS[:, 0].tolist(), RATINGS[:, 1].tolist()
    assert cohen_kappa(first, second).value == pytest.approx(cohen_kappa_score(first, second))


def test_fleiss_kappa_is_statsmodels() -> None:
    table, _ = aggregate_raters(RATINGS)
    assert fleiss_kappa(RATINGS.tolist()).value == pytest.approx(float(reference_fleiss(table)))


def test_ac1_of_two_raters_by_hand() -> None:
    rows = [("a", "a")] * 8 + [("b", "b")] + [("a", "b")]
    chance = 2 * (17 / 20) * (3 / 20)
    assert gwet_ac1(rows).value == pytest.approx((0.9 - chance) / (1 - chance))


def test_ac1_stays_high_where_a_rare_label_makes_kappa_collapse() -> None:
    rows = [("safe", "safe")] * 95 + [("safe", "toxic")] * 3 + [("toxic", "safe")] * 2
    assert cohen_kappa([a for a, _ in rows], [b for _, b in rows]).value < 0
    assert gwet_ac1(rows).value > 0.9


def test_perfect_agreement_keeps_a_width() -> None:
    rows = [("a", "a")] * 10 + [("b", "b")] * 10
    for found in (gwet_ac1(rows), fleiss_kappa(rows), cohen_kappa([a for a, _ in rows], [b for _, b in rows])):
        assert found.value == found.high == 1
        assert found.low < 0.8


def test_unused_categories_lower_the_agreement_expected_by_chance() -> None:
    rows = [("a", "a")] * 6 + [("a", "b")] * 4
    assert gwet_ac1(rows, categories=5).value > gwet_ac1(rows).value


def test_one_label_throughout_leaves_kappa_undefined() -> None:
    with pytest.raises(NotEnoughError, match="Gwet"):
        cohen_kappa(["a"] * 5, ["a"] * 5)
    assert gwet_ac1([("a", "a")] * 5).value == 1


def test_rating_different_items_is_refused() -> None:
    with pytest.raises(StatisticsError):
        cohen_kappa(["a", "b"], ["a"])
    with pytest.raises(StatisticsError, match="same number"):
        fleiss_kappa([("a", "b"), ("a", "b", "b")])
    with pytest.raises(NotEnoughError):
        gwet_ac1([])
