"""Direct preference optimization on pairs (Rafailov et al. 2023), through TRL's DPOTrainer."""

from typing import TYPE_CHECKING

from reports.progress import ProgressLog
from reports.records.plan import Plan, StagePlan
from reports.records.run import StageResult
from reports.rundir import RunDir
from trainers.adapters import load_policy
from trainers.stage import load_splits, load_tokenizer, make_config, run_stage

if TYPE_CHECKING:
    from trl import DPOConfig, DPOTrainer


def configure(run: RunDir, plan: Plan, stage: StagePlan) -> "DPOConfig":
    """Return the trainer's configuration: no dropout, so that policy and reference are equal at the start."""
    from trl import DPOConfig

    return make_config(DPOConfig, run, plan, stage, disable_dropout=True)


def build(run: RunDir, plan: Plan, stage: StagePlan) -> "DPOTrainer":
    """Return the trainer of the stage, its rows tokenized and its reference fixed.

    The reference is what the stage starts from: TRL's frozen copy of the adapter it continues, else the base.
    """
    from trl import DPOTrainer

    config = configure(run, plan, stage)
    rows, held_out = load_splits(run, stage)
    policy = load_policy(run, plan, stage)
    return DPOTrainer(
        model=policy.model,
        args=config,
        train_dataset=rows,
        eval_dataset=held_out,
        processing_class=load_tokenizer(plan, rows),
        peft_config=policy.lora,
    )


def train(run: RunDir, plan: Plan, stage: StagePlan, progress: ProgressLog) -> StageResult:
    """Train the stage to its end, resuming where an attempt before left it; see `run_stage` for the errors."""
    return run_stage(run, plan, stage, progress, build)
