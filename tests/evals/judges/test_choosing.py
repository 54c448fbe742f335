"""A judge is named on the command line, fixed in the plan, and refused where it is not there or has changed."""

import json
from pathlib import Path

import pytest

from evals.judges.choosing import Limits, open_judge, parse_judge
from evals.judges.gold import held_out_pairs, read_gold
from reports.errors import DataError, MissingError, StageError, TunegateError, UsageError
from reports.rundir import RunDir
from tests.evals.tiny import build_tiny_model

RUBRIC = 'name = "words"\n[[criteria]]\nkind = "length-band"\noptions = { high = 5 }\n'


def test_the_reward_model_of_the_run_is_no_other_judge() -> None:
    assert parse_judge("reward-model") is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", UsageError),
        ("oracle:x", UsageError),
        ("rubric:", UsageError),
        ("rubric:none.toml", UsageError),
        ("local:/nowhere", MissingError),
        ("endpoint:localhost", UsageError),
        ("endpoint:http://user:pw@localhost/v1#m", UsageError),
        ("reward-model:/nowhere", MissingError),
    ],
)
def test_a_judge_that_cannot_be_used_is_refused(text: str, error: type[TunegateError]) -> None:
    with pytest.raises(error):
        parse_judge(text)


def test_a_rubric_that_changed_after_planning_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rubric.toml"
    path.write_text(RUBRIC)
    plan = parse_judge(f"rubric:{path}")
    assert plan is not None
    assert open_judge(plan, RunDir(tmp_path)).name == "rubric:words"

    path.write_text(RUBRIC.replace("5", "6"))

    with pytest.raises(StageError, match="changed"):
        open_judge(plan, RunDir(tmp_path))


def test_a_model_that_changed_after_planning_is_refused(tmp_path: Path) -> None:
    model = build_tiny_model(tmp_path / "tiny")
    plan = parse_judge(f"local:{model}")
    assert plan is not None
    (model / "config.json").write_text((model / "config.json").read_text() + "\n")

    with pytest.raises(StageError, match="changed"):
        open_judge(plan, RunDir(tmp_path))


def test_an_endpoint_keeps_its_limits_and_its_key_stays_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JUDGE_KEY", raising=False)
    plan = parse_judge("endpoint:http://localhost:1/v1#m", limits=Limits("JUDGE_KEY", 7))
    assert plan is not None

    assert (plan.api_key_env, plan.max_requests, plan.label) == ("JUDGE_KEY", 7, "endpoint:m")
    with pytest.raises(MissingError, match="JUDGE_KEY"):
        open_judge(plan, RunDir(tmp_path))
    monkeypatch.setenv("JUDGE_KEY", "secret-of-mine")
    assert open_judge(plan, RunDir(tmp_path)).name == "endpoint:m"
    assert "secret-of-mine" not in str(plan)


def test_gold_items_name_the_better_answer(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"prompt": "p", "a": "x", "b": "y", "better": "b"}\n{"prompt": "q", "a": "x", "b": "y", "better": "a"}\n')

    gold = read_gold(path)

    assert [contest.candidate for contest in gold.contests] == ["y", "y"]
    assert gold.is_candidate == [True, False]


@pytest.mark.parametrize("text", ["", "{}\n", '{"prompt": "p", "a": "x", "b": "y", "better": "c"}\n'])
def test_gold_items_that_cannot_be_used_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(text)

    with pytest.raises(DataError):
        parse_judge("people:ratings.jsonl", str(path))


def test_held_out_pairs_are_gold_with_the_better_answer_on_either_side(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    assert held_out_pairs(run) is None
    run.split("pairs_eval").parent.mkdir()
    rows = [{"prompt": f"p{n}", "chosen": "good", "rejected": "bad"} for n in range(4)]
    run.split("pairs_eval").write_text("".join(json.dumps(row) + "\n" for row in rows))

    gold = held_out_pairs(run)

    assert gold is not None
    assert [(contest.baseline, contest.candidate) for contest in gold.contests] == [("good", "bad"), ("bad", "good")] * 2
    assert gold.is_candidate == [False, True, False, True]
