"""Blind review: order is balanced, nothing tells the sides apart, and raters of known skill come out as what they are."""

from pathlib import Path

import pytest

from evals.gates.decide import decide
from evals.review.deck import make_deck
from evals.review.desk import Desk
from evals.review.result import review_result
from evals.review.taking import take_review
from reports.errors import DataError, UsageError
from reports.records.evaluation import Metrics
from reports.records.gates import Gates
from reports.records.plan import Plan
from reports.rundir import RunDir
from tests.evals.review.reviewed import make_run, review
from tests.reports.sample_run import build_sample_run


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return make_run(tmp_path)


def test_either_side_is_first_on_half_of_the_prompts(run: RunDir) -> None:
    prompts = [item for item in make_deck(run, "ada", 40).items if item.kind == "prompt"]
    assert len(prompts) == 40
    assert sum(item.swapped for item in prompts) == 20


def test_all_raters_see_the_same_prompts_each_in_an_own_order(run: RunDir) -> None:
    ada, bob = (
        [item.contest.prompt_id for item in make_deck(run, who, 40).items if item.kind == "prompt"] for who in ("ada", "bob")
    )
    assert sorted(ada) == sorted(bob)
    assert ada != bob
    assert ada == [item.contest.prompt_id for item in make_deck(run, "ada", 40).items if item.kind == "prompt"]


def test_known_pairs_and_repeats_are_mixed_in_and_repeats_come_back_turned_round_and_later(run: RunDir) -> None:
    items = make_deck(run, "ada", 40).items
    kinds = [item.kind for item in items]
    assert kinds.count("gold") == 5
    assert kinds.count("repeat") == 4
    for place, item in enumerate(items):
        if item.kind == "repeat":
            before = next(i for i, other in enumerate(items) if other.kind == "prompt" and other.contest == item.contest)
            assert place - before >= 4
            assert items[before].swapped != item.swapped


def test_nothing_that_is_stored_or_shown_names_a_side(run: RunDir) -> None:
    desk = review(run, "ada", skill=1.0, cards=20)
    text = run.ratings.path.read_text("utf-8")
    assert "candidate" not in text
    assert "baseline" not in text
    assert "target/" not in text
    assert all(item.contest.prompt_id not in item.name for item in desk.deck.items)


def test_a_perfect_rater_finds_the_true_win_rate(run: RunDir) -> None:
    desk = review(run, "ada", skill=1.0)
    found = review_result(run, planned=60)
    assert found.win_rate.value == pytest.approx(0.7)
    assert found.win_rate.n == 60
    assert found.raters[0].gold.value == 1.0
    assert found.raters[0].repeats.value == 1.0
    assert found.raters[0].seconds == 3.0
    assert desk.is_complete


def test_the_judge_is_held_against_people_and_corrected(run: RunDir) -> None:
    review(run, "ada", skill=1.0)
    found = review_result(run, planned=60)
    agrees, corrected = found.judge_agrees, found.corrected
    assert agrees.low is not None and agrees.high is not None
    assert agrees.low < 0.8 < agrees.high
    assert corrected.low is not None and corrected.high is not None
    assert corrected.low < 0.7 < corrected.high


def test_careful_raters_agree_and_a_careless_one_is_not_counted(run: RunDir) -> None:
    for name in ("ada", "bob"):
        review(run, name, skill=0.97)
    review(run, "eve", skill=0.0)
    found = review_result(run, planned=60)
    by_name = {rater.rater: rater for rater in found.raters}
    assert by_name["ada"].counted and by_name["bob"].counted
    assert not by_name["eve"].counted
    assert "not counted" in by_name["eve"].because
    assert found.raters_agree.value is not None and found.raters_agree.value > 0.7
    assert found.win_rate.low is not None and found.win_rate.high is not None
    assert found.win_rate.low < 0.7 < found.win_rate.high


