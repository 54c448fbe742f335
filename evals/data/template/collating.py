"""Rows as TRL's trainers batch them: the trainers' own preparation and collators, without a model."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerFast

UNTRAINED: Final = -100
"""The label of a token that no loss is computed on."""
PLACE: Final = "place"

Collator = Callable[[list[dict[str, Any]]], "dict[str, torch.Tensor]"]


class Batched(NamedTuple):
    """One sequence of a batch, as the model would see it."""

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    """The token itself where it is learned, else `UNTRAINED`."""
    trained_padding: int = 0
    """Positions of padding that a loss would be computed on."""


class Setup(NamedTuple):
    """How rows are batched."""

    tokenizer: "PreTrainedTokenizerFast"
    max_length: int | None
    assistant_only: bool = False
    """The loss of `assistant_only_loss=True`: all assistant turns of a dialogue, found by the template's generation marks."""
    collator: Collator | None = None
    """Collator of demonstrations; None: TRL's."""


def training_template(setup: Setup) -> str | None:
    """Return the template that SFTTrainer puts in place of the tokenizer's; None: it keeps that one.

    Raises:
        ValueError: the assistant turns are to be found, the template marks none, and TRL has no marked version of it.
    """
    from trl.chat_template_utils import get_training_chat_template, has_generation_markers

    template = setup.tokenizer.chat_template
    if not setup.assistant_only or not template or has_generation_markers(cast("str", template)):
        return None
    return cast("str | None", get_training_chat_template(setup.tokenizer))


def collate_demonstrations(rows: Sequence[dict[str, Any]], setup: Setup) -> dict[int, Batched]:
    """Return the tensors of SFTTrainer by place of the row; a row that it leaves out is absent.

    Args:
        rows: of one layout: `prompt` and `completion`, `messages`, or `text`.
        setup: tokenizer and settings.

    Raises:
        RuntimeError: a row has no assistant token under `assistant_only`.
        ValueError: see `training_template`.
    """
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling, SFTTrainer

    stand_in = SimpleNamespace(
        _tokenizer=setup.tokenizer, chat_template=training_template(setup), completion_only_loss="prompt" in rows[0]
    )
    options = _options(SFTConfig, max_length=setup.max_length, assistant_only_loss=setup.assistant_only, shuffle_dataset=False)
    with _quiet():
        prepared = list(
            cast("Any", SFTTrainer)._prepare_dataset(
                stand_in, _numbered(rows), setup.tokenizer, options, packing=False, formatting_func=None, dataset_name="sample"
            )
        )
    if not prepared:
        return {}
    batch = (setup.collator or DataCollatorForLanguageModeling(pad_token_id=_padding(setup)))(
        [{"input_ids": row["input_ids"], "labels": row["labels"]} for row in prepared]
    )
    sequences = _sequences(batch["input_ids"], batch["labels"], batch["attention_mask"])
    return {row[PLACE]: sequence for row, sequence in zip(prepared, sequences, strict=True)}


def collate_pairs(rows: Sequence[dict[str, Any]], setup: Setup) -> dict[int, tuple[Batched, Batched]]:
    """Return the tensors of DPOTrainer, chosen and rejected, by place of the pair; a pair that it leaves out is absent."""
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DataCollatorForPreference, DPOTrainer

    options = _options(DPOConfig, max_length=setup.max_length)
    with _quiet():
        stand_in = SimpleNamespace(_tokenizer=setup.tokenizer)
        prepared = list(cast("Any", DPOTrainer)._prepare_dataset(stand_in, _numbered(rows), setup.tokenizer, options, "sample"))
    if not prepared:
        return {}
    batch = DataCollatorForPreference(_padding(setup), options.max_length, options.truncation_mode)(prepared)
    ids, mask = batch["input_ids"], batch["completion_mask"]
    sequences = _sequences(ids, ids.masked_fill(mask == 0, UNTRAINED), batch["attention_mask"])
    halves = zip(sequences[: len(prepared)], sequences[len(prepared) :], strict=True)
    return {row[PLACE]: pair for row, pair in zip(prepared, halves, strict=True)}


def _numbered(rows: Sequence[dict[str, Any]]) -> Any:
    from datasets import Dataset

    return Dataset.from_list([{**row, PLACE: place} for place, row in enumerate(rows)])


def _options(config: type, **own: object) -> Any:
    """Return TRL's own defaults as plain values: its configuration itself would look for devices."""
    return SimpleNamespace(**({field.name: field.default for field in fields(config)} | own))


def _padding(setup: Setup) -> int:
    """Return the token that pads, chosen as TRL does."""
    pad = setup.tokenizer.pad_token_id
    return cast("int", setup.tokenizer.eos_token_id if pad is None else pad)


def _sequences(ids: "torch.Tensor", labels: "torch.Tensor", attention: "torch.Tensor") -> list[Batched]:
    found = []
    for row_ids, row_labels, row_attention in zip(ids, labels, attention, strict=True):
        real = row_attention.bool()
        on_padding = int((row_labels[~real] != UNTRAINED).sum())
        found.append(Batched(tuple(row_ids[real].tolist()), tuple(row_labels[real].tolist()), on_padding))
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep bars and warnings of the preparation from the terminal: the checks say what it warns of, with rows."""
    from datasets.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    logs = [logging.getLogger(name) for name in ("trl", "transformers")]
    levels, had_bars = [log.level for log in logs], not are_progress_bars_disabled()
    for log in logs:
        log.setLevel(logging.ERROR)
    disable_progress_bars()
    try:
        yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)
        if had_bars:
            enable_progress_bars()
