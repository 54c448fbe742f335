"""What a run carries to be started elsewhere can be read by the programs it is for."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from reports.errors import MissingError, UsageError
from reports.records.plan import LaunchPlan, Plan
from reports.rundir import RunDir
from tests.trainers.launching.plans import plan_of, run_of
from trainers.launching.commands import require_startable, start_command
from trainers.launching.files import write_launch_files
from trainers.launching.stages import require_vllm
from trainers.overrides import with_overrides

PROCESSORS = LaunchPlan(processes=2, sharing="ddp")
GPUS = {
    "ddp": LaunchPlan(processes=8, sharing="ddp", gpu="H100", mixed_precision="bf16"),
    "fsdp2": LaunchPlan(processes=16, nodes=2, sharing="fsdp2", gpu="A100-80", mixed_precision="bf16"),
    "zero3": LaunchPlan(processes=4, sharing="zero3", gpu="L40S", mixed_precision="bf16"),
}


def written(folder: Path, plan: Plan) -> RunDir:
    run = run_of(RunDir.create(folder, "launch"), plan)
    write_launch_files(run, plan)
    return run


def task(run: RunDir) -> Any:
    return yaml.safe_load(run.launch_file("sky.yaml").read_text())


@pytest.mark.parametrize(("sharing", "kind"), [("ddp", "MULTI_GPU"), ("fsdp2", "FSDP"), ("zero3", "DEEPSPEED")])
def test_accelerate_reads_its_configuration(tmp_path: Path, sharing: str, kind: str) -> None:
    from accelerate.commands.config.config_args import ClusterConfig, load_config_from_file

    launch = GPUS[sharing]
    run = written(tmp_path, plan_of("sft", launch=launch))
    config = load_config_from_file(str(run.launch_file("accelerate.yaml")))
    assert isinstance(config, ClusterConfig)
    assert config.distributed_type.value == kind
    assert (config.num_processes, config.num_machines, config.mixed_precision) == (launch.processes, launch.nodes, "bf16")


def test_accelerates_launcher_makes_fsdp2_of_the_configuration(tmp_path: Path) -> None:
    from accelerate.commands.launch import _validate_launch_command, launch_command_parser
    from accelerate.utils.launch import prepare_multi_gpu_env

    run = written(tmp_path, plan_of("sft", launch=GPUS["fsdp2"]))
    words = ["--config_file", str(run.launch_file("accelerate.yaml")), "--main_process_ip", "h", "--main_process_port", "29500"]
    arguments, _, _ = _validate_launch_command(launch_command_parser().parse_args([*words, "-m", "trainers.launch", "RUN"]))
    environment = prepare_multi_gpu_env(arguments)
    assert arguments.use_fsdp
    assert (environment["ACCELERATE_USE_FSDP"], environment["FSDP_VERSION"]) == ("true", "2")
    assert environment["ACCELERATE_MIXED_PRECISION"] == "bf16"


@pytest.mark.parametrize("nodes", [1, 2])
def test_accelerates_launcher_makes_zero3_of_the_configuration_and_starts_nothing_elsewhere(tmp_path: Path, nodes: int) -> None:
    from accelerate.commands.launch import _validate_launch_command, launch_command_parser
    from accelerate.utils.launch import prepare_deepspeed_cmd_env
    from msgspec.structs import replace

    run = written(tmp_path, plan_of("sft", launch=replace(GPUS["zero3"], nodes=nodes)))
    words = ["--config_file", str(run.launch_file("accelerate.yaml")), "--main_process_ip", "h", "--main_process_port", "29500"]
    arguments, _, _ = _validate_launch_command(launch_command_parser().parse_args([*words, "-m", "trainers.launch", "RUN"]))
    arguments.deepspeed_fields_from_accelerate_config = ""
    command, environment = prepare_deepspeed_cmd_env(arguments)
    assert command is None, "processes start on this machine only"
    assert environment["ACCELERATE_DEEPSPEED_ZERO_STAGE"] == "3"
    assert environment["ACCELERATE_GRADIENT_ACCUMULATION_STEPS"] == "auto", "it differs between stages"


def test_processors_start_through_torchrun_since_accelerate_starts_one_process(tmp_path: Path) -> None:
    run = written(tmp_path, plan_of("sft", launch=PROCESSORS))
    command = start_command(run, PROCESSORS, python="python").text
    assert command.startswith("ACCELERATE_USE_CPU=true PYTHONSAFEPATH=1 python -m torch.distributed.run --standalone")
    assert f"--nproc_per_node 2 --module trainers.launch {run.path}" in command
    assert run.launch_file("command.txt").read_text().splitlines()[-1] == command
    assert "command.txt" in run.launch_file("accelerate.yaml").read_text().splitlines()[0]


def test_gpus_start_through_accelerate_with_the_configuration(tmp_path: Path) -> None:
    run = written(tmp_path, plan_of("sft", launch=GPUS["ddp"]))
    command = start_command(run, GPUS["ddp"], python="python")
    assert command.argv[:3] == ("python", "-m", "accelerate.commands.launch")
    assert command.argv[4] == str(run.launch_file("accelerate.yaml"))
    assert "NODE_RANK" not in command.text


def test_several_machines_leave_rank_and_address_to_each_of_them(tmp_path: Path) -> None:
    run = written(tmp_path, plan_of("sft", launch=GPUS["fsdp2"]))
    text = run.launch_file("command.txt").read_text()
    assert '--machine_rank "$NODE_RANK" --main_process_ip "$MAIN_IP"' in text
    assert "NODE_RANK is 0 to 1" in text
    nodes = start_command(run, LaunchPlan(processes=4, nodes=2, sharing="ddp"), python="python").text
    assert '--nnodes 2 --nproc_per_node 2 --node_rank "$NODE_RANK" --master_addr "$MAIN_IP"' in nodes


def test_one_process_starts_as_ever(tmp_path: Path) -> None:
    run = written(tmp_path, plan_of("sft"))
    command = start_command(run, LaunchPlan(), python="python")
    assert command.argv == ("python", "-P", "-m", "trainers.launch", str(run.path)) and not command.environment


def test_the_cloud_task_asks_for_the_gpus_of_the_plan(tmp_path: Path) -> None:
    found = task(written(tmp_path, plan_of("sft", launch=GPUS["fsdp2"])))
    assert (found["num_nodes"], found["resources"]) == (2, {"accelerators": "A100-80GB:8"})
    assert 'MAIN_IP="$(echo "$SKYPILOT_NODE_IPS" | head -n 1)"' in found["run"]
    assert "trainers.launch" in found["run"] and "deepspeed" not in found["setup"]


def test_the_cloud_task_brings_run_and_model_under_the_paths_that_the_plan_knows(tmp_path: Path) -> None:
    from msgspec.structs import replace

    model = tmp_path / "model"
    model.mkdir()
    plan = plan_of("sft", launch=GPUS["zero3"])
    run = written(tmp_path, replace(plan, model=replace(plan.model, name=str(model))))
    found = task(run)
    assert found["file_mounts"] == {str(model): str(model), str(run.path): str(run.path)}
    assert found["setup"].split() == ["pip", "install", "tunegate", "deepspeed"]


def test_only_what_this_machine_can_start_alone_is_started() -> None:
    require_startable(PROCESSORS, gpus=0)
    require_startable(GPUS["ddp"], gpus=8)
    with pytest.raises(UsageError, match=r"nothing is ever started on others"):
        require_startable(GPUS["fsdp2"], gpus=16)
    with pytest.raises(UsageError, match=r"8 GPUs \(H100\), and this machine has 2.*--processes 2"):
        require_startable(GPUS["ddp"], gpus=2)


def test_vllm_is_passed_on_only_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    from msgspec.structs import replace

    [stage] = plan_of("grpo").stages
    require_vllm(stage)
    asked = replace(stage, choices=with_overrides(stage.choices, {"use_vllm": "true"}))
    with pytest.raises(MissingError, match=r"1-grpo: use_vllm = True, but vLLM is not installed.*tunegate\[vllm\]"):
        require_vllm(asked)
    monkeypatch.setattr("trainers.launching.stages.find_spec", lambda _: object())
    require_vllm(asked)
