"""Near duplicates: planted ones are found and named, rows of one template that ask for different things are not."""

import pytest

from evals.data.check import CheckRequest, check_files
from evals.data.checks.near import check_near, check_near_leakage
from evals.data.examples import Example, Fields
from evals.data.near import find_near, find_near_in, shingles, similarity
from tests.benchmarks.near_duplicates import generate
from tests.evals.data.rows import demonstration, example, examples, write_lines

TEXTS, PLANTED = generate(2000, seed=3)


def row(text: str, number: int) -> Example:
    """Return a demonstration with this prompt."""
    return example({"prompt": text, "completion": " Yes."}, number)


def test_planted_near_duplicates_are_found_and_nothing_else() -> None:
    found = {match.place for match in find_near(TEXTS)}
    assert len(found & PLANTED.keys()) >= 0.99 * len(PLANTED)
    assert len(found - PLANTED.keys()) <= 0.01 * len(found)


def test_every_match_is_as_similar_as_it_says() -> None:
    matches = find_near(TEXTS)
    assert matches
    assert all(match.like < match.place for match in matches)
    assert all(match.similarity == similarity(shingles(TEXTS[match.place]), shingles(TEXTS[match.like])) for match in matches)
    assert min(match.similarity for match in matches) >= 0.8


def test_the_same_texts_give_the_same_matches() -> None:
    assert find_near(TEXTS[:300]) == find_near(TEXTS[:300])


@pytest.mark.parametrize(
    ("first", "second", "near"),
    [
        ("A cup of TEA, slowly!", "a cup of tea slowly", True),
        ("one two three four five six seven eight nine ten", "one two three four five six seven eight nine eleven", False),
        ("有什么茶适合早上慢慢喝吗请推荐", "有什么茶适合早上慢慢喝吗请推荐一", True),
        ("有什么茶适合早上慢慢喝吗请推荐", "你们的小店几点开门周末休息吗", False),
        ("tea", "coffee", False),
        ("", "tea", False),
    ],
)
def test_case_and_punctuation_do_not_count_and_words_do(first: str, second: str, near: bool) -> None:
    assert bool(find_near([first, second])) is near


def test_a_large_bucket_of_one_text_is_found_whole() -> None:
    assert [match.place for match in find_near(["a cup of tea and a quiet morning"] * 500)] == list(range(1, 500))


def test_matches_in_other_texts_are_found_and_repeats_among_themselves_are_not() -> None:
    repeat = "where do I find a quiet cup of tea in this old town on a rainy day"
    texts = [repeat, repeat, TEXTS[0] + " now", "something else"]
    assert [match.place for match in find_near_in(texts, TEXTS[:50])] == [2]
    assert find_near_in(texts, TEXTS[:50])[0].like == 0
    assert find_near_in([], TEXTS[:50]) == find_near_in(texts, []) == []


def test_rows_of_one_template_are_clean() -> None:
    check = check_near(examples(demonstration(number) for number in range(60)))
    assert (check.code, check.state, check.value, check.evidence) == ("NEAR001", "pass", 0.0, ())


@pytest.mark.parametrize(("repeats", "state"), [(2, "pass"), (3, "warn")])
def test_more_than_two_percent_of_near_duplicates_warn(repeats: int, state: str) -> None:
    texts = [text for place, text in enumerate(TEXTS) if place not in PLANTED][: 100 - repeats]
    rows = [row(text, number) for number, text in enumerate([*texts, *(f"{text} indeed" for text in texts[:repeats])], start=1)]
    check = check_near(rows)
    assert (check.state, check.value, check.blocking) == (state, repeats / 100, False)
    assert check.evidence[0].row == 101 - repeats
    assert "like row 1 of rows.jsonl" in check.evidence[0].excerpt


@pytest.mark.parametrize(("leaks", "state"), [(0, "pass"), (1, "warn"), (2, "fail")])
def test_near_leaks_block_above_one_percent(leaks: int, state: str) -> None:
    texts = [text for place, text in enumerate(TEXTS) if place not in PLANTED][:110]
    learned = [
        row(text, number)
        for number, text in enumerate([*texts[: 100 - leaks], *(f"{text} now" for text in texts[100 : 100 + leaks])])
    ]
    measured = [row(text, number) for number, text in enumerate(texts[100:])]
    check = check_near_leakage(learned, measured, frozenset())
    assert (check.code, check.state, check.value, check.blocking) == ("LEAK002", state, leaks / 100, True)


def test_an_exact_leak_does_not_count_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("leak")
    rows: list[Fields] = [{"prompt": text, "completion": " Yes."} for text in TEXTS[:3]]
    near: Fields = {"prompt": f"{TEXTS[3]} now", "completion": " Yes."}
    train = str(write_lines(folder / "train.jsonl", [*rows[:2], near]))
    test = str(write_lines(folder / "test.jsonl", [rows[0], {"prompt": TEXTS[3], "completion": "?"}]))
    values = {check.code: check.value for check in check_files(CheckRequest((train,), against=(test,))).checks}
    assert (values["LEAK001"], values["LEAK002"]) == (1 / 3, 1 / 3)


def test_near_leakage_is_skipped_without_an_evaluation() -> None:
    assert check_near_leakage(examples([demonstration(1)]), [], frozenset()).state == "skipped"
