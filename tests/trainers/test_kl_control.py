"""The controller of beta: its arithmetic, and a reinforcement that it holds near its target and resumes exactly."""

from importlib import import_module
from pathlib import Path

import pytest

from reports.errors import UsageError
from reports.progress import ProgressLog
from reports.records.plan import RewardPlan
from reports.records.recommendation import Strategy
from tests.trainers.dying import Died, die, dying
from tests.trainers.tiny_run import TinyRun, make_tiny_run
from trainers.kl_control import kl_target, next_beta

REWARD = (RewardPlan(name="e", kind="tests.trainers.hackable:one_word"),)
OPTIONS = {
    "learning_rate": "0.003", "num_train_epochs": "1", "gradient_accumulation_steps": "1", "save_steps": "4", "beta": "0.05",
    "per_device_train_batch_size": "8", "num_generations": "4", "warmup_steps": "0",
}  # fmt: skip


def test_beta_rises_beyond_the_target_and_falls_below_it() -> None:
    assert next_beta(0.1, kl=0.11, target=0.1) == pytest.approx(0.1 * 1.01)
    assert next_beta(0.1, kl=0.09, target=0.1) == pytest.approx(0.1 * 0.99)
    assert next_beta(0.1, kl=0.1, target=0.1) == 0.1


def test_an_odd_batch_moves_beta_by_two_percent_at_most() -> None:
    assert next_beta(0.1, kl=9.0, target=0.1) == pytest.approx(0.102)
    assert next_beta(0.1, kl=-1.0, target=0.1) == pytest.approx(0.098)


def test_a_log_of_several_steps_counts_for_each_of_them() -> None:
    twice = next_beta(next_beta(0.1, kl=0.2, target=0.1), kl=0.2, target=0.1)
    assert next_beta(0.1, kl=0.2, target=0.1, steps=2) == pytest.approx(twice)


@pytest.mark.parametrize("target", ["0", "-0.1", "much"])
def test_a_target_that_is_no_positive_number_is_refused(tmp_path: Path, target: str) -> None:
    with pytest.raises(UsageError, match="Give nats per token"):
        kl_target(prepare(tmp_path, kl_target=target).plan.stages[0])


def test_a_target_without_a_penalty_to_move_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"beta = 0\.0"):
        kl_target(prepare(tmp_path / "a", kl_target="0.1", beta="0").plan.stages[0])
    with pytest.raises(UsageError, match="this is SFT"):
        kl_target(prepare(tmp_path / "b", "sft", kl_target="0.1").plan.stages[0])


def test_without_a_target_beta_stays(tmp_path: Path) -> None:
    assert kl_target(prepare(tmp_path).plan.stages[0]) is None


@pytest.mark.training
@pytest.mark.parametrize("method", ["grpo", "rloo"])
def test_a_controlled_reinforcement_logs_beta_and_resumes_to_the_same_one(tmp_path: Path, method: str) -> None:
    whole, broken = (prepare(tmp_path / name, method=method, kl_target="0.001") for name in ("whole", "broken"))
    train(whole)
    betas = betas_of(whole)
    assert len(set(betas.values())) > 2
    with dying("logged:7", die), pytest.raises(Died):
        train(broken)
    train(broken)
    assert betas_of(broken) == betas


def prepare(folder: Path, strategy: Strategy = "rft", method: str = "grpo", **options: str) -> TinyRun:
    chosen = {name: value for name, value in {**OPTIONS, **options}.items() if strategy == "rft" or name == "kl_target"}
    tiny = make_tiny_run(folder, strategy, overrides=chosen, rewards=REWARD if strategy == "rft" else ())
    if method == "grpo":
        return tiny
    from msgspec.structs import replace

    [stage] = tiny.plan.stages
    return TinyRun(tiny.run, replace(tiny.plan, stages=(replace(stage, method="rloo"),)))


def train(tiny: TinyRun) -> None:
    [stage] = tiny.plan.stages
    import_module(f"trainers.{stage.method}").train(tiny.run, tiny.plan, stage, ProgressLog(tiny.run))


def betas_of(tiny: TinyRun) -> dict[int, float]:
    points = {point.step: point.values for point in tiny.run.stage_metrics(tiny.plan.stages[0].name).read()}
    return {step: beta for step, values in points.items() if (beta := values.get("beta")) is not None}
