"""Every method on the tiny model: it trains, continues the right weights, keeps its options and leaves a result."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from reports.errors import DataError, StageError, UsageError
from reports.progress import ProgressLog
from reports.records.plan import Method, RewardPlan
from reports.records.recommendation import Strategy
from tests.trainers.tiny_run import TinyRun, make_tiny_run, write_rows
from trainers.effective import effects, require_effect
from trainers.kto import balance
from trainers.methods import stage_before

pytestmark = pytest.mark.training

SHORT = (RewardPlan(name="short", kind="length-band", options={"low": 1, "high": 4}),)
ALONE: list[tuple[Method, Strategy]] = [("kto", "kto"), ("orpo", "orpo"), ("grpo", "rft")]


def prepare(folder: Path, strategy: Strategy, **given: Any) -> TinyRun:
    return make_tiny_run(folder, strategy, overrides={"num_train_epochs": "1", **given.pop("overrides", {})}, **given)


def train(tiny: TinyRun, method: Method) -> Any:
    stage = tiny.stage(method)
    return import_module(f"trainers.{method}").train(tiny.run, tiny.plan, stage, ProgressLog(tiny.run))


def build(tiny: TinyRun, method: Method) -> Any:
    return import_module(f"trainers.{method}").build(tiny.run, tiny.plan, tiny.stage(method))


@pytest.mark.parametrize("messages", [True, False], ids=["messages", "text"])
@pytest.mark.parametrize(("method", "strategy"), ALONE)
def test_a_method_trains_an_adapter_and_leaves_a_result(
    tmp_path: Path, method: Method, strategy: Strategy, messages: bool
) -> None:
    tiny = prepare(tmp_path, strategy, messages=messages, rewards=SHORT if method == "grpo" else ())
    result = train(tiny, method)
    assert result.steps > 0 and not result.stopped_early
    assert result.values["trainable_parameters"] < result.values["parameters"]
    assert (tiny.run.adapter(f"1-{method}") / "adapter_model.safetensors").is_file()
    logged = {name for point in tiny.run.stage_metrics(f"1-{method}").read() for name in point.values}
    assert {"kto": "rewards/margins", "orpo": "rewards/accuracies", "grpo": "rewards/short/mean"}[method] in logged


def test_rloo_learns_from_the_reward_model_and_continues_the_policy_before_it(tmp_path: Path) -> None:
    rewards = (RewardPlan(name="reward_model", kind="reward-model", options={"model": "2-reward"}),)
    tiny = prepare(tmp_path, "rlhf", rewards=rewards)
    before = stage_before(tiny.plan, tiny.stage("rloo"))
    assert before is not None and before.name == "1-sft"
    for method in ("sft", "reward", "rloo"):
        result = train(tiny, method)
    assert result.values["eval_reward"] is not None
    assert any("rewards/reward_model/mean" in point.values for point in tiny.run.stage_metrics("3-rloo").read())


def test_every_setting_of_the_plan_reaches_the_trainer(tmp_path: Path) -> None:
    tiny = prepare(tmp_path, "rft", rewards=SHORT, overrides={"temperature": "0.7", "epsilon": "0.3", "lora_r": "2"})
    stage, trainer = tiny.stage("grpo"), build(tiny, "grpo")
    found = {effect.name: effect for effect in effects(tiny.plan, stage, trainer)}
    assert found.keys() == stage.values().keys()
    assert all(effect.reached for effect in found.values())
    assert (found["temperature"].effective, found["epsilon"].effective, found["lora_r"].effective) == (0.7, 0.3, 2)


def test_a_setting_that_the_trainer_overrules_stops_the_stage(tmp_path: Path) -> None:
    tiny = prepare(tmp_path, "kto")
    trainer = build(tiny, "kto")
    trainer.args.beta = 0.7
    with pytest.raises(StageError, match=r"beta is 0\.7, planned was 0\.1"):
        require_effect(tiny.plan, tiny.stage("kto"), trainer)


def test_orpo_reads_a_prompt_as_the_model_will_get_it(tmp_path: Path) -> None:
    tiny = prepare(tmp_path, "orpo")
    trainer = build(tiny, "orpo")
    row, tokenizer = trainer.train_dataset[0], trainer.processing_class
    rendered = tokenizer(row["prompt"], add_special_tokens=False)["input_ids"]
    assert row["prompt_input_ids"] == rendered
    assert tokenizer.bos_token is not None


@pytest.mark.parametrize(
    ("good", "bad", "weights"), [(100, 100, (1, 1)), (120, 100, (1, 1)), (300, 100, (1, 3)), (50, 100, (2, 1))]
)
def test_ratings_weigh_alike_whatever_their_numbers(good: int, bad: int, weights: tuple[float, float]) -> None:
    assert balance(good, bad) == weights


def test_kto_refuses_ratings_that_are_all_alike(tmp_path: Path) -> None:
    tiny = prepare(tmp_path, "kto")
    write_rows(tiny.run.split("unpaired_train"), [{"prompt": "a", "completion": "b", "label": True}])
    with pytest.raises(DataError, match="1 good and 0 bad"):
        build(tiny, "kto")


def test_sampling_needs_a_reward_and_two_answers_a_prompt(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no reward"):
        build(prepare(tmp_path / "a", "rft"), "grpo")
    with pytest.raises(UsageError, match="at least 2"):
        build(prepare(tmp_path / "b", "rft", rewards=SHORT, overrides={"num_generations": "1"}), "grpo")


def test_a_prompt_without_room_for_an_answer_is_left_out_and_told(tmp_path: Path) -> None:
    tiny = prepare(tmp_path, "rft", messages=False, rewards=SHORT)
    rows = [{"prompt": "tea"}] * 4 + [{"prompt": "river " * 500}]
    write_rows(tiny.run.split("prompts_train"), rows)
    assert len(build(tiny, "grpo").train_dataset) == 4
    assert any("1 of 5 prompts" in event.message for event in tiny.run.events.read())


def test_a_monitor_that_stops_ends_the_stage_with_its_weights(tmp_path: Path) -> None:
    from msgspec.structs import replace

    from trainers.monitor_limits import CLIPPED

    tiny = prepare(tmp_path, "rft", rewards=SHORT)
    [stage] = tiny.plan.stages
    always = replace(CLIPPED, stop=-1.0, watch=None, window=2)
    plan = replace(tiny.plan, stages=(replace(stage, monitors=(always,)),))
    result = import_module("trainers.grpo").train(tiny.run, plan, plan.stages[0], ProgressLog(tiny.run))
    assert "clipped" in result.stopped_early and result.steps == 2
    assert [event.kind for event in tiny.run.events.read()].count("early_stopped") == 1


def test_a_diverging_stage_returns_to_the_weights_from_before(tmp_path: Path) -> None:
    from msgspec.structs import replace

    from trainers.monitor_limits import LOSS

    tiny = prepare(
        tmp_path, "sft", overrides={"learning_rate": "1", "warmup_steps": "0", "save_steps": "1", "lr_scheduler_type": "constant"}
    )
    [stage] = tiny.plan.stages
    watched = replace(LOSS, window=1, stop=1.05, watch=None)
    plan = replace(tiny.plan, stages=(replace(stage, monitors=(watched,)),))
    result = import_module("trainers.sft").train(tiny.run, plan, plan.stages[0], ProgressLog(tiny.run))
    assert "from before that" in result.stopped_early
