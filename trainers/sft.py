"""Supervised fine-tuning on prompts and completions, through TRL's SFTTrainer."""

from typing import TYPE_CHECKING

from reports.progress import ProgressLog
from reports.records.plan import Plan, StagePlan
from reports.records.run import StageResult
from reports.rundir import RunDir
from trainers.adapters import load_policy
from trainers.stage import load_splits, load_tokenizer, make_config, run_stage

if TYPE_CHECKING:
    from trl import SFTConfig, SFTTrainer


def configure(run: RunDir, plan: Plan, stage: StagePlan) -> "SFTConfig":
    """Return the trainer's configuration: only completions are learned, prompts are read."""
    from trl import SFTConfig

    return make_config(SFTConfig, run, plan, stage, completion_only_loss=True)


def build(run: RunDir, plan: Plan, stage: StagePlan) -> "SFTTrainer":
    """Return the trainer of the stage, its rows tokenized and its adapter in place."""
    from trl import SFTTrainer

    config = configure(run, plan, stage)
    rows, held_out = load_splits(run, stage)
    policy = load_policy(run, plan, stage)
    return SFTTrainer(
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
