"""People's judgements are joined by prompt; raters who disagree or always saw one side first break the gate."""

import json
from pathlib import Path

import pytest

from evals.judges.asking import ask_judge
from evals.judges.by_people import PeopleJudge
from evals.judges.contest import Contest
from evals.metrics.measured import Judged
from tests.evals.judges.material import completions, empty_run, items
from tests.evals.review.reviewed import make_run, review

ANSWERS: list[tuple[str | None, str | None]] = [("before", f"after {n}") for n in range(20)]


def judged_by(folder: Path, rows: list[dict[str, object]]) -> Judged:
    path = folder / "ratings.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return ask_judge(empty_run(folder), PeopleJudge(path), items(20), completions(ANSWERS), None, lambda *_: None)


def ratings(anna: float, ben: float, orders: tuple[str, str] = ("baseline_first", "candidate_first")) -> list[dict[str, object]]:
    return [
        {"prompt_id": f"p{n}", "judge": rater, "order": orders[n % 2], "preference": preference if n % 4 else 1 - preference}
        for n in range(20)
        for rater, preference in (("anna", anna), ("ben", ben))
    ]


def states(judged: Judged) -> dict[str, bool]:
    return {instrument.name: instrument.ok for instrument in judged.instruments}


def test_raters_who_agree_in_random_order_count(tmp_path: Path) -> None:
    judged = judged_by(tmp_path, ratings(1.0, 1.0))

    assert [judged.judgements[f"p{n}"].preference for n in range(4)] == [0.0, 1.0, 1.0, 1.0]
    assert states(judged) == {"rater_agreement": True, "order_balance": True, "missing_judgements": True}


def test_raters_who_contradict_each_other_break_the_gate(tmp_path: Path) -> None:
    assert not states(judged_by(tmp_path, ratings(1.0, 0.0)))["rater_agreement"]


def test_one_side_always_first_breaks_the_gate(tmp_path: Path) -> None:
    assert not states(judged_by(tmp_path, ratings(1.0, 1.0, ("candidate_first", "candidate_first"))))["order_balance"]


def test_prompts_nobody_judged_are_missing(tmp_path: Path) -> None:
    judged = judged_by(tmp_path, ratings(1.0, 1.0)[:10])

    assert judged.judgements["p19"].preference is None
    assert "nobody has judged" in judged.judgements["p19"].error
    assert not states(judged)["missing_judgements"]


def test_a_later_judgement_of_the_same_rater_replaces_the_earlier(tmp_path: Path) -> None:
    rows = ratings(1.0, 1.0)
    changed = [{**row, "preference": 0.0} for row in rows if row["prompt_id"] == "p1"]

    assert judged_by(tmp_path, [*rows, *changed]).judgements["p1"].preference == 0.0


@pytest.mark.parametrize("exists", [True, False])
def test_without_a_judgement_everything_is_missing(tmp_path: Path, exists: bool) -> None:
    path = tmp_path / "none.jsonl"
    if exists:
        path.write_text("")
    judged = ask_judge(empty_run(tmp_path), PeopleJudge(path), items(20), completions(ANSWERS), None, lambda *_: None)

    assert {found.preference for found in judged.judgements.values()} == {None}


def test_a_blind_review_counts_without_its_careless_raters(tmp_path: Path) -> None:
    run = make_run(tmp_path, prompts=20, candidate_better=0.7)
    for rater, skill in (("anna", 1.0), ("ben", 1.0), ("carl", 0.0)):
        review(run, rater, skill)

    judge = PeopleJudge(run.ratings.path)
    asked = [Contest(f"target/{n}", "prompt", "before", "after") for n in range(20)]
    [opinions] = judge.compare(asked, lambda done: None)

    assert [one.judgement.preference for one in opinions] == [1.0] * 14 + [0.0] * 6
    assert judge.notes() == ("Judging by people: 2 raters in ratings.jsonl.",)
    assert {check.name: check.ok for check in judge.checks(asked)} == {"rater_agreement": True, "order_balance": True}
