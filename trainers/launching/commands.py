"""The exact command that starts a run: on this machine, or on each of several."""

import shlex
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final, NamedTuple

from reports.errors import MissingError, UsageError
from reports.records.plan import LaunchPlan
from reports.rundir import RunDir

ENTRY: Final = "trainers.launch"
PORT: Final = 29500
"""Where the processes of several machines find each other."""
SAFE: Final = {"PYTHONSAFEPATH": "1"}
"""Keeps folders of the present directory from being imported instead of ours, as `python -P` does for one process."""


class Command(NamedTuple):
    """A command with what it adds to the environment."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def text(self) -> str:
        """The command as a line for a shell; NODE_RANK and MAIN_IP are left to it."""
        added = [f"{name}={shlex.quote(value)}" for name, value in self.environment.items()]
        return " ".join((*added, *(word if word in PLACES else shlex.quote(word) for word in self.argv)))


PLACES: Final = ('"$NODE_RANK"', '"$MAIN_IP"')


def start_command(run: RunDir, launch: LaunchPlan, python: str = sys.executable) -> Command:
    """Return what starts the run; on several machines, what starts its part on one of them."""
    folder = str(run.path.resolve())
    if launch.processes == 1:
        return Command((python, "-P", "-m", ENTRY, folder), {})
    if not launch.gpu:
        # `accelerate launch` quietly starts one process on processors.
        return Command(
            (python, "-m", "torch.distributed.run", *_torchrun_nodes(launch), "--module", ENTRY, folder),
            {"ACCELERATE_USE_CPU": "true", **SAFE},
        )
    config = str(run.launch_file("accelerate.yaml").resolve())
    return Command(
        (
            python, "-m", "accelerate.commands.launch", "--config_file", config, *_accelerate_nodes(launch),
            "--module", ENTRY, folder,
        ),
        SAFE,
    )  # fmt: skip


def require_startable(launch: LaunchPlan, gpus: int) -> None:
    """Raise UsageError or MissingError where this machine, with so many GPUs, cannot start the run alone."""
    if launch.nodes > 1:
        raise UsageError(
            f"The plan is for {launch.nodes} machines, and nothing is ever started on others from here. "
            "Start the command in launch/command.txt on each of them."
        )
    if launch.gpu and launch.processes > max(1, gpus):
        raise UsageError(
            f"The plan is for {launch.processes} GPUs ({launch.gpu}), and this machine has {gpus}. Start it where they are with "
            f"the command in launch/command.txt, or make a run for this machine with `--processes {max(1, gpus)}`."
        )
    if launch.sharing == "zero3" and find_spec("deepspeed") is None:
        raise MissingError(
            "The plan shares weights by ZeRO-3, and DeepSpeed is not installed here. Install it: pip install deepspeed"
        )


def _torchrun_nodes(launch: LaunchPlan) -> tuple[str, ...]:
    each = ("--nproc_per_node", str(launch.processes // launch.nodes))
    if launch.nodes == 1:
        return ("--standalone", *each)
    found = ("--node_rank", PLACES[0], "--master_addr", PLACES[1], "--master_port", str(PORT))
    return ("--nnodes", str(launch.nodes), *each, *found)


def _accelerate_nodes(launch: LaunchPlan) -> tuple[str, ...]:
    if launch.nodes == 1:
        return ()
    return ("--machine_rank", PLACES[0], "--main_process_ip", PLACES[1], "--main_process_port", str(PORT))
