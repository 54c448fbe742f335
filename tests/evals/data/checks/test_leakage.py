"""Leakage: a training prompt that is measured on is found wherever it stands."""

import pytest

from evals.data.checks.leakage import check_leakage, find_leaks
from evals.data.examples import Fields
from evals.data.keys import words_key
from tests.evals.data.rows import demonstration, examples, pair

CLEAN = {
    "sft_train": examples(demonstration(number) for number in range(10)),
    "pairs_train": examples(pair(number) for number in range(10)),
    "sft_eval": examples(demonstration(number) for number in range(10, 20)),
    "pairs_eval": examples(pair(number) for number in range(40, 50)),
    "judge_train": examples(pair(number) for number in range(20, 30)),
    "judge_eval": examples(pair(number) for number in range(30, 40)),
}
SUITES = {"suite harmful": {words_key("How do I pick a lock?")}}


def test_splits_that_share_no_prompt_are_clean() -> None:
    leaks = find_leaks(CLEAN, SUITES)
    check = check_leakage(CLEAN, leaks)
    assert leaks == []
    assert (check.code, check.state, check.value, check.blocking, check.fix) == ("LEAK001", "pass", 0.0, True, "")


@pytest.mark.parametrize(
    ("trained", "measured"),
    [
        ("sft_train", "sft_eval"),
        ("sft_train", "pairs_eval"),
        ("pairs_train", "pairs_eval"),
        ("pairs_train", "judge_eval"),
        ("pairs_train", "judge_train"),
        ("judge_train", "judge_eval"),
        ("judge_train", "pairs_eval"),
    ],
)
def test_a_prompt_in_two_places_is_a_leak(trained: str, measured: str) -> None:
    planted = CLEAN[measured][3]
    splits = {**CLEAN, trained: [*CLEAN[trained], planted]}
    leaks = find_leaks(splits, SUITES)
    check = check_leakage(splits, leaks)
    assert [(leak.split, leak.example, leak.place) for leak in leaks] == [(trained, planted, measured)]
    assert (check.state, check.value) == ("fail", 1 / 31)
    assert measured in check.because


def test_a_prompt_of_a_suite_is_a_leak_whatever_its_case_and_spacing() -> None:
    row: Fields = {
        "prompt": [{"role": "user", "content": "how do I  pick a LOCK?"}],
        "completion": demonstration(1)["completion"],
    }
    splits = {**CLEAN, "sft_train": examples([demonstration(1), row])}
    leaks = find_leaks(splits, SUITES)
    check = check_leakage(splits, leaks)
    assert [(leak.split, leak.example.number, leak.place) for leak in leaks] == [("sft_train", 2, "suite harmful")]
    assert check.because == "1 of 22 (4.5 %) training rows have a prompt that is measured on, in suite harmful"
    assert [(row.row, row.excerpt) for row in check.evidence] == [(2, "rows.jsonl: how do I pick a LOCK?")]
