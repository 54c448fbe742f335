"""Supervised fine-tuning on a tiny model: what is learned from, what is configured, what is left behind."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from reports.errors import BlockedError, DataError, MissingError, StageError, UsageError
from reports.progress import ProgressLog
from reports.records.plan import Acceptance
from reports.records.run import StageResult
from tests.evals.tiny import TEMPLATE
from tests.trainers.tiny_run import TinyRun, make_tiny_run, write_rows
from trainers import sft
from trainers.overrides import RESERVED

pytestmark = pytest.mark.training

ONE_EPOCH = {"num_train_epochs": "1"}


def train(tiny: TinyRun) -> StageResult:
    return sft.train(tiny.run, tiny.plan, tiny.stage("sft"), ProgressLog(tiny.run))


def build(tiny: TinyRun) -> Any:
    return sft.build(tiny.run, tiny.plan, tiny.stage("sft"))


def first_batch(trainer: Any) -> dict[str, Any]:
    batch: dict[str, Any] = next(iter(trainer.get_train_dataloader()))
    return batch


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    return make_tiny_run(
        tmp_path_factory.mktemp("sft"), "sft", rows=16, overrides={"num_train_epochs": "3", "learning_rate": "0.01"}
    )


@pytest.fixture(scope="module")
def trained(tiny: TinyRun) -> StageResult:
    return train(tiny)


@pytest.mark.parametrize("messages", [True, False])
def test_the_end_token_is_learned_and_the_prompt_is_not(tmp_path: Path, messages: bool) -> None:
    trainer = build(make_tiny_run(tmp_path, "sft", rows=4, messages=messages))
    tokenizer, batch = trainer.processing_class, first_batch(trainer)
    for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
        learned = [label for label in labels if label != -100]
        assert learned[-1] == tokenizer.eos_token_id
        assert "Write about" not in tokenizer.decode(learned)
        assert "Write about" in tokenizer.decode([token for token, label in zip(ids, labels, strict=True) if label == -100])


def test_padding_is_neither_read_nor_learned(tmp_path: Path) -> None:
    tiny = make_tiny_run(tmp_path, "sft", rows=4)
    words = [
        {"prompt": [{"role": "user", "content": "Go"}], "completion": [{"role": "assistant", "content": "on " * n}]}
        for n in (1, 9, 3, 5)
    ]
    write_rows(tiny.run.split("sft_train"), words)
    trainer = build(tiny)
    batch = first_batch(trainer)
    padding = batch["input_ids"] == trainer.processing_class.pad_token_id
    assert padding.any()
    assert (batch["labels"][padding] == -100).all()
    assert (batch["attention_mask"][padding] == 0).all()


def test_a_template_that_never_ends_an_answer_is_told(tmp_path: Path) -> None:
    tiny = make_tiny_run(tmp_path, "sft", rows=4, overrides=ONE_EPOCH)
    template = TEMPLATE.replace("{{ eos_token }}", "")
    (tmp_path / "model" / "chat_template.jinja").write_text(template)
    with pytest.raises(BlockedError, match="TMPL002"):
        train(tiny)
    accepted = Acceptance(code="TMPL002", because="stops at a newline")
    assert train(tiny._replace(plan=replace(tiny.plan, accepted=(accepted,)))).steps
    assert any("end token" in event.message for event in tiny.run.events.read() if event.kind == "warning")


def test_training_lowers_the_held_out_loss(trained: StageResult) -> None:
    after, before = trained.values["eval_loss"], trained.values["eval_loss_before"]
    assert after is not None and before is not None
    assert after < before - 0.3


def test_the_result_holds_the_figures_of_the_stage(trained: StageResult, tiny: TinyRun) -> None:
    assert (trained.stage, trained.method, trained.steps) == ("1-sft", "sft", 12)
    assert trained == tiny.run.stage_result("1-sft")
    assert trained.values["rows"] == 16
    for name in ("train_loss", "tokens", "tokens_per_second", "trainable_parameters", "parameters", "peak_memory_gib"):
        value = trained.values[name]
        assert value is not None and value > 0, name


def test_every_step_and_every_evaluation_is_on_the_curve(trained: StageResult, tiny: TinyRun) -> None:
    points = {point.step: point.values for point in tiny.run.stage_metrics("1-sft").read()}
    assert [step for step, values in points.items() if "loss" in values] == list(range(1, 13))
    assert {0, 3, 6, 9, 12} == {step for step, values in points.items() if "eval_loss" in values}


def test_the_adapter_loads_on_the_base_and_is_gone_when_off(trained: StageResult, tiny: TinyRun) -> None:
    import torch

    from evals.models import load_base, load_candidate

    candidate, base = load_candidate(tiny.plan.model, tiny.run.adapter("1-sft")), load_base(tiny.plan.model)
    tokens = torch.arange(5, 15)[None]
    with torch.no_grad():
        assert not torch.equal(candidate(tokens).logits, base(tokens).logits)
        with candidate.disable_adapter():
            assert torch.equal(candidate(tokens).logits, base(tokens).logits)


def test_no_pickle_is_left_in_the_run(trained: StageResult, tiny: TinyRun) -> None:
    suffixes = {path.suffix for path in tiny.run.stage("1-sft").rglob("*") if path.is_file()}
    assert suffixes == {".json", ".jsonl", ".safetensors", ".jinja"}


def test_the_seed_of_the_plan_decides_adapter_and_order(tmp_path: Path) -> None:
    import torch

    tiny = make_tiny_run(tmp_path, "sft", rows=8)
    first, second = build(tiny), build(tiny)
    weights = dict(second.model.named_parameters())
    assert all(torch.equal(weight, weights[name]) for name, weight in first.model.named_parameters())
    assert torch.equal(first_batch(first)["input_ids"], first_batch(second)["input_ids"])


def test_all_weights_can_be_trained_and_load_as_a_model(tmp_path: Path) -> None:
    import torch

    from evals.models import load_base

    tiny = make_tiny_run(tmp_path, "sft", rows=8, parameters="full", overrides=ONE_EPOCH)
    result = train(tiny)
    assert result.values["trainable_parameters"] == result.values["parameters"]
    trained, base = load_base(str(tiny.run.adapter("1-sft"))), load_base(tiny.plan.model)
    assert not torch.equal(trained.lm_head.weight, base.lm_head.weight)


def test_what_tunegate_sets_is_what_cannot_be_overridden(tmp_path: Path) -> None:
    from trainers.stage import settings

    tiny = make_tiny_run(tmp_path, "sft")
    assert settings(tiny.run, tiny.plan, tiny.stage("sft")).keys() - {"per_device_eval_batch_size"} <= RESERVED.keys()


def test_the_choices_of_the_plan_reach_the_trainer(tmp_path: Path) -> None:
    tiny = make_tiny_run(tmp_path, "sft", overrides={"weight_decay": "0.25", "lr_scheduler_type": "linear", "save_steps": "7"})
    config: Any = sft.configure(tiny.run, tiny.plan, tiny.stage("sft"))
    assert (config.weight_decay, config.lr_scheduler_type, config.save_steps, config.bf16) == (0.25, "linear", 7, False)
    assert (config.seed, config.output_dir) == (tiny.plan.seed, str(tiny.run.checkpoints("1-sft")))


def test_an_option_that_trl_does_not_have_names_the_nearest(tmp_path: Path) -> None:
    tiny = make_tiny_run(tmp_path, "sft", overrides={"warmup_ratio": "0.1"})
    with pytest.raises(UsageError, match=r"1-sft: SFTConfig has no option 'warmup_ratio'. The nearest is 'warmup_steps'"):
        sft.configure(tiny.run, tiny.plan, tiny.stage("sft"))


def test_a_length_beyond_the_context_is_refused(tmp_path: Path) -> None:
    tiny = make_tiny_run(tmp_path, "sft", overrides={"max_length": "257"})
    with pytest.raises(UsageError, match="max_length = 257, but model reads 256 tokens at most"):
        sft.configure(tiny.run, tiny.plan, tiny.stage("sft"))


def test_a_value_that_trl_refuses_is_a_usage_error(tmp_path: Path) -> None:
    tiny = make_tiny_run(tmp_path, "sft", overrides={"lr_scheduler_type": "zigzag"})
    with pytest.raises(UsageError, match="zigzag"):
        sft.configure(tiny.run, tiny.plan, tiny.stage("sft"))


def test_rows_that_all_exceed_the_length_are_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no row fits into max_length = 4"):
        train(make_tiny_run(tmp_path, "sft", rows=4, overrides={"max_length": "4"}))


def test_training_goes_on_unwatched_where_no_held_out_row_fits(tmp_path: Path) -> None:
    tiny = make_tiny_run(tmp_path, "sft", rows=4, overrides={**ONE_EPOCH, "max_length": "64"})
    long = [{"role": "user", "content": "tea " * 90}]
    write_rows(tiny.run.split("sft_eval"), [{"prompt": long, "completion": [{"role": "assistant", "content": "on"}]}])
    result = train(tiny)
    assert "eval_loss" not in result.values
    assert any("not measured" in event.message for event in tiny.run.events.read())


def test_an_empty_split_is_a_data_error(tmp_path: Path) -> None:
    tiny = make_tiny_run(tmp_path, "sft", rows=4)
    write_rows(tiny.run.split("sft_train"), [])
    with pytest.raises(DataError, match="sft_train is empty"):
        train(tiny)


def test_a_loss_that_explodes_stops_the_stage_with_an_alarm(tmp_path: Path) -> None:
    options = {"learning_rate": "1e30", "max_grad_norm": "0", "num_train_epochs": "20", "warmup_steps": "0"}
    tiny = make_tiny_run(tmp_path, "sft", rows=16, overrides=options)
    accepted = Acceptance(code="PRE305", because="it is to explode")
    tiny = tiny._replace(plan=replace(tiny.plan, accepted=(accepted,)))
    with pytest.raises(StageError, match=r"loss became .* so training was stopped"):
        train(tiny)
    assert tiny.run.stage_result("1-sft") is None
    assert "alarm" in {event.kind for event in tiny.run.events.read()}
    assert tiny.run.stage_metrics("1-sft").read()[-1].step < 20


def test_qlora_without_a_gpu_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    tiny = make_tiny_run(tmp_path, "sft", rows=4, parameters="qlora")
    with pytest.raises(MissingError, match="there is no GPU"):
        train(tiny)
