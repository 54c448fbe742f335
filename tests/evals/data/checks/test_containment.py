"""LEAK003: a measured item inside a longer row is found; templates, boilerplate and counts are not taken for one."""

import json
from pathlib import Path

import pytest

from evals.data.check import CheckRequest, check_files, examine
from evals.data.checks.containment import WORDS, check_containment, find_contained
from evals.data.examples import Fields
from evals.data.fixing import DIFF, write_fixed
from tests.benchmarks.near_duplicates import generate
from tests.evals.data.rows import demonstration, examples, write_lines

TEXTS = [text for place, text in enumerate(generate(300, seed=9)[0]) if place not in generate(300, seed=9)[1]]
ITEMS: list[Fields] = [{"prompt": text, "completion": "?"} for text in TEXTS[:20]]
CLEAN: list[Fields] = [{"prompt": text, "completion": "Yes."} for text in TEXTS[20:120]]


def words(number: int, count: int, start: int = 0) -> str:
    """Return words of a measured item, in capitals and with other punctuation."""
    return ", ".join(TEXTS[number].upper().rstrip(".").split()[start : start + count])


@pytest.mark.parametrize("field", ["prompt", "completion"])
def test_an_item_inside_a_longer_row_blocks(field: str) -> None:
    row: Fields = {**demonstration(1), field: f"Once I read: {words(7, WORDS, 4)}! What a day."}
    check = check_containment(examples([*CLEAN, row]), examples(ITEMS), frozenset())
    assert (check.code, check.state, check.blocking, check.value) == ("LEAK003", "fail", True, 1 / 101)
    assert [(shown.row, "as row 8 of rows.jsonl" in shown.excerpt) for shown in check.evidence] == [(101, True)]


def test_an_answer_that_is_measured_is_found_too() -> None:
    items: list[Fields] = [{"prompt": "Go", "completion": TEXTS[0]}]
    row: Fields = {"prompt": f"Sum up: {TEXTS[0]}", "completion": "Done."}
    assert [found.place for found in find_contained(examples([*CLEAN, row]), examples(items))] == [100]


def test_one_word_less_is_no_leak() -> None:
    row: Fields = {**demonstration(1), "prompt": f"Once I read: {words(7, WORDS - 1)}! What a day."}
    check = check_containment(examples([*CLEAN, row]), examples(ITEMS), frozenset())
    assert (check.state, check.value, check.fix) == ("pass", 0.0, "")


@pytest.mark.parametrize(("rows", "found"), [(10, 10), (11, 0)])
def test_what_many_rows_hold_is_boilerplate(rows: int, found: int) -> None:
    repeated: list[Fields] = [{"prompt": f"{number}: {words(3, WORDS)}", "completion": "?"} for number in range(rows)]
    assert len(find_contained(examples([*CLEAN, *repeated]), examples(ITEMS))) == found


@pytest.mark.parametrize(("items", "found"), [(2, 1), (3, 0)])
def test_what_several_items_share_is_their_template(items: int, found: int) -> None:
    measured: list[Fields] = [{"prompt": f"{words(3, WORDS)} number {item}", "completion": "?"} for item in range(items)]
    row: Fields = {"prompt": f"Note. {words(3, WORDS)}", "completion": "?"}
    assert len(find_contained(examples([*CLEAN, row]), examples(measured))) == found


@pytest.mark.parametrize("text", ["1 2 3 4 5 6 7 8 9 10 11 12 13 14", "ha " * 20])
def test_counts_and_refrains_are_no_items(text: str) -> None:
    rows: list[Fields] = [{"prompt": text, "completion": f"{text} again"}]
    assert find_contained(examples(rows), examples(rows)) == []


def test_rows_that_are_leaks_as_a_whole_do_not_count_again() -> None:
    learned = examples([*CLEAN, {**ITEMS[0], "completion": "Yes."}])
    assert check_containment(learned, examples(ITEMS), frozenset({100})).state == "pass"


@pytest.mark.parametrize("measured", [[], [{"prompt": "Too short to tell", "completion": "Yes"}]])
def test_without_long_items_it_is_skipped(measured: list[Fields]) -> None:
    check = check_containment(examples(CLEAN), examples(measured), frozenset())
    assert (check.state, check.blocking) == ("skipped", True)


def test_the_leak_blocks_a_check_and_goes_with_a_fix(tmp_path: Path) -> None:
    row: Fields = {"prompt": f"{'Tell me more. ' * 20}{words(7, WORDS)}. {'And so on. ' * 20}", "completion": "Yes."}
    rows = [*CLEAN, row]
    train, test = write_lines(tmp_path / "train.jsonl", rows), write_lines(tmp_path / "test.jsonl", ITEMS)
    request = CheckRequest((str(train),), against=(str(test),))
    examined = examine(request)
    states = {check.code: check.state for check in examined.found.checks if check.code.startswith("LEAK")}
    assert (examined.found.passed, states) == (False, {"LEAK001": "pass", "LEAK002": "pass", "LEAK003": "fail"})
    (path,) = write_fixed(examined, tmp_path / "out").files
    assert [json.loads(line) for line in path.read_text().splitlines()] == CLEAN
    assert (tmp_path / "out" / DIFF).read_text().startswith("- train.jsonl:101  LEAK003: ")
    assert check_files(request._replace(sources=(str(path),))).passed
