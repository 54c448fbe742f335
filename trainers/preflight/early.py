"""What can be refused before the data are read: options that a person set, and rewards of their own."""

from pathlib import Path

from evals.rewards.library import KINDS, build_rewards
from reports.records.plan import Plan, StagePlan
from reports.rundir import RunDir
from trainers.launching.ranks import here
from trainers.launching.stages import stage_here
from trainers.preflight.gate import check_settings


def require_settings(run: RunDir, plan: Plan) -> None:
    """Look at every stage with an option set by hand, and load the rewards that are not of the library.

    Raises:
        BlockedError: a stage would be stopped by its settings, and nobody accepted it.
        UsageError: a reward cannot be loaded.
    """
    for stage in (*((plan.judge,) if plan.judge else ()), *plan.stages):
        if _is_touched(stage):
            check_settings(run, plan, stage_here(stage, here().world))
    build_rewards([reward for reward in plan.rewards if reward.kind not in KINDS], folder=str(Path.cwd()))


def _is_touched(stage: StagePlan) -> bool:
    return any(choice.origin == "user" for choice in stage.choices)
