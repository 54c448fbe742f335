"""WEAK001: pairs that hardly won are counted by votes, scores or margins; clear wins pass."""

from collections.abc import Sequence

import pytest

from evals.data.checks.weak import check_weak
from reports.records.data import Check
from tests.evals.data.rows import examples, pair

CLEAR: dict[str, dict[str, object]] = {
    "votes": {"chosen_votes": 5, "rejected_votes": 0},
    "scores": {"score_chosen": 8.5, "score_rejected": 4.0},
    "ratings in text": {"chosen-rating": "5", "rejected-rating": "2"},
    "margin": {"margin": 3.0},
    "estimate": {"margin": {"value": 0.3, "low": 0.2, "high": 0.4}},
}
WEAK: dict[str, dict[str, object]] = {
    "votes": {"chosen_votes": 2, "rejected_votes": 1},
    "scores": {"score_chosen": 7.0, "score_rejected": 7.0},
    "ratings in text": {"chosen-rating": "3", "rejected-rating": "4"},
    "margin": {"margin": 0.2},
    "estimate": {"margin": {"value": 0.01, "low": -0.1, "high": 0.1}},
}


def found(columns: Sequence[dict[str, object]]) -> Check:
    """Check one pair with each of the columns."""
    rows = examples(pair(number) for number in range(len(columns)))
    return check_weak(rows, {id(row): values for row, values in zip(rows, columns, strict=True)})


@pytest.mark.parametrize("kind", CLEAR)
@pytest.mark.parametrize(("weak", "state"), [(0, "pass"), (2, "pass"), (3, "warn")])
def test_more_than_a_fifth_of_close_pairs_warn(kind: str, weak: int, state: str) -> None:
    check = found([*[CLEAR[kind]] * (10 - weak), *[WEAK[kind]] * weak])
    assert (check.code, check.state, check.blocking, check.value) == ("WEAK001", state, False, weak / 10)
    assert [shown.row for shown in check.evidence] == list(range(11 - weak, 11))
    assert bool(check.fix) == (state == "warn")


def test_pairs_in_which_the_rejected_answer_leads_are_named_first() -> None:
    scores: list[dict[str, object]] = [{"score_chosen": 5, "score_rejected": rejected} for rejected in (1, 5, 9, 1)]
    check = found(scores)
    assert "in 1 of them the rejected answer leads" in check.because
    assert [shown.row for shown in check.evidence] == [3, 2]
    assert "score_chosen to score_rejected 5 to 9" in check.evidence[0].excerpt


def test_the_scale_of_the_scores_does_not_matter() -> None:
    small: list[dict[str, object]] = [{"margin": lead / 1000} for lead in (1, 2, 30, 40)]
    large: list[dict[str, object]] = [{"margin": lead * 1000} for lead in (1, 2, 30, 40)]
    assert found(small).value == found(large).value == 0.5


def test_pairs_without_numbers_do_not_count() -> None:
    columns: list[dict[str, object]] = [{"margin": 3}, {"margin": None}, {"margin": "wide"}, {"margin": float("nan")}, {}]
    assert found(columns).because.startswith("0 of 1 ")


def test_equal_leads_are_all_clear() -> None:
    assert found([{"margin": 1}] * 5).value == 0.0


@pytest.mark.parametrize("columns", [[], [{"tea": 1}], [{"chosen_votes": 0, "rejected_votes": 0}]])
def test_without_such_columns_it_is_skipped(columns: list[dict[str, object]]) -> None:
    assert found(columns).state == "skipped"
