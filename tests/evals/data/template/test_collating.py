"""The batches are those of the trainers themselves, built with a model."""

from pathlib import Path
from typing import Any

import pytest

from evals.data.examples import Example
from evals.data.template.collating import UNTRAINED, Batched, Setup, collate_demonstrations, collate_pairs
from evals.models import load_base
from tests.evals.data.rows import example
from tests.evals.data.template.tokenizers import MARKED, dialogues, load, pairs, texts

LENGTH = 64
OPTIONS: dict[str, Any] = {"max_length": LENGTH, "report_to": "none", "use_cpu": True, "bf16": False}


def unpadded(ids: Any, labels: Any, attention: Any) -> set[Batched]:
    """Return the sequences of a trainer's batch, whatever their order."""
    return {
        Batched(tuple(row[real.bool()].tolist()), tuple(label[real.bool()].tolist()))
        for row, label, real in zip(ids, labels, attention, strict=True)
    }


@pytest.mark.parametrize(
    ("rows", "assistant_only"),
    [(texts(5), False), (dialogues(5), False), (dialogues(5), True)],
    ids=["texts", "messages", "assistant only"],
)
def test_demonstrations_are_batched_as_by_the_trainer(
    folder: Path, tmp_path: Path, rows: list[Example], assistant_only: bool
) -> None:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    tokenizer = load(folder, MARKED)
    given: list[dict[str, Any]] = [
        {"messages": [*row.fields["prompt"], *row.fields["completion"]]} if assistant_only else dict(row.fields) for row in rows
    ]
    trainer = SFTTrainer(
        model=load_base(str(folder)),
        args=SFTConfig(str(tmp_path), per_device_train_batch_size=5, assistant_only_loss=assistant_only, **OPTIONS),
        train_dataset=Dataset.from_list(given),
        processing_class=tokenizer,
    )
    batch = next(iter(trainer.get_train_dataloader()))

    found = collate_demonstrations(given, Setup(tokenizer, LENGTH, assistant_only))

    assert set(found.values()) == unpadded(batch["input_ids"], batch["labels"], batch["attention_mask"])


def test_pairs_are_batched_as_by_the_trainer(folder: Path, tmp_path: Path) -> None:
    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    tokenizer = load(folder)
    overlong = example({"prompt": [{"role": "user", "content": "tea " * 99}], "chosen": [{"role": "assistant", "content": "A"}],
                        "rejected": [{"role": "assistant", "content": "B"}]}, 9)  # fmt: skip
    rows = [*pairs(4), overlong]
    given = [dict(row.fields) for row in rows]
    trainer = DPOTrainer(
        model=load_base(str(folder)),
        args=DPOConfig(str(tmp_path), per_device_train_batch_size=4, **OPTIONS),
        train_dataset=Dataset.from_list(given),
        processing_class=tokenizer,
    )
    batch = next(iter(trainer.get_train_dataloader()))
    labels = batch["input_ids"].masked_fill(batch["completion_mask"] == 0, UNTRAINED)

    found = collate_pairs(given, Setup(tokenizer, LENGTH))

    assert sorted(found) == [0, 1, 2, 3]
    assert {one for pair in found.values() for one in pair} == unpadded(batch["input_ids"], labels, batch["attention_mask"])


def test_nothing_is_written_to_the_terminal(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    collate_demonstrations([dict(row.fields) for row in texts(3)], Setup(load(folder), 8))

    assert capfd.readouterr() == ("", "")
