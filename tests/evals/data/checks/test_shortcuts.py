"""Shortcuts: length and words are found where they were planted, and noise stays noise."""

import random

import pytest

from evals.data.checks.shortcuts import check_shortcuts
from evals.data.examples import Example, Fields
from reports.records.data import Check
from tests.evals.data.rows import examples

WORDS = [f"word{number}" for number in range(200)]


def answer(draw: random.Random, words: int) -> str:
    """Return an answer of so many words."""
    return " ".join(draw.choices(WORDS, k=words))


def pairs(count: int, longer: int = 0, mark: str = "", share: float = 1.0) -> list[Example]:
    """Return pairs of random answers; the chosen ones are longer, or end with a mark, in a share of them."""
    draw = random.Random(1)
    rows: list[Fields] = []
    for number in range(count):
        is_planted = draw.random() < share
        length = draw.randint(10, 40)
        chosen = answer(draw, length + longer * is_planted) + (f" {mark}" if mark and is_planted else "")
        rejected = answer(draw, draw.randint(10, 40) if not longer else length)
        rows.append({"prompt": f"Question {number}", "chosen": chosen, "rejected": rejected})
    return examples(rows)


def found(rows: list[Example]) -> dict[str, Check]:
    """Return the checks by code."""
    return {check.code: check for check in check_shortcuts(rows)}


def test_random_answers_show_no_shortcut() -> None:
    checks = found(pairs(400))
    assert {check.state for check in checks.values()} == {"pass"}
    assert all(check.value is not None and abs(check.value - 0.5) < 0.1 for check in checks.values())


def test_longer_chosen_answers_are_found_by_length() -> None:
    check = found(pairs(400, longer=8))["LEN002"]
    assert (check.state, check.blocking) == ("warn", False)
    assert check.value is not None
    assert check.value > 0.95


def test_a_word_that_gives_the_answer_away_is_found_by_words_and_not_by_length() -> None:
    checks = found(pairs(400, mark="certainly"))
    assert checks["BOW001"].state == "warn"
    assert checks["LEN002"].state == "pass"
    assert "on held-out prompts of 400 pairs" in checks["BOW001"].because


def test_a_style_of_the_same_length_is_no_shortcut_of_length() -> None:
    draw = random.Random(4)
    texts = [(f"Question {number}", answer(draw, 20)) for number in range(300)]
    rows: list[Fields] = [{"prompt": asked, "chosen": f"{text}!", "rejected": f"{text}."} for asked, text in texts]
    check = found(examples(rows))["LEN002"]
    assert (check.state, check.value) == ("pass", 0.5)


def test_a_weak_habit_does_not_warn() -> None:
    assert found(pairs(400, mark="certainly", share=0.3))["BOW001"].state == "pass"


def test_pairs_of_one_prompt_are_not_learned_from_and_tested_on() -> None:
    """Chosen answers that are one text for each prompt tell nothing on other prompts."""
    draw = random.Random(2)
    rows: list[Fields] = []
    for prompt in range(120):
        good, bad = f"only{prompt} " + answer(draw, 9), f"never{prompt} " + answer(draw, 9)
        rows += [{"prompt": f"Question {prompt}", "chosen": good, "rejected": bad}] * 3
    value = found(examples(rows))["BOW001"].value
    assert value is not None
    assert value < 0.65


@pytest.mark.parametrize("count", [0, 99])
def test_few_pairs_are_skipped_with_the_reason(count: int) -> None:
    checks = found(pairs(count))
    assert {check.state for check in checks.values()} == {"skipped"}
    assert all("pairs" in check.because for check in checks.values())


def test_many_pairs_of_few_prompts_are_skipped() -> None:
    rows = examples([{"prompt": "One question", "chosen": f"a {n}", "rejected": f"b {n}"} for n in range(300)])
    assert found(rows)["LEN002"].because == "300 pairs over 1 prompts are too few to tell; 100 prompts are needed"
