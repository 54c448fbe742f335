"""The preflight of a whole plan without training: every stage is built and looked at, and nothing of the run changes."""

import gc
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from reports.errors import TunegateError
from reports.progress import ProgressLog
from reports.records.data import Check
from reports.records.plan import Plan, StagePlan
from reports.records.preflight import CheckedPlan, StagePreflight
from reports.records.rewards import RewardCheck
from reports.rundir import RunDir
from trainers.methods import METHODS, stage_before
from trainers.preflight.gate import PLAN_RULES, accepted_checks, require_rows, rows_lost, trainer_checks
from trainers.preflight.rule import look
from trainers.preflight.sketch import sketch_run
from trainers.preflight.subject import Subject, this_machine

Say = Callable[[str], object]

UNTRAINED_BEFORE = "{stage}: {before} is not trained yet, so this stage was looked at on its untrained weights."
UNTRAINED_REWARD = "The rewards were not tried: {stage}, which is one of them, is not trained yet."


def check_whole_plan(run: RunDir, plan: Plan, folder: Path, say: Say = lambda _: None) -> CheckedPlan:
    """Look at every stage of a plan, the costly checks included.

    A stage that continues one that is not trained yet continues its untrained weights.

    Args:
        run: has the prepared splits of the plan, and perhaps finished stages; it is not changed.
        plan: what is planned.
        folder: a new folder for what is written on the way.
        say: told what begins.
    """
    sketch = sketch_run(run, plan, folder)
    found: list[StagePreflight] = []
    notes: list[str] = []
    rewards: RewardCheck | None = None
    for stage in (*plan.stages, *((plan.judge,) if plan.judge else ())):
        say(f"{stage.name}: {METHODS[stage.method].title}")
        before = stage_before(plan, stage)
        if before is not None and not run.adapter(before.name).is_dir():
            notes.append(UNTRAINED_BEFORE.format(stage=stage.name, before=before.name))
        if METHODS[stage.method].samples:
            rewards = _try_rewards(run, sketch, plan, stage, notes)
        found.append(_check(sketch, plan, stage))
        gc.collect()
    blocked = any(one.blockers() for one in found) or (rewards is not None and not rewards.passed)
    return CheckedPlan(passed=not blocked, stages=tuple(found), rewards=rewards, notes=tuple(notes))


def _check(sketch: RunDir, plan: Plan, stage: StagePlan) -> StagePreflight:
    began = time.monotonic()
    subject = Subject(sketch, plan, stage, this_machine(sketch.path), is_thorough=True)
    checks = look(PLAN_RULES, subject)
    try:
        trainer = _build(sketch, plan, stage)
        subject = Subject(sketch, plan, stage, subject.machine, trainer, True, rows_lost(sketch, stage, trainer))
        checks = (*checks, *trainer_checks(subject))
        _leave_untrained(sketch, stage, trainer)
    except TunegateError as error:
        checks = (*checks, cannot_build(str(error)))
    except ValueError as error:
        checks = (*checks, cannot_build(f"{METHODS[stage.method].title} refuses the plan ({error})"))
    checks = accepted_checks(checks, plan.accepted)
    return StagePreflight(stage=stage.name, method=stage.method, checks=checks, seconds=round(time.monotonic() - began, 3))


def _build(sketch: RunDir, plan: Plan, stage: StagePlan) -> Any:
    import transformers

    transformers.set_seed(plan.training_seed_of(stage))
    trainer = import_module(f"trainers.{stage.method}").build(sketch, plan, stage)
    require_rows(sketch, stage, trainer)
    return trainer


def cannot_build(because: str) -> Check:
    """Return the check of a trainer that cannot be built."""
    return Check(
        code="PRE200",
        title="The trainer can be built",
        blocking=True,
        state="fail",
        value=None,
        limit=None,
        because=because,
        fix="Mend what it says; the checks of rows and weights follow then.",
    )


def _leave_untrained(sketch: RunDir, stage: StagePlan, trainer: Any) -> None:
    """Save the untrained weights of a stage for the stages that continue it."""
    from trainers.stage import save_trained

    if not sketch.adapter(stage.name).exists():
        save_trained(trainer, sketch.adapter(stage.name))


def _try_rewards(run: RunDir, sketch: RunDir, plan: Plan, stage: StagePlan, notes: list[str]) -> RewardCheck | None:
    from trainers.reward_check import try_rewards

    untrained = [one.name for one in plan.stages if one.method == "reward" and not run.adapter(one.name).is_dir()]
    if untrained:
        notes.append(UNTRAINED_REWARD.format(stage=untrained[0]))
        return None
    try:
        return try_rewards(sketch, plan, stage, ProgressLog(sketch))
    except TunegateError as error:
        notes.append(f"The rewards could not be tried: {error}")
        return None
