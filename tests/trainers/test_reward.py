"""The reward model: learns which answer was chosen, and its accuracy is counted pair by pair."""

from pathlib import Path
from typing import Any

import pytest

from reports.errors import MissingError
from reports.progress import ProgressLog
from reports.records.run import StageResult
from tests.trainers.tiny_run import TinyRun, make_tiny_run
from trainers import reward

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    options = {"num_train_epochs": "4", "learning_rate": "0.01", "gradient_accumulation_steps": "1"}
    return make_tiny_run(tmp_path_factory.mktemp("reward"), "dpo", rows=48, overrides=options)


@pytest.fixture(scope="module")
def trained(tiny: TinyRun) -> StageResult:
    return reward.train(tiny.run, tiny.plan, tiny.stage("reward"), ProgressLog(tiny.run))


def test_it_learns_to_prefer_the_chosen_answer(trained: StageResult) -> None:
    accuracy = trained.values["eval_accuracy"]
    assert accuracy is not None and accuracy >= 0.8
    assert trained.values["eval_pairs"] == 10


def test_it_is_the_judge_of_the_run(trained: StageResult, tiny: TinyRun) -> None:
    assert trained == tiny.run.stage_result("judge")
    assert tiny.run.adapter("judge") == tiny.run.path / "evals" / "judge" / "adapter"
    assert tiny.run.stage_metrics("judge").read()


def test_adapter_and_head_load_again_and_score_as_when_trained(trained: StageResult, tiny: TinyRun) -> None:
    import torch
    from peft import PeftModel

    from trainers.adapters import load_scorer

    model = PeftModel.from_pretrained(load_scorer(tiny.plan), str(tiny.run.adapter("judge"))).eval()
    trainer: Any = reward.build(tiny.run, tiny.plan, tiny.stage("reward"))
    model.config.pad_token_id = trainer.processing_class.pad_token_id
    right = 0
    with torch.no_grad():
        for batch in trainer.get_eval_dataloader():
            chosen, rejected = model(**batch).logits.squeeze(-1).chunk(2)
            right += int((chosen > rejected).sum())
    assert right / 10 == trained.values["eval_accuracy"]


def test_a_score_does_not_depend_on_padding(trained: StageResult, tiny: TinyRun) -> None:
    import torch

    trainer: Any = reward.build(tiny.run, tiny.plan, tiny.stage("reward"))
    model, pad = trainer.model.eval(), trainer.processing_class.pad_token_id
    row = torch.tensor([trainer.eval_dataset[0]["chosen_ids"]])
    padded = torch.cat([row, torch.full((1, 7), pad)], dim=1)
    with torch.no_grad():
        alone = model(input_ids=row).logits
        beside = model(input_ids=padded, attention_mask=(padded != pad).long()).logits
    assert torch.allclose(alone, beside, atol=1e-5)


def test_pairs_longer_than_the_limit_are_counted_as_left_out(tmp_path: Path) -> None:
    tiny = make_tiny_run(tmp_path, "dpo", rows=24, overrides={"num_train_epochs": "1"})
    stage = tiny.stage("reward")
    trainer: Any = reward.build(tiny.run, tiny.plan, stage)
    longest = sorted(max(len(row["chosen_ids"]), len(row["rejected_ids"])) for row in trainer.train_dataset)
    cut = make_tiny_run(tmp_path / "cut", "dpo", rows=24, overrides={"num_train_epochs": "1", "max_length": str(longest[12])})
    result = reward.train(cut.run, cut.plan, cut.stage("reward"), ProgressLog(cut.run))
    kept = sum(length <= longest[12] for length in longest)
    assert result.values["rows"] == kept < 24
    assert any(f"{24 - kept} of 24 rows are left out" in event.message for event in cut.run.events.read())


def test_a_base_without_a_reward_head_is_named(tmp_path: Path) -> None:
    import json

    tiny = make_tiny_run(tmp_path, "dpo", rows=4)
    config = tmp_path / "model" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "model_type": "bitnet"}))
    with pytest.raises(MissingError, match="no reward model can be built on this base"):
        reward.build(tiny.run, tiny.plan, tiny.stage("reward"))
