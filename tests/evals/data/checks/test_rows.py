"""Checks of single rows: duplicates, empty fields, identical answers, enough rows."""

import pytest

from evals.data.checks.duplicates import check_duplicates, find_duplicates
from evals.data.checks.empty import check_empty, find_empty
from evals.data.checks.enough import check_rows
from evals.data.checks.pairs import check_identical, check_identical_tokens, find_identical
from evals.data.examples import Fields
from tests.evals.data.rows import demonstration, examples, pair

CLEAN = examples([demonstration(number) for number in range(100)] + [pair(number) for number in range(100)])


def test_clean_rows_pass_all_checks_without_evidence() -> None:
    pairs = [example for example in CLEAN if example.kind == "preference"]
    found = [find_duplicates(CLEAN), find_empty(CLEAN), find_identical(CLEAN)]
    checks = [
        check_duplicates(CLEAN, []),
        check_empty(CLEAN, []),
        check_identical(pairs, []),
        check_identical_tokens(pairs, [], 64),
        check_rows({"sft_train": 500, "pairs_train": 501}),
    ]
    assert found == [[], [], []]
    assert [(check.state, check.evidence, check.fix) for check in checks] == [("pass", (), "")] * 5
    assert [check.code for check in checks] == ["DUP001", "EMPTY001", "PAIR001", "PAIR002", "ROWS001"]


def test_repeats_are_found_after_their_first_place() -> None:
    rows = examples([pair(1), demonstration(1), pair(2), pair(1), demonstration(1), pair(1)])
    assert find_duplicates(rows) == [3, 4, 5]


def test_rows_that_differ_in_case_or_in_an_answer_are_no_duplicates() -> None:
    rows: list[Fields] = [pair(1), {**pair(1), "rejected": " No."}, {**pair(1), "chosen": str(pair(1)["chosen"]).upper()}]
    assert find_duplicates(examples(rows)) == []


def test_messages_that_are_cut_differently_are_no_duplicates() -> None:
    one: Fields = {"prompt": [{"role": "user", "content": "ab"}], "completion": [{"role": "assistant", "content": "c"}]}
    two: Fields = {"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "bc"}]}
    three: Fields = {**one, "prompt": [{"role": "system", "content": "ab"}]}
    assert find_duplicates(examples([one, two, three, one])) == [3]


@pytest.mark.parametrize(("repeats", "state"), [(2, "pass"), (3, "warn")])
def test_two_duplicates_in_a_hundred_are_allowed(repeats: int, state: str) -> None:
    rows = examples([demonstration(number) for number in range(100 - repeats)] + [demonstration(0)] * repeats)
    check = check_duplicates(rows, find_duplicates(rows))
    assert (check.state, check.value, check.limit, check.blocking) == (state, repeats / 100, 0.02, False)
    assert (check.evidence[0].row, check.evidence[0].excerpt) == (101 - repeats, f"rows.jsonl: {demonstration(0)['prompt']}")


@pytest.mark.parametrize("name", ["prompt", "chosen", "rejected"])
@pytest.mark.parametrize("blank", ["", " \n\t", [{"role": "user", "content": " "}]])
def test_a_blank_field_is_found(name: str, blank: str | list[dict[str, str]]) -> None:
    rows = examples([pair(1), {**pair(2), name: blank}, pair(3)])
    check = check_empty(rows, find_empty(rows))
    assert find_empty(rows) == [1]
    assert (check.state, check.value, [row.row for row in check.evidence]) == ("warn", 1 / 3, [2])


def test_answers_that_differ_only_in_blanks_around_them_are_identical() -> None:
    rows = examples([pair(1), {**pair(2), "rejected": f"{pair(2)['chosen']} \n"}, demonstration(1)])
    found = find_identical(rows)
    check = check_identical(rows[:2], [rows[place] for place in found])
    assert found == [1]
    assert (check.state, check.value, [row.row for row in check.evidence]) == ("warn", 0.5, [2])


def test_pairs_that_tokenisation_makes_equal_block_above_a_twentieth() -> None:
    pairs = examples([pair(number) for number in range(100)])
    few, many = check_identical_tokens(pairs, pairs[:5], 64), check_identical_tokens(pairs, pairs[:6], None)
    assert (few.state, few.value, few.blocking) == ("warn", 0.05, True)
    assert (many.state, many.value, many.blocking) == ("fail", 0.06, True)
    assert "truncation to 64 tokens" in few.because
    assert "truncation" not in many.because


def test_checks_of_pairs_are_skipped_without_pairs() -> None:
    checks = [check_identical([], []), check_identical_tokens([], [], 64)]
    assert [(check.state, check.value, check.because) for check in checks] == [
        ("skipped", None, "the data hold no preference pairs")
    ] * 2


def test_the_smallest_training_split_decides_whether_rows_are_enough() -> None:
    check = check_rows({"sft_train": 2000, "pairs_train": 499})
    assert (check.state, check.value, check.limit) == ("warn", 499.0, 500.0)
    assert check.because == "rows to train on: sft_train 2,000, pairs_train 499"
