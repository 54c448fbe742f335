"""Checks on a trainer as it stands before its first step: on the tensors it will see, not on its options."""

from itertools import islice
from typing import Any, Final

from reports.errors import DataError, StageError
from reports.records.plan import StagePlan
from reports.rundir import RunDir
from trainers.callbacks import stage_label
from trainers.methods import splits_of

LOOKED_AT: Final = 200
"""Rows whose end is looked at; the first of a shuffled split stand for all."""
ENOUGH: Final = 0.99


def check_trainer(run: RunDir, stage: StagePlan, trainer: Any) -> None:
    """Check that there is something to train, rows to train on, and an end to learn.

    Warnings become events. DataError where every row is too long; StageError where no weight would change.
    """
    label, rows = stage_label(stage.name), len(trainer.train_dataset)
    if not rows:
        raise DataError(
            f"{label}: no row fits into max_length = {trainer.args.max_length} tokens, so nothing can be learned. "
            "Shorten the prompts, or raise max_length if the model's context allows it."
        )
    if not any(weight.requires_grad for weight in trainer.model.parameters()):
        raise StageError(f"{label}: no weight of the model would be trained. Check lora_target against the model's layers.")
    if trainer.eval_dataset is not None and not len(trainer.eval_dataset):
        _go_unwatched(trainer)
        run.log_event("warning", "No held-out row fits into max_length, so the loss on new rows is not measured.", stage=label)
    given = _given(run, stage)
    if given > rows:
        run.log_event(
            "warning",
            f"{given - rows} of {given} rows are left out: longer than max_length = {trainer.args.max_length} tokens.",
            stage=label,
            rows=given - rows,
        )
    share = ended_share(trainer)
    if share < ENOUGH:
        run.log_event(
            "warning",
            f"Only {share:.0%} of the complete answers end with an end token, so the model may not learn to stop. "
            "Check the chat template: an assistant turn must close with the tokenizer's eos_token.",
            stage=label,
            share=share,
        )


def _go_unwatched(trainer: Any) -> None:
    from transformers.trainer_utils import IntervalStrategy

    trainer.eval_dataset = None
    trainer.args.eval_strategy = IntervalStrategy.NO
    trainer.args.eval_on_start = False


def ended_share(trainer: Any) -> float:
    """Return the share of answers that hold an end token they are trained on; answers cut by max_length do not count.

    1 where no answer is given, since the model samples its own.
    """
    ends = _end_tokens(trainer)
    limit = getattr(trainer.args, "max_length", None) or float("inf")
    answers = [found for row in islice(trainer.train_dataset, LOOKED_AT) if (found := _answer(row))]
    whole = [answer for answer, length in answers if length < limit]
    return sum(bool(ends & set(answer)) for answer in whole) / len(whole) if whole else 1.0


def _answer(row: dict[str, Any]) -> tuple[list[int], int] | None:
    """Return the tokens that are trained on and the length of the whole row, in tokens; None where the row has no answer."""
    for labels in ("labels", "chosen_labels"):
        if labels in row:
            return [token for token in row[labels] if token >= 0], len(row[labels])
    for answer in ("chosen_ids", "completion_ids"):
        if answer in row:
            return row[answer], len(row.get("prompt_ids", ())) + len(row[answer])
    return None


def _end_tokens(trainer: Any) -> set[int]:
    configured = getattr(getattr(trainer.model, "generation_config", None), "eos_token_id", None)
    return {trainer.processing_class.eos_token_id, *(configured if isinstance(configured, list) else [configured])} - {None}


def _given(run: RunDir, stage: StagePlan) -> int:
    with run.split(splits_of(stage).train).open("rb") as file:
        return sum(1 for line in file if line.strip())
