"""NOISE001: turned labels are estimated where the features can see them, and no number is given where they cannot."""

import random

import pytest

from evals.data.checks.noise import check_noise, estimate_noise, judge_pairs
from evals.data.examples import Example, Fields
from tests.evals.data.rows import example

WORDS = [f"word{number}" for number in range(200)]


def noisy(count: int, turned: float, marked: float = 1.0) -> list[Example]:
    """Return pairs whose better answers say 'certainly', in a share of them; in another share the labels are turned."""
    draw = random.Random(3)
    rows = []
    for number in range(count):
        good, bad = (" ".join(draw.choices(WORDS, k=20)) for _ in range(2))
        good += " certainly" if draw.random() < marked else ""
        chosen, rejected = (bad, good) if draw.random() < turned else (good, bad)
        rows.append(example({"prompt": f"Question {number}", "chosen": chosen, "rejected": rejected}, number + 1))
    return rows


def rated(pairs: list[Example]) -> list[Example]:
    """Return both answers of each pair as rated answers."""
    answers = [(pair, name, rating) for pair in pairs for name, rating in (("chosen", "good"), ("rejected", "bad"))]
    fields: list[Fields] = [{"prompt": row.fields["prompt"], "completion": row.fields[name]} for row, name, _ in answers]
    return [
        Example("rated.jsonl", number, "unpaired-preference", "text", row, {"rating": rating})
        for number, (row, (_, _, rating)) in enumerate(zip(fields, answers, strict=True), start=1)
    ]


@pytest.mark.parametrize("marked", [1.0, 0.7])
def test_the_estimate_follows_the_share_of_turned_labels_and_its_limits_hold_it(marked: float) -> None:
    shares = [0.0, 0.1, 0.2]
    found = [estimate_noise(judge_pairs(noisy(1000, turned, marked))).share for turned in shares]
    assert [one.value for one in found] == sorted({one.value for one in found})
    assert all(one.low <= turned <= one.high for one, turned in zip(found, shares, strict=True))


@pytest.mark.parametrize("kind", ["pairs", "ratings"])
@pytest.mark.parametrize(("turned", "state"), [(0.0, "pass"), (0.25, "warn")])
def test_many_turned_labels_warn(kind: str, turned: float, state: str) -> None:
    rows = noisy(1200, turned)
    check = check_noise(rows if kind == "pairs" else rated(rows))
    assert (check.code, check.state, check.blocking) == ("NOISE001", state, False)
    assert f"{kind} that a model of words and length is surest about" in check.because
    assert bool(check.fix) == bool(check.evidence) == (state == "warn")


def test_the_rows_shown_are_turned_ones() -> None:
    clean = noisy(600, 0.0)
    turned = [
        row._replace(fields={**row.fields, "chosen": row.fields["rejected"], "rejected": row.fields["chosen"]}) for row in clean
    ]
    rows = [bad if place % 8 == 0 else good for place, (good, bad) in enumerate(zip(clean, turned, strict=True))]
    shown = check_noise(rows).evidence
    assert len(shown) == 5
    assert all((evidence.row - 1) % 8 == 0 for evidence in shown)


@pytest.mark.parametrize("kind", ["pairs", "ratings"])
def test_no_number_is_given_where_words_say_nothing(kind: str) -> None:
    rows = noisy(400, 0.5)
    check = check_noise(rows if kind == "pairs" else rated(rows))
    assert (check.state, check.value) == ("skipped", None)
    assert "words and length see too little to estimate noise" in check.because


@pytest.mark.parametrize("count", [0, 99])
def test_few_rows_are_skipped(count: int) -> None:
    assert check_noise(noisy(count, 0.1)).state == "skipped"


def test_ratings_of_one_kind_are_skipped() -> None:
    rows = [row for row in rated(noisy(400, 0.0)) if row.carried["rating"] == "good"]
    assert "50 of either kind are needed" in check_noise(rows).because
