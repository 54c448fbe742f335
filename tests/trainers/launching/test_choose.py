"""What processes share follows from memory, and from what the methods can stand."""

import pytest

from reports.errors import UsageError
from reports.records.plan import Method, Sharing
from tests.trainers.launching.plans import plan_of
from trainers.launching.choose import Machines, barriers, choose_launch, hungriest
from trainers.memory import usual_shape
from trainers.methods import Parameters

H100, A100, RTX = Machines(8, 1, "H100", 79.6), Machines(8, 1, "A100-40", 40.0), Machines(4, 1, "RTX-4090", 24.0)


@pytest.mark.parametrize(
    ("methods", "parameters", "billions", "machines", "sharing"),
    [
        (("sft", "dpo"), "lora", 8, H100, "ddp"),
        (("sft", "dpo"), "full", 8, H100, "fsdp2"),
        (("sft",), "full", 8, A100, "zero3"),
        (("grpo",), "full", 8, H100, "zero3"),
        (("dpo",), "qlora", 14, RTX, "ddp"),
        (("sft",), "lora", 30, RTX, "fsdp2"),
    ],
)
def test_the_least_that_fits_is_chosen(
    methods: tuple[Method, ...], parameters: Parameters, billions: float, machines: Machines, sharing: Sharing
) -> None:
    found = choose_launch(plan_of(*methods, parameters=parameters), usual_shape(billions), machines)
    assert (found.sharing, found.processes, found.origin) == (sharing, machines.processes, "rule")
    assert "GiB a GPU" in found.because and found.mixed_precision == "bf16"


def test_where_nothing_fits_every_way_is_named_with_its_memory() -> None:
    with pytest.raises(UsageError, match=r"nothing fits\. DDP needs about .* FSDP2 needs about .* ZeRO-3 needs about"):
        choose_launch(plan_of("sft", parameters="full"), usual_shape(400), RTX)


@pytest.mark.parametrize(
    ("sharing", "method", "parameters", "works"),
    [
        ("zero3", "dpo", "lora", False), ("zero3", "kto", "full", False), ("zero3", "rloo", "full", False),
        ("zero3", "sft", "full", True), ("zero3", "grpo", "full", True), ("zero3", "sft", "qlora", False),
        ("fsdp2", "dpo", "full", True), ("fsdp2", "sft", "qlora", False), ("fsdp2", "grpo", "lora", False),
        ("ddp", "dpo", "qlora", True), ("ddp", "rloo", "full", True),
    ],
)  # fmt: skip
def test_methods_rule_out_what_they_cannot_stand(sharing: Sharing, method: Method, parameters: Parameters, works: bool) -> None:
    assert (not list(barriers(plan_of(method, parameters=parameters), sharing))) == works


def test_grpo_has_a_reference_once_it_weighs_the_divergence() -> None:
    from msgspec.structs import replace

    from trainers.overrides import with_overrides

    plan = plan_of("grpo", parameters="full")
    weighed = tuple(replace(stage, choices=with_overrides(stage.choices, {"beta": "0.04"})) for stage in plan.stages)
    assert not list(barriers(plan, "zero3"))
    assert list(barriers(replace(plan, stages=weighed), "zero3"))
    needs = [hungriest(each, usual_shape(1), H100, "ddp").total_gib for each in (plan, replace(plan, stages=weighed))]
    assert needs[1] > needs[0] + 1, "the weights of the reference"


def test_what_is_asked_for_is_taken_unless_a_method_rules_it_out() -> None:
    asked = choose_launch(plan_of("sft"), usual_shape(8), H100, "zero3")
    assert (asked.sharing, asked.origin) == ("zero3", "user")
    with pytest.raises(
        UsageError, match="1-dpo: ZeRO-3 is reported to fail with the frozen reference of DPO; choose FSDP2 or DDP"
    ):
        choose_launch(plan_of("dpo"), usual_shape(8), H100, "zero3")


def test_processors_hold_the_whole_model_each() -> None:
    found = choose_launch(plan_of("dpo"), usual_shape(0.1), Machines(2))
    assert (found.sharing, found.mixed_precision, found.gpu) == ("ddp", "no", "")
    with pytest.raises(UsageError, match="only GPUs share"):
        choose_launch(plan_of("dpo"), usual_shape(0.1), Machines(2), "fsdp2")


def test_one_process_shares_nothing() -> None:
    assert choose_launch(plan_of("dpo"), usual_shape(8), Machines(1, 1, "H100", 79.6)).sharing == "single"


def test_machines_run_as_many_processes_as_each_other() -> None:
    with pytest.raises(UsageError, match="--processes 9 --nodes 2"):
        choose_launch(plan_of("sft"), usual_shape(1), Machines(9, 2, "H100", 79.6))


def test_rows_that_cannot_be_divided_are_refused_before_anything_starts() -> None:
    with pytest.raises(UsageError, match="cannot be divided among 3 processes"):
        choose_launch(plan_of("sft"), usual_shape(1), Machines(3, 1, "H100", 79.6))


def test_a_gpu_without_bf16_computes_without_it() -> None:
    assert choose_launch(plan_of("sft"), usual_shape(0.5), Machines(2, 1, "T4", 15.0)).mixed_precision == "no"