def test_a_rater_who_misses_known_pairs_is_stopped(run: RunDir) -> None:
    desk = review(run, "eve", skill=0.0)
    assert desk.is_stopped
    assert desk.item() is None
    assert desk.done < len(desk.deck.items)


def test_a_review_goes_on_where_it_was_left_and_undo_takes_the_last_card_back(run: RunDir) -> None:
    first = review(run, "ada", skill=1.0, cards=10)
    shown = first.item()
    again = Desk(run, "ada", 60)
    assert again.done == 10
    assert again.item() == shown
    assert again.undo()
    assert again.done == 9
    assert Desk(run, "ada", 60).done == 9


def test_an_always_first_rater_shows_as_such(run: RunDir) -> None:
    desk = Desk(run, "flo", 60)
    while desk.item() is not None:
        desk.judge("first")
    rater = review_result(run, planned=60)
    assert not rater.raters[0].counted or rater.first_chosen.value == 1.0
    assert rater.raters[0].repeats.value in (0.0, None)


def test_equal_answers_are_not_shown_and_counted(tmp_path: Path) -> None:
    run = make_run(tmp_path, prompts=30, equal=6)
    assert make_deck(run, "ada").equal == 6
    assert len([item for item in make_deck(run, "ada").items if item.kind == "prompt"]) == 24


def test_a_skip_needs_a_reason_and_leaves_the_prompt_missing(run: RunDir) -> None:
    desk = Desk(run, "ada", 60)
    with pytest.raises(UsageError, match="why"):
        desk.judge("skip")
    while (item := desk.item()) is not None and item.kind != "prompt":
        desk.judge("first")
    desk.judge("skip", reason="a language I do not read")
    assert review_result(run, planned=60).raters[0].skipped == 1
    assert not desk.judged()


def test_both_bad_is_a_tie_and_is_listed(run: RunDir) -> None:
    desk = Desk(run, "ada", 60)
    while (item := desk.item()) is not None:
        desk.judge("both_bad" if item.kind != "gold" else ("first" if item.answers()[0].startswith("good") else "second"))
    found = review_result(run, planned=60)
    assert found.raters[0].both_bad > 0
    assert found.win_rate.value == 0.5


def test_without_two_different_answers_there_is_nothing_to_review(tmp_path: Path) -> None:
    run = make_run(tmp_path, prompts=5, candidate_better=0, equal=5)
    with pytest.raises(DataError, match="nothing to review"):
        make_deck(run, "ada")
    with pytest.raises(UsageError, match="name"):
        Desk(make_run(tmp_path / "b"), " ")


def test_what_people_prefer_becomes_a_gate_that_decides_but_is_not_required(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, "go")
    prepare(run)
    before = decide(run, run.read(Plan)).verdict
    review(run, "ada", skill=1.0, planned=40)
    take_review(run)
    gate = next(result for result in run.read(Gates).results if result.metric == "win_rate_people")
    assert (gate.required, gate.state) == (False, "pass")
    assert gate.missing == 0
    assert run.read(Gates).verdict == before
    assert "Review of answers by people" not in run.read(Gates).not_tested
    take_review(run)
    assert [metric.name for metric in run.read(Metrics).metrics].count("win_rate_people") == 1


def test_a_review_left_half_way_is_missing_prompts_and_proves_nothing(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, "go")
    prepare(run)
    review(run, "ada", skill=1.0, planned=40, cards=20)
    take_review(run)
    gate = next(result for result in run.read(Gates).results if result.metric == "win_rate_people")
    assert gate.state == "broken"
    assert gate.missing > 10


def prepare(run: RunDir) -> None:
    """Give a sample run target prompts with answers of which the candidate's are better."""
    made = make_run(run.path / "made", candidate_better=0.9)
    run.completions.path.unlink()
    run.completions.append(*made.completions.read())
    for name in ("target", "judge_eval"):
        run.split(name).write_bytes(made.split(name).read_bytes())
