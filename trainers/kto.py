"""Kahneman-Tversky optimization on single ratings (Ethayarajh et al. 2024), through TRL's KTOTrainer."""

from typing import TYPE_CHECKING, NamedTuple

from reports.errors import DataError
from reports.progress import ProgressLog
from reports.records.plan import Plan, StagePlan
from reports.records.run import StageResult
from reports.rundir import RunDir
from trainers.adapters import load_policy
from trainers.methods import splits_of
from trainers.stage import load_splits, load_tokenizer, make_config, run_stage

if TYPE_CHECKING:
    from trl import KTOConfig, KTOTrainer

LARGEST_RATIO = 4 / 3
"""Of the summed weights of good and bad answers; the authors advise 1 to 4/3."""


class Weights(NamedTuple):
    """How much one good and one bad answer weigh."""

    desirable: float
    undesirable: float


def configure(run: RunDir, plan: Plan, stage: StagePlan) -> "KTOConfig":
    """Return the trainer's configuration: no dropout, and both ratings of equal weight."""
    from trl import KTOConfig

    weights = count_weights(run, stage)
    return make_config(
        KTOConfig,
        run,
        plan,
        stage,
        disable_dropout=True,
        desirable_weight=weights.desirable,
        undesirable_weight=weights.undesirable,
    )


def build(run: RunDir, plan: Plan, stage: StagePlan) -> "KTOTrainer":
    """Return the trainer of the stage, its rows tokenized and its reference fixed.

    The reference is what the stage starts from: TRL's frozen copy of the adapter it continues, else the base.
    """
    from trl import KTOTrainer

    config = configure(run, plan, stage)
    rows, held_out = load_splits(run, stage)
    policy = load_policy(run, plan, stage)
    return KTOTrainer(
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


def balance(good: int, bad: int) -> Weights:
    """Return weights under which good and bad answers weigh alike; 1 and 1 where their numbers are near enough as they are."""
    if 1 <= good / bad <= LARGEST_RATIO:
        return Weights(1.0, 1.0)
    return Weights(1.0, round(good / bad, 4)) if good > bad else Weights(round(bad / good, 4), 1.0)


def count_weights(run: RunDir, stage: StagePlan) -> Weights:
    """Count the ratings of the split and balance them; DataError where all are alike."""
    from evals.data.splits import read_split

    split = splits_of(stage).train
    labels = [row.get("label") for row in read_split(run.split(split))]
    good, bad = labels.count(True), labels.count(False)
    if not good or not bad:
        raise DataError(
            f"{stage.name}: the split {split} holds {good} good and {bad} bad answers, and KTO learns from the difference. "
            "Add answers of the other rating, or choose --strategy sft."
        )
    return balance(good, bad)
