"""What methods share that learn from sampled answers: prompts that leave room for an answer, and rewards."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from reports.errors import DataError, UsageError
from reports.records.plan import Plan, StagePlan
from reports.rundir import RunDir
from trainers.stage import load_splits, load_tokenizer

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

    from evals.rewards.library import Reward

Trainer = TypeVar("Trainer")

WATCHED: Final = 64
"""Held-out prompts whose reward is watched while training."""
WATCHED_ANSWERS: Final = 2
"""Answers to each of them at every look; more prompts tell more than more answers to one."""


def sampling_options(run: RunDir, plan: Plan, stage: StagePlan) -> dict[str, Any]:
    """Return the options that sampling needs: every column for the rewards, whole groups of answers, the rewards' weights."""
    values = stage.values()
    batch, group = values.get("per_device_train_batch_size"), values.get("num_generations")
    if not (isinstance(batch, int) and isinstance(group, int) and group >= 2):
        raise UsageError(f"{stage.name}: num_generations = {group}; answers are compared, so at least 2 a prompt are needed.")
    return {
        "remove_unused_columns": False,
        "include_num_input_tokens_seen": "no",  # the trainer counts sampled tokens itself
        "per_device_eval_batch_size": WATCHED_ANSWERS * max(1, batch // WATCHED_ANSWERS),
        "num_generations_eval": WATCHED_ANSWERS,
        "reward_weights": [reward.weight for reward in load_rewards(run, plan)],
    }


class PromptOrder:
    """TRL's sampler of prompts, with an order for each pass that a resumed run finds again.

    TRL shuffles all passes with one generator, which starts over when a run is resumed.
    """

    def __init__(self, sampler: Any, trainer: Any) -> None:
        self._sampler = sampler
        self._trainer = trainer

    def __len__(self) -> int:
        return len(self._sampler)

    def __iter__(self) -> Iterator[int]:
        if self._sampler.shuffle:
            self._sampler.generator.manual_seed(self._sampler.seed + int(self._trainer.state.epoch or 0))
        yield from self._sampler


def with_lasting_order(trainer: Trainer) -> Trainer:
    """Let the trainer ask its prompts in an order that depends on seed and pass only."""
    make_sampler = trainer._get_train_sampler  # type: ignore[attr-defined]  # where TRL's trainers choose the order
    trainer._get_train_sampler = lambda rows=None: PromptOrder(make_sampler(rows), trainer)  # type: ignore[attr-defined]
    return trainer


def load_rewards(run: RunDir, plan: Plan) -> "tuple[Reward, ...]":
    """Build the rewards of the plan; UsageError where it has none, or one cannot be built."""
    from evals.metrics.reward import reward_models
    from evals.rewards.library import build_rewards

    if not plan.rewards:
        raise UsageError("The plan samples answers and has no reward to judge them. Start a run with --reward.")
    return build_rewards(plan.rewards, folder=str(Path.cwd()), models=reward_models(run, plan))


def load_prompts(run: RunDir, plan: Plan, stage: StagePlan) -> "tuple[Dataset, Dataset | None]":
    """Return prompts to train on and to watch, without those that leave no room for an answer.

    Raises:
        DataError: no prompt is short enough.
    """
    rows, held_out = load_splits(run, stage)
    tokenizer = load_tokenizer(plan, rows)
    room = _room(plan, stage)
    fitting = _fitting(rows, tokenizer, room)
    if not len(fitting):
        raise DataError(
            f"{stage.name}: none of {len(rows)} prompts fits into the {room} tokens that max_completion_length leaves of the "
            f"model's context ({plan.model.context_length}). Lower max_completion_length with --set, or shorten the prompts."
        )
    if len(fitting) < len(rows):
        lost = len(rows) - len(fitting)
        run.log_event("warning", f"{lost} of {len(rows)} prompts are left out: longer than {room} tokens.", stage=stage.name)
    if held_out is None:
        return fitting, None
    watched = _fitting(held_out, tokenizer, room)
    return fitting, watched.select(range(min(WATCHED, len(watched))))


def _room(plan: Plan, stage: StagePlan) -> int | None:
    longest = stage.values().get("max_completion_length")
    if plan.model.context_length is None or not isinstance(longest, int):
        return None
    return plan.model.context_length - longest


def _fitting(rows: "Dataset", tokenizer: "PreTrainedTokenizerBase", room: int | None) -> "Dataset":
    if room is None:
        return rows
    lengths = (_length(prompt, tokenizer) for prompt in rows["prompt"])
    return rows.select([place for place, length in enumerate(lengths) if length <= room])


def _length(prompt: Any, tokenizer: "PreTrainedTokenizerBase") -> int:
    if isinstance(prompt, str):
        return len(tokenizer(prompt)["input_ids"])
    text = tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True)
    return len(tokenizer(text, add_special_tokens=False)["input_ids"])
