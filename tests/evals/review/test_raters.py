"""Simulated raters of known skill: every estimate of a review covers the truth as often as it says."""

from collections import Counter
from pathlib import Path

import pytest

from evals.review.deck import make_deck
from evals.review.desk import Desk
from evals.review.result import review_result
from reports.records.gates import Estimate
from reports.rundir import RunDir
from tests.evals.review.reviewed import GOOD, make_run, rate, review

BETTER, JUDGE, TIES = 0.7, 0.8, 0.2
REVIEWS = 20
ENOUGH = 16
"""Of twenty intervals that each cover with 95 %, fewer cover once in 3000 times."""


def covers(found: Estimate, truth: float) -> bool:
    """Say whether the limits hold the truth; an estimate that could not be made holds it."""
    return found.low is None or found.high is None or found.low <= truth <= found.high


def agreement(skill: float) -> float:
    """Return Gwet's AC1 of two raters who do not know of each other, in the population."""
    clear = 1 - TIES
    better = clear * (BETTER * skill + (1 - BETTER) * (1 - skill))
    alike = TIES**2 + clear**2 * (skill**2 + (1 - skill) ** 2)
    by_chance = sum(share * (1 - share) for share in (better, clear - better, TIES)) / 2
    return (alike - by_chance) / (1 - by_chance)


@pytest.mark.parametrize("skill", [0.6, 0.75, 0.9])
def test_one_rater_comes_out_with_the_skill_the_preference_and_the_judge_as_they_are(
    tmp_path: Path, skill: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evals.review.result.GOLD_FLOOR", 0.0)
    monkeypatch.setattr("evals.review.desk.GOLD_FLOOR", 0.0)
    says_candidate = BETTER * skill + (1 - BETTER) * (1 - skill)
    hits: Counter[str] = Counter()
    for place in range(REVIEWS):
        run = make_run(tmp_path, name=f"run{place}", judge=JUDGE)
        review(run, "ada", skill, ties=TIES, luck=str(place))
        found = review_result(run, planned=60)
        hits["gold"] += covers(found.raters[0].gold, skill)
        hits["preference"] += covers(found.win_rate, TIES / 2 + (1 - TIES) * says_candidate)
        hits["first"] += covers(found.first_chosen, 0.5)
        hits["repeats"] += covers(found.raters[0].repeats, TIES**2 + (1 - TIES) ** 2 * (skill**2 + (1 - skill) ** 2))
        hits["judge agrees"] += covers(found.judge_agrees, JUDGE * skill + (1 - JUDGE) * (1 - skill))
        hits["judge corrected"] += covers(found.corrected, says_candidate)
    assert {name: count for name, count in hits.items() if count < ENOUGH} == {}
    assert len(hits) == 6


@pytest.mark.parametrize("skill", [0.75, 0.9])
def test_two_raters_agree_as_much_as_their_skill_says(tmp_path: Path, skill: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.review.result.GOLD_FLOOR", 0.0)
    monkeypatch.setattr("evals.review.desk.GOLD_FLOOR", 0.0)
    hits = 0
    for place in range(REVIEWS):
        run = make_run(tmp_path, name=f"run{place}")
        for name in ("ada", "bob"):
            review(run, name, skill, ties=TIES, luck=str(place))
        found = review_result(run, planned=60).raters_agree
        assert found.value is not None
        hits += covers(found, agreement(skill))
    assert hits >= ENOUGH


@pytest.mark.parametrize("verdict", ["first", "second", "tie", "both_bad"])
def test_a_rater_with_one_answer_to_everything_never_counts(tmp_path: Path, verdict: str) -> None:
    for place in range(REVIEWS):
        run = make_run(tmp_path, prompts=20, gold=20, name=f"run{place}")
        rate(run, "flo", lambda _: verdict)  # type: ignore[arg-type, return-value]
        (rater,) = review_result(run).raters
        assert not rater.counted, rater.because


def test_the_better_answer_of_known_pairs_is_first_on_half_of_them(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    for rater in map(str, range(20)):
        gold = [item for item in make_deck(run, rater, 60).items if item.kind == "gold"]
        first = sum(item.answers()[0].startswith(GOOD) for item in gold)
        assert abs(2 * first - len(gold)) <= 1


def test_a_rater_who_guesses_counts_about_as_seldom_as_documented(tmp_path: Path) -> None:
    run = make_run(tmp_path, prompts=20, gold=20)
    for place in range(60):
        review(run, f"guest {place}", skill=0.5, planned=20)
    counted = sum(rater.counted for rater in review_result(run, planned=20).raters)
    assert 4 <= counted <= 20, "four or five of five by chance: 19 %"


def test_raters_who_take_turns_are_kept_apart(tmp_path: Path) -> None:
    run = make_run(tmp_path, prompts=20, gold=20)
    desks = [Desk(run, name, 20) for name in ("ada", "bob")]
    while any(desk.item() for desk in desks):
        for desk in desks:
            if (item := desk.item()) is not None:
                desk.judge("first" if item.answers()[0].startswith(GOOD) else "second")
    found = review_result(run, planned=20)
    assert [rater.judged for rater in found.raters] == [20, 20]
    assert found.raters_agree.value == 1.0
    assert [again.verdicts == desk.verdicts for again, desk in zip(fresh(run), desks, strict=True)] == [True, True]


def fresh(run: RunDir) -> list[Desk]:
    """Return both desks as they are read from the file."""
    return [Desk(run, name, 20) for name in ("ada", "bob")]
