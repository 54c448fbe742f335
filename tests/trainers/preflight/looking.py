"""Asking one check about a tiny stage, healthy or with a fault planted in it."""

from importlib import import_module
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from reports.records.data import Check
from reports.records.intake import Value
from reports.records.plan import Choice, Method, Plan, RewardPlan, StagePlan
from reports.records.recommendation import Strategy
from tests.trainers.tiny_run import TinyRun, make_tiny_run
from trainers.preflight.gate import PLAN_RULES, TRAINER_RULES
from trainers.preflight.rows import doctored
from trainers.preflight.rule import look
from trainers.preflight.subject import Machine, Subject
from trainers.preflight.untouched import untouched

SHORT: Final = (RewardPlan(name="short", kind="length-band", options={"low": 1, "high": 4}),)
STRATEGIES: Final[dict[Method, Strategy]] = {
    "sft": "sft",
    "dpo": "dpo",
    "kto": "kto",
    "orpo": "orpo",
    "reward": "sft",
    "grpo": "rft",
}
GPU: Final = Machine(gpu_gib=24.0, has_bf16=True)


def tiny_of(folder: Path, method: Method, **given: Any) -> TinyRun:
    """Return a planned tiny run with a stage of the method."""
    return make_tiny_run(folder, STRATEGIES[method], rewards=SHORT if method == "grpo" else (), **given)


def changed(stage: StagePlan, choices: dict[str, Value]) -> StagePlan:
    """Return the stage with settings of the user's."""
    kept = [choice for choice in stage.choices if choice.name not in choices]
    mine = [Choice(name=name, value=value, origin="user", because="a test") for name, value in choices.items()]
    return replace(stage, choices=(*kept, *mine))


def of_plan(
    tiny: TinyRun,
    method: Method,
    code: str,
    choices: dict[str, Value] | None = None,
    *,
    machine: Machine | None = None,
    plan: Plan | None = None,
    stage: StagePlan | None = None,
) -> Check:
    """Return one check of a plan, with settings changed."""
    planned = stage or changed(tiny.stage(method), choices or {})
    subject = Subject(tiny.run, plan or tiny.plan, planned, machine or Machine())
    [found] = look([rule for rule in PLAN_RULES if rule.code == code], subject)
    return found


def build(tiny: TinyRun, method: Method) -> Any:
    """Return the trainer of a stage."""
    return import_module(f"trainers.{method}").build(tiny.run, tiny.plan, tiny.stage(method))


def of_trainer(tiny: TinyRun, method: Method, trainer: Any, code: str, **given: Any) -> Check:
    """Return one check of a trainer, which is as before afterwards."""
    subject = Subject(tiny.run, tiny.plan, tiny.stage(method), Machine(), trainer, is_thorough=True, **given)
    with untouched(trainer):
        if code.startswith("TMPL"):
            return next(check for check in doctored(subject) if check.code == code)
        [found] = look([rule for rule in TRAINER_RULES if rule.code == code], subject)
    return found
