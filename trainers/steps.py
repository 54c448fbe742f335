"""The steps of a run in their order, each with what tells that it is done."""

from collections.abc import Callable
from typing import NamedTuple

from reports.errors import VERDICT_EXITS
from reports.progress import ProgressLog
from reports.records.data import Checks, Lineage
from reports.records.evaluation import Metrics
from reports.records.gates import Gates
from reports.records.plan import Plan, StagePlan
from reports.records.rewards import RewardCheck
from reports.rundir import RunDir, now
from trainers.callbacks import stage_label
from trainers.checkpoints import drop_all
from trainers.launching.ranks import here
from trainers.launching.stages import stage_here
from trainers.methods import METHODS


class Step(NamedTuple):
    """One step; its name is the stage in run.json."""

    name: str
    is_done: Callable[[], bool]
    do: Callable[[], object]
    together: bool = False
    """Whether all processes of the run do it, rather than the first alone."""


def steps_of(run: RunDir, plan: Plan, progress: ProgressLog) -> tuple[Step, ...]:
    """Return all steps of a plan; what a step needs is imported when it is done, not before.

    The judge goes first, for the stages after it are watched by it.
    """
    stages = (*((plan.judge,) if plan.judge else ()), *plan.stages)
    return (
        Step("data", lambda: has_data(run), lambda: _prepare(run, plan, progress)),
        *(step for stage in stages for step in _of_stage(run, plan, stage, progress)),
        Step("measure", lambda: run.has(Metrics), lambda: _measure(run, plan, progress)),
        Step("gates", lambda: run.has(Gates), lambda: _decide(run, plan)),
        Step("report", lambda: False, lambda: _report(run, stages)),
    )


def has_data(run: RunDir) -> bool:
    """Say whether the data stage is complete: no check blocks, and every split of the lineage is there."""
    if not run.has(Checks) or not run.has(Lineage) or run.read(Checks).blockers():
        return False
    return all(run.split(split.name).is_file() for split in run.read(Lineage).splits)


def _of_stage(run: RunDir, plan: Plan, stage: StagePlan, progress: ProgressLog) -> tuple[Step, ...]:
    """Return the training of a stage; where it learns from rewards, these are tried first."""
    training = _training(run, plan, stage, progress)
    if not METHODS[stage.method].samples:
        return (training,)
    rewards = Step(
        "rewards",
        lambda: run.has(RewardCheck) and run.read(RewardCheck).passed,
        lambda: _try_rewards(run, plan, stage, progress),
    )
    return (rewards, training)


def _training(run: RunDir, plan: Plan, stage: StagePlan, progress: ProgressLog) -> Step:
    return Step(
        stage_label(stage.name),
        lambda: run.stage_result(stage.name) is not None,
        lambda: _train(run, plan, stage_here(stage, here().world), progress),
        together=True,
    )


def _prepare(run: RunDir, plan: Plan, progress: ProgressLog) -> None:
    from evals.data.prepare import prepare
    from trainers.preflight.early import require_settings

    require_settings(run, plan)
    prepare(run, plan, progress)


def _train(run: RunDir, plan: Plan, stage: StagePlan, progress: ProgressLog) -> None:
    """Train one stage, and give its memory back before the next one needs it."""
    import gc
    from importlib import import_module

    import torch

    import_module(f"trainers.{stage.method}").train(run, plan, stage, progress)
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _try_rewards(run: RunDir, plan: Plan, stage: StagePlan, progress: ProgressLog) -> None:
    from trainers.reward_check import require_rewards

    require_rewards(run, plan, stage, progress)


def _measure(run: RunDir, plan: Plan, progress: ProgressLog) -> None:
    from evals.measure import measure

    measure(run, plan, progress)


def _decide(run: RunDir, plan: Plan) -> None:
    from evals.gates.decide import decide

    decide(run, plan)


def _report(run: RunDir, stages: tuple[StagePlan, ...]) -> None:
    """Close the run, then render it, so that report and summary show how it ended."""
    from reports.html import write_report
    from reports.summary import write_summary

    for stage in stages:
        drop_all(run.checkpoints(stage.name))
    verdict = run.read(Gates).verdict
    run.update(status="done", verdict=verdict, exit_code=VERDICT_EXITS[verdict], finished_at=now())
    write_report(run)
    write_summary(run)
