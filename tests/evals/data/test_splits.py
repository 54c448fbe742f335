"""Splits: prompts never straddle, sizes follow the rule, and the seed decides, not the order of rows."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.data.checks.leakage import find_leaks
from evals.data.examples import Example, Fields
from evals.data.grouping import group_prompts
from evals.data.keys import words_key
from evals.data.splits import Needs, Rows, Splits, check_sizes, read_split
from evals.data.splits import cut as cut_rows
from reports.errors import DataError, MissingError
from reports.records.evaluation import Message
from tests.evals.data.rows import demonstration, example, examples, pair, write_lines

ALL = Needs(sft=True, pairs=True, judge=True, target_prompts=120, seed=0)


def pairs(count: int) -> list[Example]:
    """Return pairs on different prompts."""
    return examples(pair(number) for number in range(count))


def demonstrations(count: int, first: int = 0) -> list[Example]:
    """Return demonstrations on different prompts."""
    return examples(demonstration(number) for number in range(first, first + count))


def cut(shown: Sequence[Example], compared: Sequence[Example], needs: Needs) -> Splits:
    """Cut demonstrations and pairs, near duplicates together."""
    return cut_rows(Rows(shown, compared), needs, group_prompts([*shown, *compared]))


def sizes(splits: dict[str, list[Example]]) -> dict[str, int]:
    """Return rows by split."""
    return {name: len(rows) for name, rows in splits.items()}


def test_pairs_are_cut_by_the_rule() -> None:
    splits = cut([], pairs(2000), ALL)
    assert sizes(splits.rows) == {
        "sft_train": 1400,
        "sft_eval": 200,
        "pairs_train": 1400,
        "pairs_eval": 200,
        "judge_train": 320,
        "judge_eval": 80,
    }
    assert len(splits.target) == 120


def test_more_is_held_out_where_win_rate_needs_prompts_but_never_above_a_quarter() -> None:
    assert len(cut([], pairs(600), ALL).rows["pairs_eval"]) == 120
    assert len(cut([], pairs(200), ALL).rows["pairs_eval"]) == 50
    assert len(cut([], pairs(600), ALL._replace(target_prompts=0)).rows["pairs_eval"]) == 60


def test_small_data_keep_the_smallest_size_of_each_split() -> None:
    splits = cut([], pairs(80), ALL)
    assert sizes(splits.rows) == dict.fromkeys(
        ("sft_train", "sft_eval", "pairs_train", "pairs_eval", "judge_train", "judge_eval"), 20
    )
    check_sizes(splits, "")


def test_data_below_the_smallest_sizes_are_refused_with_their_history() -> None:
    splits = cut([], pairs(79), ALL)
    with pytest.raises(DataError, match=r"Only 19 rows are left for .*_train .*at least 20 are needed\. Of 99 read") as caught:
        check_sizes(splits, "Of 99 read")
    assert caught.value.exit_code == 2


def test_the_seed_decides_and_the_order_of_rows_does_not() -> None:
    rows = pairs(300)
    forwards, backwards = cut([], rows, ALL), cut([], rows[::-1], ALL)
    others = cut([], rows, ALL._replace(seed=1))
    assert {row.number for row in forwards.rows["pairs_eval"]} == {row.number for row in backwards.rows["pairs_eval"]}
    assert [item.id for item in forwards.target] == [item.id for item in backwards.target]
    assert {row.number for row in forwards.rows["pairs_eval"]} != {row.number for row in others.rows["pairs_eval"]}


def test_demonstrations_follow_the_pairs_on_the_same_prompt() -> None:
    splits = cut(demonstrations(600), pairs(600), ALL)
    assert {row.fields["prompt"] for row in splits.rows["sft_train"]} == {
        row.fields["prompt"] for row in splits.rows["pairs_train"]
    }
    assert {row.fields["prompt"] for row in splits.rows["sft_eval"]} == {
        row.fields["prompt"] for row in splits.rows["pairs_eval"]
    }
    assert {lost.example.fields["prompt"] for lost in splits.reserved} == {
        row.fields["prompt"] for name in ("judge_train", "judge_eval") for row in splits.rows[name]
    }
    assert find_leaks(splits.rows, {}) == []


def test_demonstrations_on_prompts_of_their_own_are_held_out_too() -> None:
    splits = cut(demonstrations(300, first=1000), pairs(300), ALL)
    assert (sizes(splits.rows)["sft_train"], sizes(splits.rows)["sft_eval"]) == (240, 60)
    assert len(splits.target) == 120
    assert splits.reserved == []


def test_sft_learns_each_chosen_answer_once_where_there_are_no_demonstrations() -> None:
    rows = [row for row in pairs(300) for _ in range(2)]
    rows = [row._replace(fields={**row.fields, "rejected": f" {place}"}) for place, row in enumerate(rows)]
    splits = cut([], rows, ALL)
    assert len(splits.rows["pairs_train"]) == 2 * len(splits.rows["sft_train"])
    assert set(splits.rows["sft_train"][0].fields) == {"prompt", "completion"}
    assert {row.fields["completion"] for row in splits.rows["sft_train"]} == {
        row.fields["chosen"] for row in splits.rows["pairs_train"]
    }


def test_only_the_splits_that_are_needed_are_made() -> None:
    sft = cut(demonstrations(100), [], Needs(sft=True, pairs=False, judge=False, target_prompts=10, seed=0))
    dpo = cut([], pairs(100), Needs(sft=False, pairs=True, judge=False, target_prompts=10, seed=0))
    assert sizes(sft.rows) == {"sft_train": 80, "sft_eval": 20}
    assert sizes(dpo.rows) == {"pairs_train": 80, "pairs_eval": 20}
    assert (len(sft.target), len(dpo.target)) == (10, 10)


def test_a_target_item_carries_prompt_reference_family_and_format() -> None:
    fields: Fields = {"prompt": [{"role": "user", "content": "Tea?"}], "completion": [{"role": "assistant", "content": "Mint."}]}
    rows = [example(fields, number, family="teas", format="button") for number in range(50)]
    item = cut(rows, [], ALL._replace(pairs=False, judge=False)).target[0]
    assert item.prompt == (Message(role="user", content="Tea?"),)
    assert (item.suite, item.reference, item.family, item.category) == ("target", "Mint.", "teas", "button")
    assert item.id == words_key("tea?").hex()


@settings(max_examples=60, deadline=None)
@given(
    asked=st.lists(st.integers(0, 60), max_size=200),
    answered=st.lists(st.integers(0, 90), max_size=200),
    judge=st.booleans(),
    seed=st.integers(0, 3),
)
def test_no_prompt_straddles_and_no_row_is_lost(asked: list[int], answered: list[int], judge: bool, seed: int) -> None:
    shown = [example({**demonstration(number), "completion": f" {place}"}, place) for place, number in enumerate(answered)]
    compared = [example({**pair(number), "chosen": f" {place}"}, place) for place, number in enumerate(asked)]
    splits = cut(shown, compared, Needs(sft=bool(shown), pairs=True, judge=judge, target_prompts=20, seed=seed))
    assert find_leaks(splits.rows, {}) == []
    assert sum(len(rows) for name, rows in splits.rows.items() if not name.startswith("sft")) == len(compared)
    assert sum(len(rows) for name, rows in splits.rows.items() if name.startswith("sft")) + len(splits.reserved) == len(shown)


def test_a_split_is_read_back_and_an_absent_one_is_missing(tmp_path: Path) -> None:
    rows = [pair(1), {**pair(2), "prompt": [{"role": "user", "content": "line\u2028break"}]}]
    assert read_split(write_lines(tmp_path / "pairs_train.jsonl", rows)) == rows
    with pytest.raises(MissingError, match=r"judge_train\.jsonl: this split was not prepared"):
        read_split(tmp_path / "judge_train.jsonl")
