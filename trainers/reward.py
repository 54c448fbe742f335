"""The reward model that judges win rate, trained on held-out pairs through TRL's RewardTrainer."""

from typing import TYPE_CHECKING, Any

from reports.progress import ProgressLog
from reports.records.plan import Plan, StagePlan
from reports.records.run import StageResult
from reports.rundir import RunDir
from trainers.adapters import load_scorer, lora_config
from trainers.stage import load_splits, load_tokenizer, make_config, run_stage

if TYPE_CHECKING:
    from trl import RewardConfig, RewardTrainer


def configure(run: RunDir, plan: Plan, stage: StagePlan) -> "RewardConfig":
    """Return the trainer's configuration: no dropout, so that equal answers get equal scores."""
    from trl import RewardConfig

    return make_config(RewardConfig, run, plan, stage, disable_dropout=True)


def build(run: RunDir, plan: Plan, stage: StagePlan) -> "RewardTrainer":
    """Return the trainer of the stage: the base with an adapter and a new head, which is trained and saved whole."""
    from trl import RewardTrainer

    config = configure(run, plan, stage)
    rows, held_out = load_splits(run, stage)
    return RewardTrainer(
        model=load_scorer(plan),
        args=config,
        train_dataset=rows,
        eval_dataset=held_out,
        processing_class=load_tokenizer(plan, rows),
        peft_config=None if plan.parameters == "full" else lora_config(stage, "SEQ_CLS"),
    )


def train(run: RunDir, plan: Plan, stage: StagePlan, progress: ProgressLog) -> StageResult:
    """Train the stage to its end, resuming where an attempt before left it; see `run_stage` for the errors."""
    return run_stage(run, plan, stage, progress, build, accuracy)


def accuracy(trainer: Any) -> dict[str, float | None]:
    """Return the share of held-out pairs whose chosen answer scores higher, and the number of pairs.

    Counted pair by pair: the trainer's own figure is a mean over batches, and a short last batch weighs too much in it.
    """
    import torch

    if trainer.eval_dataset is None or not len(trainer.eval_dataset):
        return {}
    right = pairs = 0
    trainer.model.eval()
    with torch.no_grad():
        for batch in trainer.get_eval_dataloader():
            chosen, rejected = trainer.model(**batch).logits.squeeze(-1).chunk(2)
            ranked = trainer.accelerator.gather_for_metrics(chosen > rejected)
            right += int(ranked.sum())
            pairs += len(ranked)
    return {"eval_accuracy": right / pairs, "eval_pairs": float(pairs)}
