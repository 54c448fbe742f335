"""Rows as the trainer of any method tokenized and collates them, in one form."""

from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from trainers.preflight.subject import Subject

if TYPE_CHECKING:
    import torch

LOOKED_AT: Final = 200
"""Rows that are looked at; the first of a shuffled split stand for all."""
UNTRAINED: Final = -100
BRANCHES: Final = ("chosen", "rejected", "completion")


class Branch(NamedTuple):
    """One answer of a row, as it was tokenized."""

    name: str
    ids: tuple[int, ...]
    """Prompt and answer."""
    learned: tuple[int, ...]
    """The tokens of the answer that the loss is taken over."""


class Collated(NamedTuple):
    """A batch as the model gets it."""

    ids: "torch.Tensor"
    attention: "torch.Tensor"
    labels: "torch.Tensor | None"
    """None where no loss is taken over tokens."""


def first_rows(subject: Subject, count: int = LOOKED_AT) -> list[dict[str, Any]]:
    """Return the first tokenized rows."""
    return list(islice(subject.trainer.train_dataset, count))


def branches_of(row: dict[str, Any]) -> list[Branch]:
    """Return the answers of a row; none where the model samples its own."""
    if "input_ids" in row:
        labels = row.get("labels") or row["input_ids"]
        return [Branch("completion", tuple(row["input_ids"]), _learned(labels))]
    found = []
    for name in BRANCHES:
        if f"{name}_labels" in row:
            found.append(Branch(name, tuple(row[f"{name}_input_ids"]), _learned(row[f"{name}_labels"])))
        elif f"{name}_ids" in row:
            answer = row[f"{name}_ids"]
            found.append(Branch(name, (*row.get("prompt_ids", ()), *answer), tuple(answer)))
    return found


def _learned(labels: list[int]) -> tuple[int, ...]:
    return tuple(label for label in labels if label != UNTRAINED)


def length_of(row: dict[str, Any]) -> int:
    """Return the tokens of the longest answer of a row with its prompt; of a prompt alone, its characters."""
    return max((len(branch.ids) for branch in branches_of(row)), default=len(str(row["prompt"])) if "prompt" in row else 0)


def short_rows(subject: Subject, count: int) -> list[dict[str, Any]]:
    """Return the shortest of the first rows, in their order: enough to look at, and cheap on any model."""
    rows = first_rows(subject, 64)
    places = sorted(range(len(rows)), key=lambda place: length_of(rows[place]))[:count]
    return [rows[place] for place in sorted(places)]


def collate(subject: Subject, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Batch rows with the trainer's own collator, on the trainer's device."""
    batch = subject.trainer.data_collator(rows)
    device = subject.trainer.accelerator.device
    return {name: value.to(device) if hasattr(value, "to") else value for name, value in batch.items()}


def collated(subject: Subject, rows: list[dict[str, Any]]) -> Collated:
    """Return one batch in the common form: of pairs both halves, of ORPO the chosen ones; prompts where answers are sampled."""
    if subject.needs.samples:
        return _prompts(subject, rows)
    batch = collate(subject, rows)
    if "chosen_labels" in batch:
        return Collated(batch["chosen_input_ids"], batch["chosen_attention_mask"], batch["chosen_labels"])
    ids = batch["input_ids"]
    attention = batch.get("attention_mask", ids.new_ones(ids.shape))
    labels = batch.get("labels")
    if labels is None and "completion_mask" in batch:
        labels = ids.masked_fill(batch["completion_mask"] == 0, UNTRAINED)
    return Collated(ids, attention, labels)


def _prompts(subject: Subject, rows: list[dict[str, Any]]) -> Collated:
    tokenizer = subject.trainer.processing_class
    prompts = [row["prompt"] for row in rows]
    if isinstance(prompts[0], str):
        batch = tokenizer(prompts, padding=True, return_tensors="pt")
    else:
        texts = tokenizer.apply_chat_template(prompts, tokenize=False, add_generation_prompt=True)
        batch = tokenizer(texts, padding=True, add_special_tokens=False, return_tensors="pt")
    batch = batch.to(subject.trainer.accelerator.device)
    return Collated(batch["input_ids"], batch["attention_mask"], None)
