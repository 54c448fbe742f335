"""Where a run trains: options of `tunegate run`, and what `--launch print` says."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import click

from reports.errors import UsageError
from reports.records.plan import Plan, Sharing
from reports.rundir import RunDir

Command = Callable[..., Any]
Launch = Literal["print", "local"]


class Asked(NamedTuple):
    """What the person asked for; None: nothing."""

    launch: Launch | None
    processes: int | None
    nodes: int | None
    sharding: Sharing | None
    gpu: str | None
    price: float | None = None

    @property
    def is_anything(self) -> bool:
        """Whether any option was given that changes the plan."""
        return any((self.processes, self.nodes, self.sharding, self.gpu))


def launch_options(command: Command) -> Command:
    """Add the options to a subcommand."""
    options = (
        click.option(
            "--launch",
            type=click.Choice(get_args(Launch)),
            help="local: train on this machine, on all its GPUs; print: start nothing, print the command that would.",
        ),
        click.option("--processes", type=click.IntRange(1), help="Processes on all machines together, one for each GPU."),
        click.option("--nodes", type=click.IntRange(1), help="Machines; needs --launch print."),
        click.option("--sharding", type=click.Choice(["ddp", "fsdp2", "zero3"]), help="What the processes share [by memory]."),
        click.option("--gpu", metavar="NAME", help="GPU of the machines to plan for, for example H100 [this machine's]."),
        click.option("--price", type=click.FloatRange(0), help="Price of a GPU, or of the machine, an hour; for the report."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def with_launch(plan: Plan, asked: Asked) -> Plan:
    """Return the plan for the processes that were asked for; a plan of one process where nothing was.

    Raises:
        UsageError: the options contradict each other, or the plan.
    """
    from msgspec.structs import replace

    if asked.launch is None and not asked.is_anything:
        return replace(plan, launch=replace(plan.launch, price=asked.price))
    from trainers.architecture import read_architecture
    from trainers.launching.choose import choose_launch

    if asked.nodes is not None and asked.nodes > 1 and asked.launch != "print":
        raise UsageError(f"--nodes {asked.nodes}: other machines are never started from here. Add --launch print.")
    launch = choose_launch(plan, read_architecture(plan.model.name), _machines(asked), asked.sharding)
    return replace(plan, launch=replace(launch, price=asked.price))


def print_command(run: RunDir, plan: Plan, as_json: bool) -> int:
    """Write the files that start the run, print the command, and start nothing."""
    from trainers.launching.commands import start_command
    from trainers.launching.files import write_launch_files

    files = write_launch_files(run, plan)
    command = start_command(run, plan.launch, python="python").text
    if as_json:
        named = [str(path) for path in files]
        click.echo(json.dumps({"run": str(run.path), "command": command, "files": named}))
    else:
        click.echo(command)
        click.echo(f"note: nothing was started. {plan.launch.because}\nnote: files: {files[0].parent}", err=True)
    return 0


def _machines(asked: Asked) -> Any:
    from selector.machine import measure_machine
    from trainers.devices import DEVICES, find_device
    from trainers.launching.choose import Machines

    gpus = measure_machine(Path()).gpus
    nodes = asked.nodes or 1
    if asked.gpu:
        device = find_device(asked.gpu)
        return Machines(asked.processes or nodes, nodes, device.name, device.memory_gib)
    processes = asked.processes or nodes * max(1, len(gpus))
    if not gpus:
        return Machines(processes, nodes)
    bare = gpus[0].name.removeprefix("NVIDIA ").split(" ")[0]
    name = next((known for known in DEVICES if known == bare), gpus[0].name)
    return Machines(processes, nodes, name, min(gpu.total_gib for gpu in gpus))
