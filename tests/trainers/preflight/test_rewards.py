"""The dry run of rewards as a step of a run: what stops, what is accepted, and what a reward model may get wrong."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from reports.errors import BlockedError, UsageError
from reports.progress import ProgressLog
from reports.records.data import Check
from reports.records.plan import Acceptance, RewardPlan
from reports.records.rewards import RewardCheck
from tests.trainers.preflight.looking import SHORT, tiny_of
from trainers import reward_check
from trainers.reward_check import require_rewards, soften, try_rewards
from trainers.steps import steps_of

LEARNED = (RewardPlan(name="reward_model", kind="reward-model", options={"model": "2-reward"}),)


def failed(code: str) -> Check:
    return Check(code=code, title="", blocking=True, state="fail", value=0.4, limit=0.95, because="loses on 40 %", fix="Mend it.")


@pytest.mark.parametrize(
    ("code", "rewards", "state"),
    [("RWD014", LEARNED, "warn"), ("RWD014", SHORT, "fail"), ("RWD002", LEARNED, "fail"), ("RWD005", LEARNED, "fail")],
)
def test_what_only_a_better_reward_model_mends_warns(code: str, rewards: tuple[RewardPlan, ...], state: str) -> None:
    found = soften(failed(code), rewards)
    assert (found.state, found.blocking) == (state, state == "fail")
    assert ("a model that this run trained" in found.because) == (state == "warn")


def test_rewards_are_tried_before_the_stage_that_learns_from_them(tmp_path: Path) -> None:
    tiny = tiny_of(tmp_path, "grpo", rows=8)
    names = [step.name for step in steps_of(tiny.run, replace(tiny.plan, judge=None), ProgressLog(tiny.run))]
    assert names[:3] == ["data", "rewards", "train/1-grpo"]
    tiny = tiny_of(tmp_path / "b", "dpo", rows=8)
    assert "rewards" not in [step.name for step in steps_of(tiny.run, tiny.plan, ProgressLog(tiny.run))]


def test_an_accepted_code_of_no_reward_check_is_refused(tmp_path: Path) -> None:
    tiny = tiny_of(tmp_path, "grpo", rows=8)
    plan = replace(tiny.plan, accepted=(Acceptance(code="RWD999", because="x"),))
    with pytest.raises(UsageError, match="RWD999: no check has this code"):
        try_rewards(tiny.run, plan, tiny.stage("grpo"), ProgressLog(tiny.run))


@pytest.mark.training
def test_rewards_that_tell_nothing_apart_stop_the_run_until_somebody_accepts_it(tmp_path: Path) -> None:
    tiny = tiny_of(tmp_path, "grpo", rows=8)
    every = (RewardPlan(name="any", kind="length-band", options={"low": 0, "high": 100000}),)
    plan = replace(tiny.plan, rewards=every, judge=None)
    step = next(step for step in steps_of(tiny.run, plan, ProgressLog(tiny.run)) if step.name == "rewards")
    with pytest.raises(BlockedError, match=r"RWD002: .* --accept RWD002"):
        step.do()
    assert not step.is_done()
    found = tiny.run.read(RewardCheck)
    assert {check.code for check in found.blockers()} >= {"RWD002", "RWD014"}
    accepted = tuple(Acceptance(code=check.code, because="a try") for check in found.blockers())
    require_rewards(tiny.run, replace(plan, accepted=accepted), tiny.stage("grpo"), ProgressLog(tiny.run))
    assert step.is_done()
    assert tiny.run.read(RewardCheck).passed


def test_rewards_are_tried_on_the_policy_that_the_stage_continues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.trainers.tiny_run import make_tiny_run

    tiny = make_tiny_run(tmp_path, "sft+rft", rows=8, rewards=SHORT)
    seen: dict[str, Any] = {}

    class SeenError(Exception):
        pass

    def note(*_: object, **given: Any) -> None:
        seen.update(given)
        raise SeenError

    monkeypatch.setattr(reward_check, "check_rewards", note)
    tiny.run.adapter("1-sft").mkdir(parents=True)
    with pytest.raises(SeenError):
        try_rewards(tiny.run, tiny.plan, tiny.stage("grpo"), ProgressLog(tiny.run))
    assert seen["trained"] == tiny.run.adapter("1-sft")
    assert seen["sampling"].new_tokens == 8
