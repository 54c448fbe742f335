"""What a run carries to be started elsewhere: accelerate's configuration, the exact command, and a SkyPilot task."""

import json
from pathlib import Path
from typing import Any, Final

from reports.records.plan import LaunchPlan, Plan
from reports.rundir import RunDir, write_text
from trainers.launching.commands import start_command

DISTRIBUTED: Final = {"single": "NO", "ddp": "MULTI_GPU", "fsdp2": "FSDP", "zero3": "DEEPSPEED"}
"""accelerate's names."""
FSDP2: Final[dict[str, Any]] = {
    "fsdp_version": 2,
    "fsdp_reshard_after_forward": True,
    "fsdp_auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
    "fsdp_state_dict_type": "FULL_STATE_DICT",
    "fsdp_cpu_ram_efficient_loading": False,
    "fsdp_offload_params": False,
    "fsdp_activation_checkpointing": False,
}
"""All is divided and put together layer by layer; checkpoints are whole; the trainer does the checkpointing."""
ZERO3: Final[dict[str, Any]] = {
    "zero_stage": 3,
    "zero3_init_flag": True,
    "zero3_save_16bit_model": True,
    "gradient_accumulation_steps": "auto",
    "offload_optimizer_device": "none",
    "offload_param_device": "none",
}
CLOUD_GPUS: Final = {
    "A100-40": "A100", "A100-80": "A100-80GB", "RTX-3090": "RTX3090", "RTX-4090": "RTX4090", "RTX-5090": "RTX5090",
    "A6000": "RTXA6000",
}  # fmt: skip
"""SkyPilot's names, where they differ from ours."""


def write_launch_files(run: RunDir, plan: Plan) -> tuple[Path, ...]:
    """Write `launch/accelerate.yaml`, `launch/command.txt` and `launch/sky.yaml`, and return their paths."""
    import yaml

    files = {
        "accelerate.yaml": _comment(plan.launch) + yaml.safe_dump(accelerate_config(plan.launch), sort_keys=True),
        "command.txt": command_text(run, plan.launch),
        "sky.yaml": sky_task(run, plan),
    }
    for name, text in files.items():
        write_text(run.launch_file(name), text)
    return tuple(run.launch_file(name) for name in files)


def accelerate_config(launch: LaunchPlan) -> dict[str, Any]:
    """Return the configuration in accelerate's own keys."""
    on_gpus = bool(launch.gpu)
    several = launch.processes > 1
    config: dict[str, Any] = {
        "compute_environment": "LOCAL_MACHINE",
        "distributed_type": DISTRIBUTED[launch.sharing] if on_gpus or not several else "MULTI_CPU",
        "num_processes": launch.processes,
        "num_machines": launch.nodes,
        "machine_rank": 0,
        "mixed_precision": launch.mixed_precision,
        "use_cpu": not on_gpus,
        "same_network": True,
        "rdzv_backend": "static",
        "main_training_function": "main",
        "enable_cpu_affinity": False,
        "debug": False,
    }
    if launch.nodes == 1:
        config["main_process_port"] = 0  # any free one
    if launch.sharing == "fsdp2":
        config["fsdp_config"] = dict(FSDP2)
    if launch.sharing == "zero3":
        # The other launchers of DeepSpeed start processes on other machines by themselves.
        config["deepspeed_config"] = {**ZERO3, **({"deepspeed_multinode_launcher": "standard"} if launch.nodes > 1 else {})}
    return config


def command_text(run: RunDir, launch: LaunchPlan) -> str:
    """Return the command with what has to hold where it is started."""
    command = start_command(run, launch, python="python").text
    head = "# Start this in the environment that tunegate is installed in.\n"
    if launch.nodes > 1:
        head += (
            f"# On each of {launch.nodes} machines; NODE_RANK is 0 to {launch.nodes - 1}, MAIN_IP the address of machine 0.\n"
            "# All machines must see the run directory, the data and the model under the same paths.\n"
        )
    return f"{head}{command}\n"


def sky_task(run: RunDir, plan: Plan) -> str:
    """Return the task for `sky launch`: machines, inputs under the paths the plan knows them by, and the command."""
    launch = plan.launch
    command = start_command(run, launch, python="python").text
    mounts = [*_inputs(plan), *([str(run.path.resolve())] if launch.nodes == 1 else [])]
    lines = [
        "# Started by hand only: sky launch FILE. Afterwards fetch the run directory from the first machine.",
        *(
            ["# The run directory must lie on storage that all machines share: mount it under file_mounts."]
            if launch.nodes > 1
            else []
        ),
        f"name: {_quoted(f'tunegate-{run.path.name}')}",
        f"num_nodes: {launch.nodes}",
        "resources:",
        *_resources(launch),
        *(["file_mounts:", *(f"  {_quoted(path)}: {_quoted(path)}" for path in mounts)] if mounts else []),
        "setup: |",
        "  pip install tunegate" + (" deepspeed" if launch.sharing == "zero3" else ""),
        "run: |",
        '  NODE_RANK="$SKYPILOT_NODE_RANK"',
        '  MAIN_IP="$(echo "$SKYPILOT_NODE_IPS" | head -n 1)"',
        f"  {command}",
    ]
    return "\n".join(lines) + "\n"


def _resources(launch: LaunchPlan) -> list[str]:
    each = launch.processes // launch.nodes
    if not launch.gpu:
        return [f"  cpus: {2 * each}+"]
    return [f"  accelerators: {_quoted(f'{CLOUD_GPUS.get(launch.gpu, launch.gpu)}:{each}')}"]


def _inputs(plan: Plan) -> list[str]:
    named = [plan.model.name, *(data.source for data in plan.data), *(suite.source for suite in plan.suites)]
    named += [plan.canaries.source] if plan.canaries else []
    return list(dict.fromkeys(str(path.resolve()) for path in map(_path, named) if path.exists()))


def _path(name: str) -> Path:
    return Path(name).expanduser()


def _quoted(text: str) -> str:
    """Return the text as a JSON string, which YAML reads too."""
    return json.dumps(text)


def _comment(launch: LaunchPlan) -> str:
    if launch.gpu or launch.processes == 1:
        return ""
    return "# accelerate starts one process on processors, whatever stands here: use the command in command.txt.\n"
