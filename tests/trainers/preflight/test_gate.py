"""The preflight in a run: it stops, can be accepted, is written down, and changes no weight of the training."""

from importlib import import_module
from pathlib import Path

import pytest
from msgspec.structs import replace

from evals.data.acceptance import of_data
from reports.errors import BlockedError, UsageError
from reports.progress import ProgressLog
from reports.records.plan import Acceptance, Method
from reports.records.preflight import Preflight
from tests.trainers.preflight.looking import build, changed, tiny_of
from tests.trainers.test_resume import assert_same_training
from tests.trainers.tiny_run import TinyRun
from trainers import stage as stages
from trainers.preflight import gate
from trainers.preflight.gate import CODES, Planned, accepted_checks, check_plan
from trainers.preflight.whole import check_whole_plan

pytestmark = pytest.mark.training

METHODS: list[Method] = ["sft", "dpo", "kto", "orpo", "reward", "grpo"]


def train(tiny: TinyRun, method: Method) -> None:
    import_module(f"trainers.{method}").train(tiny.run, tiny.plan, tiny.stage(method), ProgressLog(tiny.run))


def tiny_for(folder: Path, method: Method) -> TinyRun:
    return tiny_of(folder, method, rows=16, overrides={"num_train_epochs": "1", "logging_steps": "1"})


@pytest.mark.parametrize("method", METHODS)
def test_training_after_a_preflight_is_bit_for_bit_that_without(
    tmp_path: Path, method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, plain = tiny_for(tmp_path / "a", method), tiny_for(tmp_path / "b", method)
    train(looked, method)
    monkeypatch.setattr(stages, "check_plan", lambda *_: Planned((), 0.0))
    monkeypatch.setattr(stages, "check_trainer", lambda *_: None)
    train(plain, method)
    assert looked.run.has(Preflight) and not plain.run.has(Preflight)
    assert_same_training(looked, plain, looked.stage(method))


def test_a_fault_stops_the_stage_until_somebody_accepts_it(tmp_path: Path) -> None:
    tiny = tiny_for(tmp_path, "dpo")
    stage = changed(tiny.stage("dpo"), {"sync_ref_model": True})
    with pytest.raises(BlockedError, match=r"PRE108: sync_ref_model .* --accept PRE108"):
        check_plan(tiny.run, tiny.plan, stage)
    accepted = replace(tiny.plan, accepted=(Acceptance(code="PRE108", because="a try", by="Ada"),))
    found = {check.code: check for check in check_plan(tiny.run, accepted, stage).checks}["PRE108"]
    assert (found.state, found.accepted_because, found.accepted_by) == ("fail", "a try", "Ada")


def test_what_is_found_is_written_with_its_reason_and_told(tmp_path: Path) -> None:
    tiny = tiny_for(tmp_path, "dpo")
    train(tiny, "dpo")
    found = tiny.run.read(Preflight).of("1-dpo")
    assert found is not None and not found.blockers()
    assert [check.code for check in found.checks if check.code.startswith("PRE")] == [code for code in CODES if code != "PRE200"]
    assert [check.code for check in found.findings] == ["PRE109"]
    assert any(event.data.get("code") == "PRE109" for event in tiny.run.events.read())


def test_an_accepted_code_that_is_none_names_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"PRE999: no check has this code\. Codes: PRE200"):
        accepted_checks((), [Acceptance(code="PRE999", because="x")])


def test_acceptances_of_other_checks_do_not_reach_the_data() -> None:
    every = tuple(Acceptance(code=code, because="x") for code in ("PRE305", "RWD011", "TMPL002", "DUP001"))
    assert [one.code for one in of_data(every)] == ["TMPL002", "DUP001"]


def test_codes_are_unique() -> None:
    assert len(set(CODES)) == len(CODES)


def test_a_whole_plan_is_looked_at_without_a_trace_in_the_run(tmp_path: Path) -> None:
    from tests.trainers.tiny_run import make_tiny_run

    tiny = make_tiny_run(tmp_path, "sft+dpo", rows=8)
    before = {path: path.read_bytes() for path in sorted(tiny.run.path.rglob("*")) if path.is_file()}
    found = check_whole_plan(tiny.run, tiny.plan, tmp_path / "sketch")
    assert [stage.stage for stage in found.stages] == ["1-sft", "2-dpo", "judge"]
    assert found.passed
    assert found.notes == ("2-dpo: 1-sft is not trained yet, so this stage was looked at on its untrained weights.",)
    assert {path: path.read_bytes() for path in sorted(tiny.run.path.rglob("*")) if path.is_file()} == before


def test_a_trainer_that_cannot_be_built_is_a_finding(tmp_path: Path) -> None:
    tiny = tiny_for(tmp_path, "kto")
    tiny.run.split("unpaired_train").unlink()
    found = check_whole_plan(tiny.run, replace(tiny.plan, judge=None), tmp_path / "sketch")
    assert not found.passed
    assert [check.code for check in found.stages[0].blockers()] == ["PRE200"]


def test_rewards_are_tried_where_no_reward_model_must_be_trained_first(tmp_path: Path) -> None:
    tiny = tiny_of(tmp_path, "grpo", rows=16, overrides={"max_completion_length": "8"})
    found = check_whole_plan(tiny.run, replace(tiny.plan, judge=None), tmp_path / "sketch")
    assert found.rewards is not None
    assert not found.passed
    assert "RWD" in " ".join(check.code for check in found.rewards.blockers())


def test_the_gate_reads_the_trainer_of_the_stage(tmp_path: Path) -> None:
    tiny = tiny_for(tmp_path, "sft")
    trainer = build(tiny, "sft")
    for weight in trainer.model.parameters():
        weight.requires_grad_(False)
    with pytest.raises(BlockedError, match="PRE302: 0 of"):
        gate.check_trainer(tiny.run, tiny.plan, tiny.stage("sft"), trainer, Planned((), 0.0))


def test_every_check_stands_in_the_documentation_with_its_failure() -> None:
    table = (Path(__file__).parents[3] / "docs" / "preflight.md").read_text()
    assert [code for code in CODES if f"| {code}" not in table and f", {code}" not in table] == []
