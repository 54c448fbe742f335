"""Every monitor meets its fault in a real training, with the limits of a new plan; a healthy training is silent."""

import contextlib
import random
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from reports.errors import StageError
from reports.progress import ProgressLog
from reports.records.plan import Method, Plan, RewardPlan, StagePlan
from reports.records.recommendation import Strategy
from reports.rundir import RunDir
from tests.trainers.tiny_run import TinyRun, make_tiny_run, write_rows
from trainers.methods import METHODS, Parameters
from trainers.monitor_limits import monitors_of
from trainers.overrides import with_overrides

pytestmark = pytest.mark.training
Edit = Callable[[RunDir], None]
FAST = {"gradient_accumulation_steps": "1", "warmup_steps": "0", "lr_scheduler_type": "constant", "save_steps": "4"}
ANSWERING = {
    "learning_rate": "0.001", "max_completion_length": "24", "beta": "0.001", "num_generations": "4",
    "per_device_train_batch_size": "8", "num_train_epochs": "2",
}  # fmt: skip
TALKING = {"learning_rate": "0.003", "num_train_epochs": "1"}
"""SFT that teaches the tiny model to end its answers, without which it always talks until it is cut off."""


def plan_watched(
    folder: Path,
    strategy: Strategy,
    options: Mapping[Method, Mapping[str, str]],
    *,
    reward: str = "",
    parameters: Parameters = "lora",
    edit: Edit | None = None,
    only: str = "",
) -> TinyRun:
    """Return a planned run whose last stage is watched, by the monitor called `only` or by all."""
    rewards = (RewardPlan(name="r", kind=f"tests.trainers.hackable:{reward}"),) if reward else ()
    tiny = make_tiny_run(folder, strategy, overrides=FAST, rewards=rewards, parameters=parameters, rows=64 if reward else 32)
    if edit is not None:
        edit(tiny.run)

    def planned(stage: StagePlan, is_last: bool) -> StagePlan:
        watched = tuple(plan for plan in monitors_of(stage.method, rewards) if is_last and only in ("", plan.name))
        return replace(stage, choices=with_overrides(stage.choices, options.get(stage.method, {})), monitors=watched)

    stages = tuple(planned(stage, stage is tiny.plan.stages[-1]) for stage in tiny.plan.stages)
    plan: Plan = replace(tiny.plan, stages=stages)
    return TinyRun(tiny.run, plan)


def alarms(tiny: TinyRun) -> dict[tuple[str, str], int]:
    """Train all stages, and return the step of each alarm by monitor and level."""
    for stage in tiny.plan.stages:
        with contextlib.suppress(StageError):  # where there is nothing to return to; the alarm is told all the same
            import_module(f"trainers.{stage.method}").train(tiny.run, tiny.plan, stage, ProgressLog(tiny.run))
    told = [event.data for event in tiny.run.events.read() if event.kind == "alarm"]
    return {(str(data.get("monitor", "finite")), str(data.get("level", "stop"))): int(str(data["step"])) for data in told}


def rewrite(run: RunDir, split: str, change: Callable[[dict[str, Any]], object]) -> None:
    path = run.split(split)
    rows = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    for row in rows:
        change(row)
    write_rows(path, rows)


def flip_labels(run: RunDir) -> None:
    """Exchange good and bad in what is trained on."""
    rewrite(run, "pairs_train", lambda row: row.update(chosen=row["rejected"], rejected=row["chosen"]))
    rewrite(run, "unpaired_train", lambda row: row.update(label=not row["label"]))


def shorten(run: RunDir) -> None:
    """Let SFT teach answers of one to three words."""
    rng = random.Random(1)
    for split in ("sft_train", "sft_eval"):
        rewrite(run, split, lambda row: row["completion"][0].update(content=" ".join(["tea."] * rng.randint(1, 3))))


def mark_known(run: RunDir) -> None:
    rewrite(run, "prompts_train", lambda row: row.update(answer="known"))


