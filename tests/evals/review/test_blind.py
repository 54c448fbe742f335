"""Nothing that a review stores or shows before its end depends on whose answer is whose."""

import os
from itertools import cycle, pairwise
from pathlib import Path

from msgspec.structs import replace

from evals.review.deck import make_deck
from evals.review.desk import Desk
from evals.review.result import review_result
from reports.records.review import Rating
from reports.rundir import RunDir
from tests.evals.review.reviewed import make_run, rate, review

KEYS: tuple[Rating, ...] = ("first", "second", "tie", "both_bad", "first")


def exchanged(run: RunDir, root: Path) -> RunDir:
    """Return the same run with baseline and candidate changed for each other."""
    other = make_run(root)
    lines = [replace(line, side="candidate" if line.side == "baseline" else "baseline") for line in run.completions.read()]
    other.completions.path.unlink()
    other.completions.append(*lines)
    return other


def stored(run: RunDir, rater: str) -> list[object]:
    """Press the same keys on every card, and return what was stored, but for the time."""
    keys = cycle(KEYS)
    rate(run, rater, lambda _: next(keys), cards=30)
    return [replace(line, at="") for line in run.ratings.read()]


def test_with_sides_exchanged_not_a_word_of_the_file_changes(tmp_path: Path) -> None:
    run = make_run(tmp_path / "one")
    other = exchanged(run, tmp_path / "two")
    assert [item.answers() for item in make_deck(run, "ada").items] != [item.answers() for item in make_deck(other, "ada").items]
    assert stored(run, "ada") == stored(other, "ada")


def test_the_review_leaves_one_file_until_its_end(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    before = set(run.path.rglob("*"))
    review(run, "ada", skill=1.0, cards=20)
    assert set(run.path.rglob("*")) - before == {run.path / "review", run.ratings.path}


def test_neither_name_nor_place_of_a_card_goes_with_its_order(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    prompts = [item for rater in map(str, range(40)) for item in make_deck(run, rater, 60).items if item.kind == "prompt"]
    for sign in "0123456789abcdef":
        named = [item.swapped for item in prompts if item.name.startswith(sign)]
        assert 0.3 < sum(named) / len(named) < 0.7
    early = [item.swapped for place, item in enumerate(prompts) if place % 60 < 10]
    assert 0.4 < sum(early) / len(early) < 0.6
    changes = sum(a.swapped != b.swapped for a, b in pairwise(prompts)) / len(prompts)
    assert 0.45 < changes < 0.57, "neither runs of one side nor turns"
    shown = [[item.swapped for item in prompts if item.contest.prompt_id == name] for name in ("target/0", "target/59")]
    assert all(0 < sum(sides) < len(sides) for sides in shown), "raters differ in what they see first"


def test_a_review_that_is_killed_in_a_key_press_asks_that_card_again(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    desk = review(run, "ada", skill=1.0, cards=12)
    last = next(reversed(desk.verdicts))
    os.truncate(run.ratings.path, run.ratings.path.stat().st_size - 30)

    again = Desk(run, "ada", 60)
    item = again.item()
    assert (again.done, item and item.name) == (11, last)
    again.judge("tie")
    assert Desk(run, "ada", 60).done == 12


def test_at_the_end_nothing_can_be_taken_back(tmp_path: Path) -> None:
    run = make_run(tmp_path, prompts=12)
    desk = review(run, "ada", skill=1.0, cards=10)
    assert desk.undo()
    desk = review(run, "ada", skill=1.0)
    assert desk.is_complete
    assert not desk.undo()
    assert desk.is_complete


def test_the_result_says_who_should_not_see_it_yet(tmp_path: Path) -> None:
    run = make_run(tmp_path, prompts=12)
    review(run, "ada", skill=1.0, planned=40)
    assert review_result(run).notes == ()
    review(run, "bob", skill=1.0, planned=40, cards=3)
    assert "bob has 14 of 17 cards to go" in review_result(run).notes[0]
