"""Reinforcement by group-relative policy optimization (Shao et al. 2024), through TRL's GRPOTrainer."""

from typing import TYPE_CHECKING

from reports.progress import ProgressLog
from reports.records.plan import Plan, StagePlan
from reports.records.run import StageResult
from reports.rundir import RunDir
from trainers.adapters import load_policy
from trainers.rollouts import load_prompts, load_rewards, sampling_options, with_lasting_order
from trainers.stage import load_tokenizer, make_config, run_stage

if TYPE_CHECKING:
    from trl import GRPOConfig, GRPOTrainer


def configure(run: RunDir, plan: Plan, stage: StagePlan) -> "GRPOConfig":
    """Return the trainer's configuration: no dropout, so that answers are drawn from the policy that is trained."""
    from trl import GRPOConfig

    return make_config(GRPOConfig, run, plan, stage, disable_dropout=True, **sampling_options(run, plan, stage))


def build(run: RunDir, plan: Plan, stage: StagePlan) -> "GRPOTrainer":
    """Return the trainer of the stage, its prompts and rewards loaded and its reference fixed.

    The reference is what the stage starts from: TRL's frozen copy of the adapter it continues, else the base.
    """
    from trl import GRPOTrainer

    config = configure(run, plan, stage)
    rows, held_out = load_prompts(run, plan, stage)
    policy = load_policy(run, plan, stage)
    trainer = GRPOTrainer(
        model=policy.model,
        reward_funcs=[reward.function for reward in load_rewards(run, plan)],
        args=config,
        train_dataset=rows,
        eval_dataset=held_out,
        processing_class=load_tokenizer(plan, rows),
        peft_config=policy.lora,
    )
    return with_lasting_order(trainer)


def train(run: RunDir, plan: Plan, stage: StagePlan, progress: ProgressLog) -> StageResult:
    """Train the stage to its end, resuming where an attempt before left it; see `run_stage` for the errors."""
    return run_stage(run, plan, stage, progress, build)
