"""Preference optimization on a tiny model: what it starts from, what its reference is, what it leaves behind."""

import math
from pathlib import Path
from typing import Any

import pytest

from reports.errors import MissingError, UsageError
from reports.progress import ProgressLog
from reports.records.run import StageResult
from tests.trainers.tiny_run import TinyRun, make_tiny_run
from trainers import dpo, sft

pytestmark = pytest.mark.training

OPTIONS = {"num_train_epochs": "2", "learning_rate": "0.01"}


def train_both(tiny: TinyRun) -> StageResult:
    sft.train(tiny.run, tiny.plan, tiny.stage("sft"), ProgressLog(tiny.run))
    return dpo.train(tiny.run, tiny.plan, tiny.stage("dpo"), ProgressLog(tiny.run))


def build(tiny: TinyRun) -> Any:
    return dpo.build(tiny.run, tiny.plan, tiny.stage("dpo"))


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    loaded: dict[str, Any] = load_file(folder / "adapter_model.safetensors")
    return loaded


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    return make_tiny_run(tmp_path_factory.mktemp("chain"), rows=32, overrides=OPTIONS)


@pytest.fixture(scope="module")
def trained(chain: TinyRun) -> StageResult:
    return train_both(chain)


def test_policy_and_reference_are_equal_at_the_start(trained: StageResult) -> None:
    assert trained.values["eval_loss_before"] == pytest.approx(math.log(2), abs=1e-6)


def test_training_widens_the_margin_on_held_out_pairs(trained: StageResult) -> None:
    margin, loss = trained.values["eval_rewards/margins"], trained.values["eval_loss"]
    assert margin is not None and margin > 0.1
    assert loss is not None and loss < math.log(2)


def test_the_reference_is_the_adapter_of_the_stage_before(trained: StageResult, chain: TinyRun) -> None:
    before = weights(chain.run.adapter("1-sft"))
    model = build(chain).model
    frozen = {name: weight for name, weight in model.named_parameters() if ".ref." in name}
    assert len(frozen) == len(before)
    for name, weight in frozen.items():
        assert not weight.requires_grad
        assert (weight == before[name.replace(".ref.", ".")]).all()


def test_only_the_continued_adapter_is_saved_and_it_changed(trained: StageResult, chain: TinyRun) -> None:
    assert [path.name for path in chain.run.adapter("2-dpo").rglob("adapter_model.safetensors")] == ["adapter_model.safetensors"]
    before, after = weights(chain.run.adapter("1-sft")), weights(chain.run.adapter("2-dpo"))
    assert before.keys() == after.keys()
    assert any(not (before[name] == after[name]).all() for name in before)


def test_the_frozen_copy_is_not_counted_as_part_of_the_model(trained: StageResult, chain: TinyRun) -> None:
    first = chain.run.stage_result("1-sft")
    assert first is not None
    assert trained.values["parameters"] == first.values["parameters"]


def test_the_last_adapter_on_the_untouched_base_is_the_trained_policy(trained: StageResult, chain: TinyRun) -> None:
    import torch

    from evals.models import load_base, load_candidate

    candidate, base = load_candidate(chain.plan.model, chain.run.adapter("2-dpo")), load_base(chain.plan.model)
    tokens = torch.arange(5, 15)[None]
    with torch.no_grad(), candidate.disable_adapter():
        assert torch.equal(candidate(tokens).logits, base(tokens).logits)


def test_without_a_stage_before_the_reference_is_the_base(tmp_path: Path) -> None:
    tiny = make_tiny_run(tmp_path, "dpo", rows=8, overrides=OPTIONS)
    trainer = build(tiny)
    assert list(trainer.model.peft_config) == ["default"]
    assert trainer.ref_model is None
    result = dpo.train(tiny.run, tiny.plan, tiny.stage("dpo"), ProgressLog(tiny.run))
    assert result.values["eval_loss_before"] == pytest.approx(math.log(2), abs=1e-6)


def test_all_weights_go_on_from_the_model_of_the_stage_before(tmp_path: Path) -> None:
    tiny = make_tiny_run(tmp_path, rows=8, parameters="full", overrides={"num_train_epochs": "1"})
    result = train_both(tiny)
    assert result.values["eval_loss_before"] == pytest.approx(math.log(2), abs=1e-6)
    assert (tiny.run.adapter("2-dpo") / "model.safetensors").is_file()


@pytest.mark.parametrize("messages", [True, False])
def test_both_answers_end_with_the_end_token_and_prompts_are_masked(tmp_path: Path, messages: bool) -> None:
    trainer = build(make_tiny_run(tmp_path, "dpo", rows=4, messages=messages))
    tokenizer, batch = trainer.processing_class, next(iter(trainer.get_train_dataloader()))
    for ids, mask in zip(batch["input_ids"], batch["completion_mask"], strict=True):
        answer = ids[mask.bool()].tolist()
        assert answer[-1] == tokenizer.eos_token_id
        assert "Write about" not in tokenizer.decode(answer)


def test_an_adapter_setting_of_the_users_that_would_be_ignored_is_refused(trained: StageResult, chain: TinyRun) -> None:
    from msgspec.structs import replace

    from trainers.overrides import with_overrides

    stage = chain.stage("dpo")
    other = replace(stage, choices=with_overrides(stage.choices, {"lora_r": "64"}))
    with pytest.raises(UsageError, match="lora_r = 64, but this stage continues the adapter of 1-sft, which has 4"):
        dpo.build(chain.run, chain.plan, other)


def test_a_missing_stage_before_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="2-dpo continues the adapter of 1-sft, which is not there"):
        build(make_tiny_run(tmp_path, rows=4))
