"""Each check of the trainer's model sees its planted fault, and gives the trainer back as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reports.records.plan import Method
from tests.trainers.preflight.conftest import Built
from tests.trainers.preflight.looking import build, of_trainer, tiny_of
from tests.trainers.tiny_run import make_tiny_run
from trainers.preflight.untouched import untouched

pytestmark = pytest.mark.training


def look(one: Built, code: str) -> Any:
    return of_trainer(one.tiny, one.method, one.trainer, code)


@contextmanager
def frozen(trainer: Any) -> Iterator[None]:
    """Let no weight be trained while the block runs."""
    trained = [weight for weight in trainer.model.parameters() if weight.requires_grad]
    for weight in trained:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in trained:
            weight.requires_grad_(True)


@contextmanager
def shifted(trainer: Any, by: float, part: str) -> Iterator[None]:
    """Change the weights of a part while the block runs."""
    import torch

    found = [weight for name, weight in trainer.model.named_parameters() if part in name]
    before = [weight.detach().clone() for weight in found]
    assert found
    with torch.no_grad():
        for weight in found:
            weight.add_(by)
    try:
        yield
    finally:
        with torch.no_grad():
            for weight, value in zip(found, before, strict=True):
                weight.copy_(value)


def test_a_setting_that_the_trainer_overrules_is_found(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(built["kto"].trainer.args, "beta", 0.7)
    assert "beta is 0.7, planned was 0.1" in look(built["kto"], "PRE301").because


def test_no_trained_weight_and_a_full_model_for_an_adapter_are_found(built: dict[str, Built], tmp_path: Path) -> None:
    one = built["sft"]
    with frozen(one.trainer):
        assert look(one, "PRE302").because.startswith("0 of")
    whole = make_tiny_run(tmp_path, "sft", rows=8, parameters="full")
    found = of_trainer(one.tiny, "sft", build(whole, "sft"), "PRE302")
    assert "an adapter was planned" in found.because


def test_weights_that_are_no_numbers_are_found(built: dict[str, Built]) -> None:
    with shifted(built["sft"].trainer, float("nan"), "norm"):
        assert look(built["sft"], "PRE303").state == "fail"


@pytest.mark.parametrize("method", ["dpo", "kto", "grpo"])
def test_a_policy_that_does_not_start_at_its_reference_is_found(built: dict[str, Built], method: Method) -> None:
    with shifted(built[method].trainer, 0.1, "lora_B"):
        assert look(built[method], "PRE304").state == "fail"


def test_a_policy_that_does_not_move_and_a_loss_that_sticks_are_found(
    built: dict[str, Built], monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainers.preflight import forward

    monkeypatch.setattr(forward, "take_step", lambda model, rate: 0)
    assert look(built["dpo"], "PRE305").state == "fail"
    found = look(built["dpo"], "PRE306")
    assert found.state == "fail"
    assert "0.69315 before and 0.69315 after" in found.because


def test_weights_without_a_gradient_are_told(built: dict[str, Built]) -> None:
    import torch

    model = built["sft"].trainer.model
    model.register_parameter("idle", torch.nn.Parameter(torch.zeros(2)))
    try:
        assert "1 trained tensors get no gradient" in look(built["sft"], "PRE305").because
    finally:
        del model._parameters["idle"]


def test_a_loss_that_depends_on_the_size_of_batches_is_found(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch) -> None:
    one = built["sft"]
    right = one.trainer.compute_loss
    monkeypatch.setattr(one.trainer, "compute_loss", lambda model, batch, **_: right(model, batch))
    found = look(one, "PRE307")
    assert found.state == "warn"
    assert found.value > 0.5


@pytest.mark.parametrize("method", ["reward", "dpo"])
def test_padding_that_is_read_as_text_is_found(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch, method: Method) -> None:
    one = built[method]
    collator = one.trainer.data_collator

    def elsewhere(rows: list[dict[str, Any]]) -> Any:
        """Pad on another side than the mask says."""
        batch = collator(rows)
        return {**batch, "input_ids": batch["input_ids"].roll(1, dims=1)} if len(rows) > 1 else batch

    monkeypatch.setattr(one.trainer, "data_collator", elsewhere)
    assert look(one, "PRE308").state == "fail"


def test_a_scorer_that_does_not_know_its_padding_is_found(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch) -> None:
    one = built["reward"]
    monkeypatch.setattr(one.trainer.model.config, "pad_token_id", None)
    assert look(one, "PRE309").state == "fail"
    monkeypatch.undo()
    monkeypatch.setattr(one.trainer.processing_class, "pad_token", one.trainer.processing_class.eos_token)
    monkeypatch.setattr(one.trainer.model.config, "pad_token_id", one.trainer.processing_class.eos_token_id)
    assert look(one, "PRE309").state == "warn"


def test_dropout_beside_a_reference_is_found(built: dict[str, Built]) -> None:
    import torch

    one = built["grpo"]
    layers = [module for name, module in one.trainer.model.named_modules() if name.endswith("lora_dropout")]
    before = [layer["default"] for layer in layers]
    with shifted(one.trainer, 0.1, "lora_B"):
        for layer in layers:
            layer["default"] = torch.nn.Dropout(0.5)
        try:
            assert look(one, "PRE311").state == "fail"
        finally:
            for layer, module in zip(layers, before, strict=True):
                layer["default"] = module


def test_new_tokens_that_would_not_be_saved_are_found(tmp_path: Path) -> None:
    tiny = tiny_of(tmp_path, "sft", rows=8)
    trainer = build(tiny, "sft")
    trainer.processing_class.add_tokens(["<new>"])
    assert "321 tokens in the tokenizer" in of_trainer(tiny, "sft", trainer, "PRE312").because
    trainer.model.base_model.model.resize_token_embeddings(321)
    found = of_trainer(tiny, "sft", trainer, "PRE312")
    assert (found.state, "modules_to_save" in found.fix) == ("fail", True)
    trainer.model.peft_config["default"].modules_to_save = ["embed_tokens", "lm_head"]
    assert of_trainer(tiny, "sft", trainer, "PRE312").state == "pass"


def test_packed_rows_that_see_each_other_are_found(tmp_path: Path) -> None:
    tiny = make_tiny_run(tmp_path, "sft", rows=8, overrides={"packing": "true", "max_length": "64"})
    trainer = build(tiny, "sft")
    assert of_trainer(tiny, "sft", trainer, "PRE310").state == "pass"
    collator = trainer.data_collator

    def borderless(rows: list[dict[str, Any]]) -> Any:
        batch = collator(rows)
        batch["position_ids"] = batch["input_ids"].cumsum(1).new_ones(batch["input_ids"].shape).cumsum(1) - 1
        return batch

    trainer.data_collator = borderless
    found = of_trainer(tiny, "sft", trainer, "PRE310")
    assert (found.state, found.blocking) == ("fail", True)


def test_memory_that_runs_out_on_the_longest_rows_is_found(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch) -> None:
    one = built["sft"]
    assert look(one, "PRE313").state == "pass"

    def full(*_: object, **__: object) -> None:
        raise RuntimeError("CUDA out of memory. Tried to allocate 9 GiB")

    monkeypatch.setattr(one.trainer, "compute_loss", full)
    found = look(one, "PRE313")
    assert found.state == "fail"
    assert "gradient_accumulation_steps" in found.fix


def test_a_peak_beyond_the_estimate_is_told(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch) -> None:
    from trainers.preflight import costly

    monkeypatch.setattr(costly, "_peak_bytes", lambda subject, rows: 2.0**33)
    found = look(built["sft"], "PRE313")
    assert (found.state, found.value) == ("warn", 8.0)


def test_sampling_that_differs_from_training_is_found(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch) -> None:
    one = built["grpo"]
    assert look(one, "PRE314").state == "pass"
    generate = one.trainer.model.generate

    def hotter(**options: Any) -> Any:
        found = generate(**options)
        found.logits = tuple(step / 2 for step in found.logits)
        return found

    monkeypatch.setattr(one.trainer.model, "generate", hotter)
    assert look(one, "PRE314").state == "fail"


def test_answers_that_are_cut_are_told(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    one = built["grpo"]
    assert look(one, "PRE315").state == "warn"
    generate, end = one.trainer.model.generate, one.trainer.processing_class.eos_token_id

    def ending(**options: Any) -> Any:
        found = generate(**options)
        found.sequences = torch.cat([found.sequences[:, :-1], torch.full((len(found.sequences), 1), end)], dim=1)
        return found

    monkeypatch.setattr(one.trainer.model, "generate", ending)
    assert look(one, "PRE315").state == "pass"


def test_a_trainer_is_given_back_as_it_was(built: dict[str, Built]) -> None:
    import random

    import torch

    trainer = built["dpo"].trainer
    weights = {name: weight.detach().clone() for name, weight in trainer.model.named_parameters()}
    counted, drawn, mode = dict(trainer._metrics["train"]), torch.get_rng_state(), trainer.model.training
    own = random.getstate()
    look(built["dpo"], "PRE305")
    with untouched(trainer):
        torch.rand(3), random.random(), trainer.model.eval()
    assert all(torch.equal(weight, weights[name]) for name, weight in trainer.model.named_parameters())
    assert dict(trainer._metrics["train"]) == counted
    assert torch.equal(torch.get_rng_state(), drawn) and random.getstate() == own
    assert trainer.model.training is mode
    assert all(weight.grad is None for weight in trainer.model.parameters())
