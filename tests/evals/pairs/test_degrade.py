"""Answers made worse on purpose."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.pairs.degradations import DEGRADATIONS, KINDS, facts_dropped, repeated, shuffled, truncated
from evals.pairs.degrade import DegradedPairs, degrade, read_good
from reports.errors import UsageError

ANSWER = "Warm the pot first. Use 3 grams of tea. Steep it for 4 minutes. Pour it slowly and enjoy."


def built(folder: Path, rows: Sequence[object], cap: float = 0.2, kinds: Sequence[str] = KINDS, seed: int = 0) -> DegradedPairs:
    """Write rows to a file and degrade them."""
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return degrade(read_good([str(folder / "rows.jsonl")]), cap, kinds, seed)


def pair(number: int) -> dict[str, object]:
    """Return a real pair with a long chosen answer."""
    return {"prompt": f"How do I make tea {number}?", "chosen": f" {ANSWER} Cup {number}.", "rejected": f" BUY {number}!!!"}


def test_truncated_is_a_beginning_of_the_answer() -> None:
    worse = truncated(ANSWER, random.Random(1))
    assert worse is not None and ANSWER.startswith(worse)
    assert 5 <= len(worse.split()) <= 13


def test_shuffled_holds_the_same_sentences_in_another_order() -> None:
    worse = shuffled(ANSWER, random.Random(1))
    assert worse is not None and worse != ANSWER
    assert sorted(worse.replace(". ", ".|").split("|")) == sorted(ANSWER.replace(". ", ".|").split("|"))


def test_facts_dropped_leaves_no_number() -> None:
    assert facts_dropped(ANSWER, random.Random(1)) == "Warm the pot first. Pour it slowly and enjoy."


def test_repeated_says_one_sentence_three_times() -> None:
    worse = repeated(ANSWER, random.Random(1))
    assert worse is not None
    assert sorted(worse.count(sentence) for sentence in ANSWER.replace(". ", ".|").split("|")) == [1, 1, 1, 3]


@given(st.text(), st.integers(0, 99), st.sampled_from(list(DEGRADATIONS)))
def test_a_degraded_answer_is_never_empty_and_never_the_same(answer: str, seed: int, kind: str) -> None:
    worse = DEGRADATIONS[kind](answer, random.Random(seed))
    assert worse is None or (worse.strip() and worse != answer)


@pytest.mark.parametrize("cap", [0.0, 0.1, 0.2, 0.25, 0.5])
def test_synthetic_pairs_are_labelled_and_capped(tmp_path: Path, cap: float) -> None:
    found = built(tmp_path, [pair(number) for number in range(30)], cap)
    made, total = len(found.synthetic), 30 + len(found.synthetic)
    assert len(found.real) == 30
    assert made / total <= cap < (made + 1) / (total + 1)
    assert all(not one.synthetic and one.degradation == "" for one in found.real)
    assert all(one.synthetic and one.degradation in KINDS for one in found.synthetic)
    assert all(one.rejected != one.chosen for one in found.synthetic)


def test_kinds_take_turns(tmp_path: Path) -> None:
    found = built(tmp_path, [pair(number) for number in range(30)], cap=0.5)
    assert set(found.kinds()) == set(KINDS)
    assert max(found.kinds().values()) - min(found.kinds().values()) <= 1


def test_the_seed_alone_decides(tmp_path: Path) -> None:
    rows = [pair(number) for number in range(30)]
    assert built(tmp_path, rows, seed=1) == built(tmp_path, rows, seed=1)
    assert built(tmp_path, rows, seed=1) != built(tmp_path, rows, seed=2)


def test_messages_stay_messages(tmp_path: Path) -> None:
    row = {
        "prompt": [{"role": "user", "content": "How do I make tea?"}],
        "chosen": [{"role": "assistant", "content": ANSWER}],
        "rejected": [{"role": "assistant", "content": "No."}],
    }
    (made,) = built(tmp_path, [row], cap=1, kinds=["facts-dropped"]).synthetic
    assert made.rejected == [{"role": "assistant", "content": "Warm the pot first. Pour it slowly and enjoy."}]


def test_the_answer_to_another_prompt_comes_from_another_prompt(tmp_path: Path) -> None:
    found = built(tmp_path, [pair(number) for number in range(6)], cap=0.5, kinds=["other-prompt"])
    answers = {str(one.prompt): one.chosen for one in found.real}
    assert all(one.rejected in answers.values() and one.rejected != answers[str(one.prompt)] for one in found.synthetic)
    assert len(found.synthetic) == 6


def test_demonstrations_alone_break_any_cap(tmp_path: Path) -> None:
    rows = [{"prompt": "tea?", "completion": ANSWER}]
    with pytest.raises(UsageError, match="--cap 1"):
        built(tmp_path, rows)
    assert len(built(tmp_path, rows, cap=1).synthetic) == 1


def test_an_answer_that_cannot_be_damaged_is_refused_with_its_row(tmp_path: Path) -> None:
    (refused,) = built(tmp_path, [{"prompt": "tea?", "completion": "Yes."}], cap=1).refused
    assert (refused.row, "fits this answer" in refused.reason) == (1, True)


def test_a_real_pair_that_cannot_be_damaged_stays_a_real_pair(tmp_path: Path) -> None:
    found = built(tmp_path, [{"prompt": "tea?", "chosen": "Yes.", "rejected": "No."}], cap=1)
    assert (len(found.real), found.synthetic, found.refused) == (1, [], [])


def test_an_answer_rated_as_bad_is_never_the_chosen_one(tmp_path: Path) -> None:
    rows = [{"prompt": f"tea {n}?", "completion": f"{ANSWER} {n}", "label": n > 0} for n in range(4)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    good = read_good([str(tmp_path / "rows.jsonl")])
    assert [row.row for row in good.refused] == [1]
    assert len(degrade(good, cap=1).synthetic) == 3


def test_a_prompt_without_an_answer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "tea?"}\n')
    good = read_good([str(tmp_path / "rows.jsonl")])
    assert (good.examples, "no answer" in good.refused[0].reason) == ([], True)
