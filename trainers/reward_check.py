"""The step before reinforcement: the plan's rewards, tried on answers of the model that it starts from."""

from typing import Final

from msgspec.structs import replace

from evals.data.acceptance import accept
from evals.data.splits import read_split
from evals.rewards.checking import Sampling, check_rewards
from evals.rewards.prompts import from_rows
from evals.rewards.ruling import codes
from reports.errors import BlockedError, UsageError
from reports.progress import ProgressLog
from reports.records.data import Check
from reports.records.plan import Plan, RewardPlan, StagePlan
from reports.records.rewards import RewardCheck
from reports.rundir import RunDir
from trainers.methods import METHODS, splits_of, stage_before

STEP: Final = "rewards"
"""Name of the step in run.json."""
OURS: Final = "RWD"
LEARNED: Final = frozenset({"RWD011", "RWD012", "RWD013", "RWD014", "RWD015"})
"""Bad answers that the pairs a reward model learns from hardly ever hold."""
LEARNED_BECAUSE: Final = (
    "it does not stop, since a reward is a model that this run trained, and no rule mends it but further pairs or rewards; "
    "the divergence from the reference, the length of answers and another judge's win rate are watched"
)
LONGEST: Final = 128
"""Tokens of a sampled answer, at most."""


def try_rewards(run: RunDir, plan: Plan, stage: StagePlan, progress: ProgressLog) -> RewardCheck:
    """Try the rewards on answers of the model that the stage starts from, and return what was found.

    Raises:
        UsageError: a reward fails, or an accepted code is that of no check.
        DataError, MissingError, StageError: see `check_rewards`.
    """
    from trainers.rollouts import load_rewards

    accepted = [one for one in plan.accepted if one.code.startswith(OURS)]
    unknown = next((one.code for one in accepted if one.code not in codes()), None)
    if unknown:
        raise UsageError(f"--accept {unknown}: no check has this code. Codes: {', '.join(codes())}.")
    splits, before = splits_of(stage), stage_before(plan, stage)
    longest = stage.values().get("max_completion_length")
    held_out = run.split(splits.held_out)
    found = check_rewards(
        plan.model,
        from_rows(read_split(run.split(splits.train))),
        load_rewards(run, plan),
        progress,
        trained=run.adapter(before.name) if before and run.adapter(before.name).is_dir() else None,
        held_out=from_rows(read_split(held_out)) if held_out.is_file() else (),
        sampling=Sampling(new_tokens=min(LONGEST, longest) if isinstance(longest, int) else LONGEST, seed=plan.seed),
    )
    checks = tuple(soften(check, plan.rewards) for check in found.checks)
    return replace(found, checks=accept(checks, [one for one in accepted if one.code in {check.code for check in checks}]))


def soften(check: Check, rewards: tuple[RewardPlan, ...]) -> Check:
    """Return the check; where a reward is learned in this run, a failed bad answer is a warning."""
    learned = any(reward.kind == "reward-model" for reward in rewards)
    if check.code not in LEARNED or check.state != "fail" or not learned:
        return check
    return replace(check, state="warn", blocking=False, because=f"{check.because}; {LEARNED_BECAUSE}")


def require_rewards(run: RunDir, plan: Plan, stage: StagePlan, progress: ProgressLog) -> None:
    """Try the rewards and write what was found; BlockedError where something stands against training on them."""
    found = try_rewards(run, plan, stage, progress)
    run.write(found)
    for check in found.checks:
        if check.state in ("warn", "fail"):
            run.log_event("warning", f"{check.code}: {check.because}. {check.fix}", stage=STEP, code=check.code)
    blockers = found.blockers()
    if blockers:
        said = " ".join(f"{check.code}: {check.because}. {check.fix}" for check in blockers)
        flags = " ".join(f"--accept {check.code}" for check in blockers)
        raise BlockedError(
            f"{stage.name}: nothing was trained on these rewards, since their dry run failed. {said} "
            f'To train all the same, start a run with {flags} --because "…".'
        )


def reward_stage(plan: Plan) -> StagePlan | None:
    """Return the first stage that learns from rewards, None where there is none."""
    return next((stage for stage in plan.stages if METHODS[stage.method].samples), None)
