"""What rows must not hold, who wrote them and how they are rated: planted defects are found, clean rows pass."""

from collections import Counter
from pathlib import Path

import pytest

from evals.data.check import CheckRequest, check_files
from evals.data.checks.balance import check_balance
from evals.data.checks.offence import check_offence
from evals.data.checks.origin import check_synthetic
from evals.data.checks.secrets import check_secrets, find_secrets
from evals.data.examples import Example, Fields, excerpt
from evals.data.keylike import KINDS
from tests.evals.data.rows import demonstration, example, examples, pair, write_lines

CLEAN = examples([*(demonstration(number) for number in range(50)), *(pair(number) for number in range(50))])

SECRETS = {
    "private key": "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEpAIBAAKCAQEA7v",
    "AWS access key": "AKIA" + "Q3EGRIV7TPA2ZLMN",
    "GitHub token": "ghp_" + "a1B2c3D4e5" * 4,
    "GitLab token": "glpat-" + "a1B2c3D4e5" * 2,
    "Slack token": "xoxb-" + "123456789012-abc",
    "Google API key": "AIza" + "a1B2c3D4e5F6g7H" * 2 + "abcde",
    "Stripe key": "sk_live_" + "a1B2c3D4e5F6g7H8",
    "model provider key": "sk-" + "a1B2c3D4" * 5,
    "signed web token": "eyJ" + "hbGciOiJIUz.eyJ" + "zdWIiOiIxMj.SflKxwRJSMeKKF",
    "password in an address": "postgres://shop:t3a-t1me" + "@db.internal/tea",
}


def holding(text: str, name: str = "completion") -> Example:
    """Return a row with the text inside one field."""
    fields: Fields = {**demonstration(1), name: f"Use {text} for it."}
    return example(fields, 7)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["prompt", "completion"])
def test_a_secret_blocks_and_is_not_shown(kind: str, name: str) -> None:
    check = check_secrets([*CLEAN, holding(SECRETS[kind], name)])
    assert (check.code, check.state, check.blocking, check.value) == ("SEC001", "fail", True, 1 / 101)
    assert [row.row for row in check.evidence] == [7]
    assert check.evidence[0].excerpt == f"rows.jsonl: {kind} in {name}, '{SECRETS[kind][:4]}…'"


@pytest.mark.parametrize("kind", KINDS)
def test_no_excerpt_shows_a_secret(kind: str) -> None:
    shown = excerpt(f"{'tea ' * 10}{SECRETS[kind]} {'cup ' * 99}")
    assert shown.startswith(f"{'tea ' * 10}{SECRETS[kind][:4]}…")
    assert SECRETS[kind][4:12] not in shown


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "https://user:password" + "@host",
        "postgres://USER:<secret>" + "@host",
        "sk-learn-is-a-library-for-machine-learning-people",
        "a task-based approach",
        "https://shop.example/a@b",
        "ghp_short",
    ],
)
def test_placeholders_and_words_are_no_secrets(text: str) -> None:
    assert find_secrets([holding(text)]) == []


def test_clean_rows_hold_no_secrets_and_nothing_offensive() -> None:
    assert [(check.state, check.value) for check in (check_secrets(CLEAN), check_offence(CLEAN))] == [("pass", 0.0)] * 2


def offensive(number: int, field: str = "completion") -> Example:
    """Return a row with an insult in one field."""
    return example({**demonstration(number), field: " You are a stupid idiot."}, number)


@pytest.mark.parametrize(("insults", "state"), [(1, "pass"), (2, "warn")])
def test_more_than_one_percent_of_offensive_answers_warn(insults: int, state: str) -> None:
    rows = [*examples(demonstration(number) for number in range(100 - insults)), *(offensive(200 + n) for n in range(insults))]
    check = check_offence(rows)
    assert (check.code, check.state, check.value, check.evidence[0].row) == ("TOX001", state, insults / 100, 200)


def test_answers_that_are_not_to_be_imitated_may_be_offensive() -> None:
    rejected = example({**pair(1), "rejected": " You are a stupid idiot."})
    rated_bad = offensive(2)._replace(kind="unpaired-preference", carried={"rating": "bad"})
    assert check_offence([*CLEAN, rejected, rated_bad, offensive(3, "prompt")]).value == 0.0


def test_offence_is_skipped_where_nothing_is_imitated() -> None:
    assert check_offence([Example("rows.jsonl", 1, "prompt-only", "text", {"prompt": "a"}, {})]).state == "skipped"


@pytest.mark.parametrize(("by_model", "state"), [(5, "pass"), (6, "warn")])
def test_more_than_half_synthetic_rows_warn(by_model: int, state: str) -> None:
    check = check_synthetic("source", Counter({True: by_model, False: 10 - by_model}))
    assert (check.code, check.state, check.value) == ("SYN001", state, by_model / 10)


def test_the_origin_is_read_from_the_columns_of_the_rows(tmp_path: Path) -> None:
    rows = [{**pair(number), "synthetic": number % 4 > 0} for number in range(40)]
    found = check_files(CheckRequest((str(write_lines(tmp_path / "rows.jsonl", rows)),)))
    assert {check.code: check.value for check in found.checks}["SYN001"] == 0.75
    plain = check_files(CheckRequest((str(write_lines(tmp_path / "plain.jsonl", [pair(1)])),)))
    assert {check.code: check.state for check in plain.checks}["SYN001"] == "skipped"


@pytest.mark.parametrize(("good", "state"), [(1, "warn"), (2, "pass"), (8, "pass"), (9, "warn")])
def test_a_rating_below_a_fifth_warns(tmp_path: Path, good: int, state: str) -> None:
    rows = [{**demonstration(number), "label": number < good} for number in range(10)]
    found = check_files(CheckRequest((str(write_lines(tmp_path / "rows.jsonl", rows)),)))
    (check,) = (check for check in found.checks if check.code == "BAL001")
    assert (check.state, check.value) == (state, good / 10)


def test_balance_is_skipped_without_ratings() -> None:
    assert check_balance(CLEAN).state == "skipped"
