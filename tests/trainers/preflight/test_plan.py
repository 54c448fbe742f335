"""Each check of a plan sees its planted fault, and is silent on the plan that tunegate makes."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from reports.records.intake import Value
from reports.records.plan import LaunchPlan, Method
from tests.trainers.preflight.looking import GPU, STRATEGIES, of_plan, tiny_of
from tests.trainers.tiny_run import TinyRun
from trainers.monitor_limits import monitors_of
from trainers.preflight.gate import PLAN_RULES
from trainers.preflight.plan_machine import vllm_finding
from trainers.preflight.rule import look
from trainers.preflight.subject import Machine, Subject

CPU = Machine()


@pytest.fixture(scope="module")
def tinies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TinyRun]:
    return {method: tiny_of(tmp_path_factory.mktemp(method), method) for method in STRATEGIES}


@pytest.mark.parametrize("method", list(STRATEGIES))
def test_a_plan_that_tunegate_makes_raises_nothing(tinies: dict[str, TinyRun], method: Method) -> None:
    tiny = tinies[method]
    stage = replace(tiny.stage(method), monitors=monitors_of(method, tiny.plan.rewards))
    for machine in (CPU, GPU):
        found = look(PLAN_RULES, Subject(tiny.run, tiny.plan, stage, machine))
        assert {check.code: check.because for check in found if check.state not in ("pass", "skipped")} == {}


@pytest.mark.parametrize(
    ("code", "method", "choices", "state", "because"),
    [
        ("PRE101", "sft", {"learning_rat": 0.1}, "fail", "no option learning_rat"),
        ("PRE101", "sft", {"packing_strategy": "bfd"}, "warn", "nothing reads packing_strategy"),
        ("PRE101", "grpo", {"vllm_mode": "colocate"}, "warn", "nothing reads vllm_mode"),
        ("PRE102", "dpo", {"learning_rate": 0.05}, "warn", "usual for DPO on an adapter"),
        ("PRE102", "dpo", {"learning_rate": -1e-5}, "fail", "not above 0"),
        ("PRE103", "dpo", {"beta": 0.0}, "fail", "does not depend on the answers"),
        ("PRE103", "grpo", {"beta": 0.0}, "warn", "nothing holds the policy"),
        ("PRE104", "grpo", {"num_generations": 3}, "fail", "8 answers a step in groups of 3"),
        ("PRE104", "grpo", {"num_generations": 1}, "fail", "nothing to be compared with"),
        ("PRE105", "kto", {"per_device_train_batch_size": 1}, "fail", "1 rows a batch"),
        ("PRE107", "grpo", {"disable_dropout": False}, "fail", "disable_dropout is false"),
        ("PRE107", "dpo", {"lora_dropout": 0.1}, "warn", "lora_dropout is 0.1"),
        ("PRE108", "dpo", {"sync_ref_model": True}, "fail", "second reference"),
        ("PRE121", "sft", {"packing": True}, "warn", "attention is sdpa"),
        ("PRE121", "sft", {"packing": True, "packing_strategy": "wrapped"}, "fail", "read each other"),
        ("PRE122", "grpo", {"fsdp": "full_shard"}, "fail", "FSDP2 divides"),
        ("PRE124", "sft", {"per_device_eval_batch_size": 64}, "warn", "64 rows are evaluated at once"),
        ("PRE124", "sft", {"prediction_loss_only": False}, "fail", "all logits of the evaluation"),
        ("PRE126", "sft", {"fp16": True}, "fail", "there is no GPU"),
        ("PRE126", "sft", {"bf16": True}, "fail", "does not compute in it"),
    ],
)
def test_a_setting_that_cannot_work_is_found(
    tinies: dict[str, TinyRun], code: str, method: Method, choices: dict[str, Value], state: str, because: str
) -> None:
    found = of_plan(tinies[method], method, code, choices)
    assert found.state == state
    assert because in found.because
    assert found.fix


def test_an_adapter_option_without_an_adapter_is_idle(tinies: dict[str, TinyRun]) -> None:
    plan = replace(tinies["sft"].plan, parameters="full")
    assert "lora_r" in of_plan(tinies["sft"], "sft", "PRE101", {"lora_r": 8}, plan=plan).because


def test_a_seed_that_no_generator_takes_is_found(tinies: dict[str, TinyRun]) -> None:
    plan = replace(tinies["sft"].plan, seed=2**32)
    assert of_plan(tinies["sft"], "sft", "PRE106", plan=plan).state == "fail"


def test_a_stage_without_the_monitor_of_its_usual_failure_is_told(tinies: dict[str, TinyRun]) -> None:
    assert "chosen_falls" in of_plan(tinies["dpo"], "dpo", "PRE109").because
    assert "entropy" in of_plan(tinies["grpo"], "grpo", "PRE109").because


def test_a_reference_is_not_divided_by_zero3(tinies: dict[str, TinyRun], monkeypatch: pytest.MonkeyPatch) -> None:
    divided = replace(tinies["dpo"].plan, launch=LaunchPlan(processes=2, sharing="zero3"))
    assert of_plan(tinies["dpo"], "dpo", "PRE122", plan=divided).state == "fail"
    assert of_plan(tinies["sft"], "sft", "PRE122", plan=replace(divided, stages=tinies["sft"].plan.stages)).state == "pass"
    monkeypatch.setenv("ACCELERATE_DEEPSPEED_ZERO_STAGE", "3")
    assert of_plan(tinies["dpo"], "dpo", "PRE122").state == "fail"


def test_a_disk_that_is_nearly_full_is_found(tinies: dict[str, TinyRun]) -> None:
    full = Machine(free_disk_bytes=1000.0)
    assert of_plan(tinies["sft"], "sft", "PRE123", machine=full).state == "fail"


def test_a_number_format_that_overflows_is_told(tinies: dict[str, TinyRun]) -> None:
    old = Machine(gpu_gib=16.0, has_bf16=False)
    assert of_plan(tinies["sft"], "sft", "PRE126", {"fp16": True}, machine=old).state == "warn"
    assert "bfloat16" in of_plan(tinies["sft"], "sft", "PRE126", {"fp16": True}, machine=GPU).because


def test_a_step_that_does_not_fit_the_gpu_is_found(tinies: dict[str, TinyRun]) -> None:
    wide: dict[str, Value] = {"per_device_train_batch_size": 4096, "max_length": 4096}
    assert of_plan(tinies["sft"], "sft", "PRE127", wide, machine=GPU).state == "fail"


def test_vllm_that_is_not_there_or_does_not_fit_is_found(tinies: dict[str, TinyRun]) -> None:
    tiny = tinies["grpo"]
    assert (
        of_plan(tiny, "grpo", "PRE125", {"use_vllm": True}, machine=GPU).because == "use_vllm is set, and vllm is not installed"
    )
    greedy = of_plan_subject(tiny, {"use_vllm": True, "vllm_gpu_memory_utilization": 0.99})
    asleep = of_plan_subject(tiny, {"use_vllm": True, "vllm_gpu_memory_utilization": 0.99, "vllm_enable_sleep_mode": True})
    assert (vllm_finding(greedy).state, vllm_finding(asleep).state) == ("fail", "pass")


def of_plan_subject(tiny: TinyRun, choices: dict[str, Value]) -> Subject:
    from tests.trainers.preflight.looking import changed

    return Subject(tiny.run, tiny.plan, changed(tiny.stage("grpo"), choices), GPU)


def test_a_check_whose_need_is_missing_is_skipped_with_the_reason(tinies: dict[str, TinyRun]) -> None:
    found = of_plan(tinies["sft"], "sft", "PRE105")
    assert (found.state, found.because) == ("skipped", "only KTO estimates a divergence within the batch")


def test_a_check_that_breaks_warns_and_ends_nothing(tinies: dict[str, TinyRun], tmp_path: Path) -> None:
    from trainers.preflight.rule import Finding, Rule

    def broken(_: Subject) -> Finding:
        raise KeyError("gone")

    subject = Subject(tinies["sft"].run, tinies["sft"].plan, tinies["sft"].stage("sft"))
    [found] = look([Rule("PRE999", "Breaks", broken, blocking=True)], subject)
    assert found.state == "warn"
    assert "KeyError" in found.because


def test_a_loss_without_an_estimate_of_divergence_may_read_single_rows(tinies: dict[str, TinyRun]) -> None:
    choices: dict[str, Value] = {"per_device_train_batch_size": 1, "loss_type": "apo_zero_unpaired"}
    found = of_plan(tinies["kto"], "kto", "PRE105", choices)
    assert found.state == "pass"
