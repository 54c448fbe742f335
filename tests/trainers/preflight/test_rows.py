"""Each check of rows as they are batched sees its planted fault."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from reports.records.plan import Method
from tests.evals.tiny import TEMPLATE
from tests.trainers.preflight.conftest import Built
from tests.trainers.preflight.looking import STRATEGIES, build, of_trainer, tiny_of
from tests.trainers.tiny_run import TinyRun, write_rows
from trainers.preflight.gate import trainer_checks
from trainers.preflight.subject import Subject

pytestmark = pytest.mark.training

LONG = [{"role": "user", "content": "tea " * 40}]


def look(one: Built, code: str, **given: Any) -> Any:
    return of_trainer(one.tiny, one.method, one.trainer, code, **given)


def retemplated(folder: Path, method: Method, template: str) -> TinyRun:
    """Return a tiny run whose model folder has another template."""
    tiny = tiny_of(folder, method, rows=8)
    (folder / "model" / "chat_template.jinja").write_text(template)
    return tiny


def with_length(tiny: TinyRun, method: Method, length: int) -> TinyRun:
    stages = tuple(
        replace(stage, choices=tuple(replace(c, value=length) if c.name == "max_length" else c for c in stage.choices))
        for stage in tiny.plan.stages
    )
    return tiny._replace(plan=replace(tiny.plan, stages=stages))


@pytest.mark.parametrize("method", list(STRATEGIES))
def test_a_healthy_stage_raises_nothing(built: dict[str, Built], method: Method) -> None:
    one = built[method]
    found = trainer_checks(Subject(one.tiny.run, one.tiny.plan, one.tiny.stage(method), trainer=one.trainer))
    assert {check.code: check.because for check in found if check.state not in ("pass", "skipped")} == {}


@pytest.mark.parametrize(
    ("code", "template", "state"),
    [
        ("TMPL002", TEMPLATE.replace("{{ eos_token }}", ""), "fail"),
        ("PRE202", TEMPLATE.replace("{{ eos_token }}", ""), "fail"),
        ("TMPL002", TEMPLATE.replace("{{ eos_token }}", "<|user|>"), "fail"),
        ("TMPL003", "{{ bos_token }}{{ bos_token }}" + TEMPLATE, "fail"),
        ("TMPL004", TEMPLATE.replace("'<|assistant|>'", "'<|system|>'"), "fail"),
    ],
    ids=["no end", "no end in the trainer's rows", "another end", "two begins", "another opening"],
)
def test_a_template_that_teaches_wrongly_is_found(tmp_path: Path, code: str, template: str, state: str) -> None:
    tiny = retemplated(tmp_path, "sft", template)
    assert of_trainer(tiny, "sft", build(tiny, "sft"), code).state == state


def test_a_mask_that_covers_nothing_is_found(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch) -> None:
    one = built["sft"]
    collator = one.trainer.data_collator

    def masked(rows: list[dict[str, Any]]) -> Any:
        batch = collator(rows)
        batch["labels"][0] = -100
        return batch

    monkeypatch.setattr(one.trainer, "data_collator", masked)
    assert look(one, "PRE203").state == "fail"
    assert look(one, "TMPL001").state == "fail"


def test_rows_that_are_left_out_are_counted(built: dict[str, Built]) -> None:
    assert look(built["sft"], "PRE201", rows_lost=1).state == "pass"
    found = look(built["sft"], "PRE201", rows_lost=16)
    assert (found.state, found.value) == ("warn", 0.5)


def test_pairs_that_a_cut_makes_equal_are_found(tmp_path: Path) -> None:
    tiny = with_length(tiny_of(tmp_path, "dpo", rows=8), "dpo", 40)
    rows = [
        {
            "prompt": [{"role": "user", "content": "Go."}],
            "chosen": [{"role": "assistant", "content": "on " * 60 + "gently"}],
            "rejected": [{"role": "assistant", "content": "on " * 60 + "LOUDLY"}],
        }
    ] * 8
    write_rows(tiny.run.split("pairs_train"), rows)
    found = of_trainer(tiny, "dpo", build(tiny, "dpo"), "PRE204")
    assert found.state == "fail"
    assert "8 of 8 pairs are equal after the cut" in found.because


def test_answers_that_lose_their_end_are_counted_per_branch(tmp_path: Path) -> None:
    tiny = with_length(tiny_of(tmp_path, "dpo", rows=8), "dpo", 64)
    rows = [
        {
            "prompt": [{"role": "user", "content": "Go."}],
            "chosen": [{"role": "assistant", "content": "calm"}],
            "rejected": [{"role": "assistant", "content": "LOUD " * 40}],
        }
    ] * 8
    write_rows(tiny.run.split("pairs_train"), rows)
    found = of_trainer(tiny, "dpo", build(tiny, "dpo"), "PRE204")
    assert found.state == "warn"
    assert "chosen 0%, rejected 100%" in found.because


def test_ratings_that_weigh_unequally_are_told(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch) -> None:
    one = built["kto"]
    monkeypatch.setattr(one.trainer.args, "desirable_weight", 3.0)
    found = look(one, "PRE205")
    assert (found.state, found.value) == ("warn", 3.0)


def test_a_column_that_no_reward_would_see_is_found(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch) -> None:
    one = built["grpo"]
    monkeypatch.setattr(one.trainer.args, "remove_unused_columns", True)
    assert "answer would not reach the rewards" in look(one, "PRE206").because
    monkeypatch.setattr(one.trainer.args, "remove_unused_columns", False)
    monkeypatch.setattr(one.trainer, "train_dataset", one.trainer.train_dataset.remove_columns("answer"))
    assert look(one, "PRE206").state == "fail"


def test_a_template_that_serving_would_not_use_is_found(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch) -> None:
    one = built["sft"]
    monkeypatch.setattr(one.trainer.processing_class, "chat_template", "Q: " + TEMPLATE)
    found = look(one, "PRE207")
    assert found.state == "fail"
    assert "chat_template.jinja" in found.fix
