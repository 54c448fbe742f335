"""Checks of lengths: which answer is chosen, and how many would be cut."""

import pytest

from evals.data.checks.length import check_length_bias, check_truncation
from evals.data.examples import Example
from tests.evals.data.rows import demonstration, example, examples


def pairs(shorter: int, longer: int, equal: int) -> list[Example]:
    """Return pairs in which the chosen answer is so often shorter, longer and as long."""
    lengths = [(1, 2)] * shorter + [(2, 1)] * longer + [(1, 1)] * equal
    return [example({"prompt": "p", "chosen": "c" * chosen, "rejected": "r" * rejected}) for chosen, rejected in lengths]


def test_the_share_of_shorter_answers_is_reported_over_all_pairs() -> None:
    check = check_length_bias(pairs(shorter=11, longer=8, equal=1))
    assert (check.state, check.value, check.limit) == ("pass", 0.55, None)
    assert check.because == (
        "in 11 of 20 (55.0 %) pairs the chosen answer is the shorter one in characters, "
        "in 8 of 20 (40.0 %) the longer one, and 1 are equally long"
    )


@pytest.mark.parametrize(("shorter", "longer", "state"), [(65, 35, "pass"), (66, 34, "warn"), (34, 66, "warn"), (35, 65, "pass")])
def test_length_that_tells_most_pairs_apart_is_a_warning(shorter: int, longer: int, state: str) -> None:
    check = check_length_bias(pairs(shorter, longer, equal=0))
    assert (check.state, bool(check.fix)) == (state, state == "warn")


def test_length_is_skipped_without_pairs() -> None:
    assert check_length_bias([]).state == "skipped"


@pytest.mark.parametrize(("cut", "state"), [(0, "pass"), (5, "pass"), (6, "warn")])
def test_more_than_a_twentieth_of_cut_answers_is_a_warning(cut: int, state: str) -> None:
    rows = examples(demonstration(number) for number in range(100))
    check = check_truncation(rows, rows[:cut], 64, shortened=0)
    assert (check.state, check.value, len(check.evidence)) == (state, cut / 100, min(cut, 5))


def test_truncation_says_what_became_of_long_rows() -> None:
    rows = examples(demonstration(number) for number in range(10))
    because = check_truncation(rows, rows[:4], 64, shortened=3).because
    assert because == "4 of 10 (40.0 %) rows are longer than 64 tokens; 3 lost their oldest turns and fit, 1 are left out"


def test_truncation_is_skipped_where_nothing_limits_the_length() -> None:
    assert check_truncation(examples([demonstration(1)]), [], None, shortened=0).state == "skipped"
