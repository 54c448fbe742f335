"""From words of the command line and plans to rewards."""

from pathlib import Path

import pytest

from evals.rewards.library import KINDS, build_rewards, parse_reward, total
from reports.errors import MissingError, UsageError
from reports.records.plan import RewardPlan
from tests.evals.plugins.packages import install
from tests.evals.rewards.material import built


def test_a_kind_alone_takes_its_defaults() -> None:
    plan = parse_reward("numeric-answer")
    assert (plan.name, plan.kind, plan.component, plan.weight, plan.options) == ("numeric-answer",) * 2 + ("accuracy", 1.0, {})


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("length-band:low=10,high=60", {"low": "10", "high": "60"}),
        ("length-band:low=10;high=60", {"low": "10", "high": "60"}),
        ("regex:pattern=^a{1,3};b", {"pattern": "^a{1,3};b"}),
        (r"regex:pattern=a\;whole=b", {"pattern": "a;whole=b"}),
        ("forbidden-words:words=a,b,c;case=true", {"words": "a,b,c", "case": "true"}),
    ],
)
def test_options_end_where_the_next_one_begins(text: str, options: dict[str, str]) -> None:
    assert parse_reward(text).options == options


def test_weight_component_and_name_are_set_beside_the_options() -> None:
    plan = parse_reward("regex:pattern=^Yes;weight=0.2;component=safety;name=yes")
    assert (plan.name, plan.weight, plan.component, plan.options) == ("yes", 0.2, "safety", {"pattern": "^Yes"})
    assert parse_reward("length-band:high=9").component == "efficiency"
    assert parse_reward("forbidden-words:words=x").component == "safety"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("numeric-anser", "did you mean 'numeric-answer'"),
        ("length-band:hihg=60", "no option 'hihg'; did you mean 'high'"),
        ("length-band:low=3", "needs high=…"),
        ("length-band:high=many", "expected a number from 0"),
        ("numeric-answer:strict=perhaps", "true or false"),
        ("tests:memory_mib=1.5", "whole number"),
        ("regex:pattern=a;pattern=b", "given twice"),
        ("regex:pattern", "NAME=VALUE"),
        ("regex:pattern=a;weight=-1", "number from 0"),
        ("regex:pattern=a;weight=nan", "number from 0"),
        ("regex:pattern=a;component=style", "accuracy, safety, efficiency"),
        ("", "no kind ''"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_reward(text)


def test_a_function_is_called_under_the_name_of_the_plan_with_its_options(tmp_path: Path) -> None:
    (tmp_path / "own_rewards.py").write_text(
        "def f(completions, bonus='0', **columns):\n    return [float(bonus)] * len(completions)\n"
    )
    (reward,) = built("own_rewards:f;bonus=2;weight=3;name=mine", folder=str(tmp_path))
    assert (reward.name, reward.function.__name__, reward.weight) == ("mine", "mine", 3.0)
    assert reward.function(["a", "b"], prompts=["p", "p"]) == [2.0, 2.0]


def test_an_async_function_is_waited_for_and_an_infinite_reward_refused(tmp_path: Path) -> None:
    body = (
        "async def f(completions, **columns):\n    return [None, 1]\ndef g(completions, **columns):\n    return [float('inf')]\n"
    )
    (tmp_path / "async_rewards.py").write_text(body)
    waited, infinite = built("async_rewards:f", "async_rewards:g", folder=str(tmp_path))
    assert waited.function(["a", "b"]) == [None, 1.0]
    with pytest.raises(UsageError, match="finite"):
        infinite.function(["a"])


def test_two_rewards_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="2 rewards are called 'regex'"):
        built("regex:pattern=a", "regex:pattern=b")


def test_a_plan_with_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="'exact-anwser'; did you mean 'exact-answer'"):
        build_rewards([RewardPlan(name="x", kind="exact-anwser")])


def test_a_judge_needs_an_endpoint_and_a_reward_model_a_place(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no endpoint"):
        built("endpoint-judge:rubric=kind")
    plans = [RewardPlan(name="r", kind="reward-model", options={"model": "2-reward"})]
    with pytest.raises(UsageError, match=r"no such folder or stage.*1-reward"):
        build_rewards(plans, models={"1-reward": tmp_path})
    assert build_rewards(plans, models={"2-reward": tmp_path / "later"})[0].name == "r"


def test_every_kind_has_a_unique_name_a_summary_and_told_options() -> None:
    assert all(kind.name == name and kind.summary and all(one.meaning for one in kind.options) for name, kind in KINDS.items())


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that brings one good and two broken rewards."""
    source = "def short(completions, **columns):\n    return [0.5 for _ in completions]\nword = 'x'\n"
    values = {"short": "brought_rewards:short", "gone": "brought_nowhere:f", "word": "brought_rewards:word"}
    install(monkeypatch, tmp_path, {"tunegate.rewards": values}, modules={"brought_rewards": source})


@pytest.mark.usefixtures("installed")
def test_a_reward_of_a_package_is_found_by_name() -> None:
    assert built("short:weight=2")[0].function(["a"]) == [0.5]


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("kind", "message"), [("gone", "package brought cannot be imported"), ("word", "is a str")])
def test_a_broken_reward_of_a_package_names_the_package(kind: str, message: str) -> None:
    with pytest.raises(MissingError, match=message):
        built(kind)


def test_the_total_is_weighted_and_missing_where_no_accuracy_reward_applies() -> None:
    rewards = built("exact-answer:weight=2", "regex:pattern=a;weight=0.5;component=safety", "length-band:high=9;weight=0")
    scores: list[list[float | None]] = [[1.0, None, 0.0], [1.0, 1.0, None], [1.0, 1.0, 1.0]]
    assert total(rewards, scores) == [2.5, None, 0.0]
    assert total(rewards[1:], scores[1:]) == [0.5, 0.5, 0.0]
    assert total(rewards[1:], [[None], [None]]) == [None]
