"""Odds-ratio preference optimization on pairs, without a reference (Hong et al. 2024), through TRL's ORPOTrainer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reports.progress import ProgressLog
from reports.records.plan import Plan, StagePlan
from reports.records.run import StageResult
from reports.rundir import RunDir
from trainers.adapters import load_policy
from trainers.stage import load_splits, load_tokenizer, make_config, run_stage

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase
    from trl.experimental.orpo import ORPOConfig, ORPOTrainer


def configure(run: RunDir, plan: Plan, stage: StagePlan) -> "ORPOConfig":
    """Return the trainer's configuration: no dropout, so that chosen and rejected meet the same model.

    Its batches name their tokens in a way that transformers cannot count.
    """
    from trl.experimental.orpo import ORPOConfig

    return make_config(ORPOConfig, run, plan, stage, disable_dropout=True, include_num_input_tokens_seen="no")


def build(run: RunDir, plan: Plan, stage: StagePlan) -> "ORPOTrainer":
    """Return the trainer of the stage, its rows tokenized and its adapter in place."""
    from trl.experimental.orpo import ORPOTrainer

    config = configure(run, plan, stage)
    rows, held_out = load_splits(run, stage)
    policy = load_policy(run, plan, stage)
    tokenizer = load_tokenizer(plan, rows)
    with keeping_prompts_whole(tokenizer, rows):
        return ORPOTrainer(
            model=policy.model,
            args=config,
            train_dataset=rows,
            eval_dataset=held_out,
            processing_class=tokenizer,
            peft_config=policy.lora,
        )


def train(run: RunDir, plan: Plan, stage: StagePlan, progress: ProgressLog) -> StageResult:
    """Train the stage to its end, resuming where an attempt before left it; see `run_stage` for the errors."""
    return run_stage(run, plan, stage, progress, build)


@contextmanager
def keeping_prompts_whole(tokenizer: "PreTrainedTokenizerBase", rows: "Dataset") -> Iterator[None]:
    """Keep the trainer from putting a start token before prompts that have none when the model is used.

    It adds one wherever the tokenizer names one, even before a rendered chat template.
    """
    start = tokenizer.bos_token
    is_text = isinstance(rows[0]["prompt"], str)
    if start is not None and not (is_text and tokenizer("a")["input_ids"][0] == tokenizer.bos_token_id):
        tokenizer.bos_token = None
    try:
        yield
    finally:
        tokenizer.bos_token = start
