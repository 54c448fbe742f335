"""Pairs from raters' votes."""

from collections.abc import Sequence

import pytest

from evals.pairs.raters import Limits, voted_pairs
from evals.pairs.votes import Item, Vote, Votes


def votes(*items: str, raters: Sequence[str] = "ABCDEFGH") -> Votes:
    """Return votes; each word is an item, each letter a vote: a, b, t(ie), x (both bad), - (none)."""
    names = {"a": "a", "b": "b", "t": "tie", "x": "both_bad"}
    cast = [
        Vote(str(number), rater, names[letter], float(number))
        for number, word in enumerate(items)
        for rater, letter in zip(raters, word, strict=False)
        if letter != "-"
    ]
    seen = {str(number): Item(f"prompt {number}", f"calm {number}", f"loud {number}") for number in range(len(items))}
    return Votes(seen, cast, ("votes.csv",), len(cast), [])


@pytest.mark.parametrize(
    ("word", "chosen", "share"), [("aab", "calm 0", 2 / 3), ("bbbb", "loud 0", 1.0), ("aaat", "calm 0", 0.75)]
)
def test_a_majority_becomes_a_pair(word: str, chosen: str, share: float) -> None:
    (pair,) = voted_pairs(votes(word)).accepted
    assert pair.chosen == chosen
    assert pair.chosen != pair.rejected
    assert pair.margin.value == pytest.approx(share)
    assert pair.margin.n == len(word) == len(pair.raters)
    assert (pair.chosen_votes, pair.rejected_votes) == (
        max(word.count("a"), word.count("b")),
        min(word.count("a"), word.count("b")),
    )


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("ab", "no answer has more than half of the votes"),
        ("aabt", "no answer has more than half of the votes"),
        ("tta", "most raters call it a tie"),
        ("xxxa", "most raters call it both bad"),
        ("a", "1 votes that count, and 2 are asked for"),
        ("aaaabbb", "4 of 7 votes agree, and 60% are asked for"),
    ],
)
def test_an_item_without_agreement_is_refused_with_the_reason(word: str, reason: str) -> None:
    found = voted_pairs(votes(word))
    assert found.accepted == []
    assert [item.reason for item in found.refused] == [reason]


def test_a_rater_below_the_floor_does_not_count_and_is_named() -> None:
    gold = {str(number): "a" for number in range(8)}
    read = votes(*["aab"] * 8, "baa", "bab")
    found = voted_pairs(read, gold)
    out = {row.rater: row.left_out for row in found.raters}
    assert out["A"] == out["B"] == ""
    assert out["C"].startswith("gold accuracy 0% of 8")
    assert len(found.accepted) + len(found.refused) == 2
    assert found.accepted == []
    assert len(voted_pairs(read, gold, Limits(floor=0.0)).accepted) == 2


def test_few_gold_items_do_not_show_that_a_rater_is_good() -> None:
    rows = voted_pairs(votes("aa", "aa", "aa", "-a"), {"0": "a", "1": "a", "2": "a"}).raters
    assert rows[0].left_out == "gold accuracy 100% of 3: its lower limit 37% is below 50%"


def test_a_rater_who_never_saw_gold_is_left_out() -> None:
    rows = voted_pairs(votes(*["a-"] * 8, "aa"), {str(number): "a" for number in range(8)}).raters
    assert [row.left_out for row in rows] == ["", "rated no gold item"]


def test_a_rater_who_turns_is_found_to_drift_and_steady_ones_are_not() -> None:
    rows = voted_pairs(votes(*["aaaa", "bbbb"] * 10, *["aaab", "bbba"] * 10)).raters
    drift = {row.rater: row.drift_p for row in rows}
    assert drift["D"] is not None and drift["D"] < 1e-6
    assert all(drift[rater] == 1.0 for rater in "ABC")
    assert rows[3].first_half is not None and rows[3].second_half is not None
    assert (rows[3].first_half.value, rows[3].second_half.value) == (1.0, 0.0)


def test_agreement_of_raters_who_always_say_the_same_is_undefined_not_perfect() -> None:
    found = voted_pairs(votes("aa", "aa"))
    assert found.alpha is None
    assert "same label" in found.alpha_because