RISING = {"learning_rate": "30", "num_train_epochs": "8", "warmup_steps": "64", "lr_scheduler_type": "linear"}
SUPERVISED: dict[str, tuple[Strategy, Method, Mapping[str, str], Parameters, Edit | None, tuple[str, str]]] = {
    "a rate that rises until the loss explodes": ("sft", "sft", RISING, "full", None, ("divergence", "stop")),
    "a few rows learned by heart": (
        "sft", "sft", {"learning_rate": "0.01", "num_train_epochs": "30"}, "full", None, ("overfitting", "stop"),
    ),
    "flipped labels, DPO": ("dpo", "dpo", {"learning_rate": "0.01"}, "lora", flip_labels, ("accuracy", "stop")),
    "flipped labels, ORPO": ("orpo", "orpo", {"learning_rate": "0.01"}, "lora", flip_labels, ("accuracy", "stop")),
    "flipped labels, KTO": ("kto", "kto", {"learning_rate": "0.01"}, "lora", flip_labels, ("margin", "watch")),
    "good answers made unlikely": (
        "dpo", "dpo", {"learning_rate": "0.01", "num_train_epochs": "4"}, "full", flip_labels, ("chosen_falls", "stop"),
    ),
    "gradients that explode": ("sft", "sft", RISING, "full", None, ("gradient", "watch")),
    "a loss that is no number": ("sft", "sft", RISING, "full", None, ("finite", "stop")),
}  # fmt: skip


@pytest.mark.parametrize("fault", SUPERVISED)
def test_a_fault_in_rates_or_rows_is_caught(tmp_path: Path, fault: str) -> None:
    strategy, method, options, parameters, edit, expected = SUPERVISED[fault]
    tiny = plan_watched(tmp_path, strategy, {method: options}, parameters=parameters, edit=edit, only=expected[0])
    assert expected in alarms(tiny)


REWARDED: dict[str, tuple[Strategy, str, dict[str, str], Parameters, Edit | None, tuple[str, str]]] = {
    "the same reward for everything": ("rft", "constant", {}, "lora", None, ("zero_spread", "stop")),
    "answers that never end": ("rft", "one_word", {}, "lora", None, ("clipped", "stop")),
    "a reward for rows that are known": ("rft", "known_prompts", {}, "lora", mark_known, ("reward_gap", "stop")),
    "a reward for one letter, collapse": (
        "rft", "one_word", {"learning_rate": "0.003", "num_train_epochs": "6"}, "full", None, ("entropy", "stop"),
    ),
    "a reward for one letter, distance": (
        "sft+rft", "one_word", {"learning_rate": "0.003", "num_train_epochs": "4"}, "full", shorten, ("reference", "stop"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", REWARDED)
def test_a_reward_with_a_fault_is_caught(tmp_path: Path, fault: str) -> None:
    strategy, reward, options, parameters, edit, expected = REWARDED[fault]
    settings: dict[Method, Mapping[str, str]] = {"sft": TALKING, "grpo": ANSWERING | options}
    tiny = plan_watched(tmp_path, strategy, settings, reward=reward, parameters=parameters, edit=edit, only=expected[0])
    assert expected in alarms(tiny)


def test_a_reward_for_length_is_hacked_and_the_stage_returns_to_shorter_answers(tmp_path: Path) -> None:
    options = ANSWERING | {"max_completion_length": "64", "num_train_epochs": "4"}
    tiny = plan_watched(
        tmp_path, "sft+rft", {"sft": TALKING, "grpo": options}, reward="longer", parameters="full", edit=shorten, only="length"
    )
    assert ("length", "stop") in alarms(tiny)
    result = tiny.run.stage_result("2-grpo")
    assert result is not None and "from before that" in result.stopped_early


HEALTHY: list[tuple[Strategy, Method]] = [("sft", "sft"), ("dpo", "dpo"), ("kto", "kto"), ("orpo", "orpo")]


@pytest.mark.parametrize(("strategy", "method"), HEALTHY)
def test_a_healthy_training_raises_nothing(tmp_path: Path, strategy: Strategy, method: Method) -> None:
    tiny = plan_watched(tmp_path, strategy, {method: {"learning_rate": "0.002"}})
    assert METHODS[method].is_policy and alarms(tiny) == {}


def test_a_healthy_reinforcement_raises_nothing(tmp_path: Path) -> None:
    options = ANSWERING | {"learning_rate": "0.0001", "num_train_epochs": "1", "max_completion_length": "48"}
    tiny = plan_watched(
        tmp_path, "sft+rft", {"sft": TALKING, "grpo": options}, reward="one_word", parameters="full", edit=shorten
    )
    assert alarms(tiny) == {}
