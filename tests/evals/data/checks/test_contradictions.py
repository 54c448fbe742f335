"""Pairs that take each other back, and pairs whose answers hardly differ."""

from evals.data.checks.contradictions import check_alike, check_contradictions
from evals.data.examples import Fields
from tests.evals.data.rows import examples, pair

CLEAN = examples(pair(number) for number in range(100))
LONG = " ".join(f"word{number}" for number in range(90))


def test_clean_pairs_pass() -> None:
    checks = check_contradictions(CLEAN), check_alike(CLEAN)
    assert [(check.code, check.state, check.value, check.evidence, check.fix) for check in checks] == [
        ("PAIR003", "pass", 0.0, (), ""),
        ("PAIR004", "pass", 0.0, (), ""),
    ]


def test_both_pairs_of_a_contradiction_are_named() -> None:
    first = pair(7)
    turned: Fields = {"prompt": str(first["prompt"]).upper(), "chosen": first["rejected"], "rejected": first["chosen"]}
    check = check_contradictions(examples([*(pair(number) for number in range(10)), turned]))
    assert (check.state, check.value, [row.row for row in check.evidence]) == ("warn", 2 / 11, [8, 11])


def test_the_other_way_round_for_another_prompt_is_no_contradiction() -> None:
    first = pair(7)
    other: Fields = {"prompt": "Another one.", "chosen": first["rejected"], "rejected": first["chosen"]}
    assert check_contradictions(examples([first, other])).state == "pass"


def test_answers_that_differ_in_a_word_of_many_are_alike() -> None:
    alike: Fields = {"prompt": "p", "chosen": LONG, "rejected": f"{LONG} indeed"}
    rows = examples([*(pair(number) for number in range(94)), *([alike] * 6)])
    few, many = check_alike(rows[:-1]), check_alike(rows)
    assert (few.state, many.state, many.value) == ("warn", "warn", 0.06)
    assert check_alike(rows[:-2]).state == "pass"
    assert many.evidence[0].row == 95


def test_short_answers_that_differ_in_a_word_are_not_alike() -> None:
    assert check_alike(examples([{"prompt": "p", "chosen": "Yes, of course.", "rejected": "No, of course."}])).value == 0.0


def test_without_pairs_both_are_skipped() -> None:
    assert {check_contradictions([]).state, check_alike([]).state} == {"skipped"}
