"""A run directory on the tiny random model, with prepared splits: everything a training stage reads."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from evals.model_source import inspect_model
from reports.records.plan import Method, ModelRef, Plan, RewardPlan, StagePlan
from reports.records.recommendation import Strategy
from reports.records.run import RunRecord
from reports.rundir import RunDir, now
from tests.evals.tiny import build_tiny_model
from trainers.defaults import default_choices
from trainers.methods import METHODS, Parameters, stage_name, stages_of
from trainers.overrides import with_overrides

WORDS: Final = ["tea", "sun", "leaf", "river", "slow", "bright", "cup", "morning", "garden", "quiet", "amber", "field"]
SMALL: Final = {"per_device_train_batch_size": "4", "lora_r": "4", "lora_alpha": "8"}
SAMPLING: Final = {"num_generations": "4", "max_completion_length": "8", "gradient_accumulation_steps": "2"}
SEED: Final = 3


class TinyRun(NamedTuple):
    """A run that was created and planned, not started."""

    run: RunDir
    plan: Plan

    def stage(self, method: Method) -> StagePlan:
        """Return the planned stage of a method."""
        every: tuple[StagePlan, ...] = (*self.plan.stages, *((self.plan.judge,) if self.plan.judge else ()))
        return next(stage for stage in every if stage.method == method)


def make_tiny_run(
    folder: Path,
    strategy: Strategy = "sft+dpo",
    *,
    rows: int = 32,
    messages: bool = True,
    parameters: Parameters = "lora",
    overrides: Mapping[str, str] | None = None,
    rewards: tuple[RewardPlan, ...] = (),
) -> TinyRun:
    """Create the run below `folder`; `overrides` set options of every stage, the judge's too."""
    model = inspect_model(str(build_tiny_model(folder / "model", chat_template=messages)))
    stages = tuple(
        _stage(stage_name(position, method), method, parameters, rows, model, overrides)
        for position, method in enumerate(stages_of(strategy), start=1)
    )
    plan = Plan(
        strategy=strategy,
        model=model,
        data=(),
        stages=stages,
        judge=_stage("judge", "reward", parameters, rows, model, overrides),
        suites=(),
        gates=(),
        evaluation=(),
        rewards=rewards,
        parameters=parameters,
        seed=SEED,
    )
    run = RunDir.create(folder / "runs", "tiny")
    run.write(plan)
    run.write(_record(run, plan))
    write_splits(run, rows, messages)
    return TinyRun(run, plan)


def write_splits(run: RunDir, rows: int, messages: bool) -> None:
    """Write all splits: `rows` to train on, 10 held out, a chosen answer that is calm and a rejected one that shouts."""
    rng = random.Random(SEED)
    for name, count in (("train", rows), ("eval", 10)):
        pairs = [_pair(rng, messages) for _ in range(count)]
        write_rows(run.split(f"pairs_{name}"), pairs)
        write_rows(run.split(f"judge_{name}"), [_pair(rng, messages) for _ in range(count)])
        write_rows(run.split(f"sft_{name}"), [{"prompt": pair["prompt"], "completion": pair["chosen"]} for pair in pairs])
        write_rows(run.split(f"unpaired_{name}"), [row for pair in pairs for row in _ratings(pair)])
        write_rows(run.split(f"prompts_{name}"), [{"prompt": pair["prompt"], "answer": "calm"} for pair in pairs])


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write one prepared split."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def _stage(
    name: str, method: Method, parameters: Parameters, rows: int, model: ModelRef, overrides: Mapping[str, str] | None
) -> StagePlan:
    choices = default_choices(method, parameters, rows, model)
    small = {key: value for key, value in SMALL.items() if parameters != "full" or not key.startswith("lora")}
    small |= SAMPLING if METHODS[method].samples else {}
    return StagePlan(name=name, method=method, choices=with_overrides(choices, {**small, **(overrides or {})}))


def _record(run: RunDir, plan: Plan) -> RunRecord:
    return RunRecord(
        run_id=run.path.name,
        title="Tiny",
        created_at=now(),
        argv=("tunegate", "run"),
        versions={},
        seed=plan.seed,
        strategy=plan.strategy,
        model=plan.model.label,
    )


def _pair(rng: random.Random, messages: bool) -> dict[str, Any]:
    topic, calm, loud = (" ".join(rng.sample(WORDS, 3)) for _ in range(3))
    return {
        "prompt": _said("user", f"Write about {topic}.", messages),
        "chosen": _said("assistant", f" A {calm} evening.", messages),
        "rejected": _said("assistant", f" BUY {loud} NOW!", messages),
    }


def _ratings(pair: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"prompt": pair["prompt"], "completion": pair[side], "label": side == "chosen"} for side in ("chosen", "rejected")]


def _said(role: str, text: str, messages: bool) -> Any:
    return [{"role": role, "content": text.strip()}] if messages else text
