"""Where a run trains: read from options, printed as a command, and never started elsewhere."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reports.errors import UsageError
from reports.records.plan import LaunchPlan, Plan
from reports.records.run import ProcessRecord
from reports.rundir import RunDir
from selector import process
from selector.commands.launch_options import Asked, print_command, with_launch
from selector.commands.run import command
from selector.machine import Gpu, Machine
from tests.trainers.launching.plans import plan_of, run_of
from trainers.memory import usual_shape

NOTHING = Asked(None, None, None, None, None)
TWO = LaunchPlan(processes=2, sharing="ddp")


@pytest.fixture(autouse=True)
def eight_billion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainers.architecture.read_architecture", lambda _: usual_shape(8))


def with_gpus(monkeypatch: pytest.MonkeyPatch, *gpus: Gpu) -> None:
    monkeypatch.setattr("selector.machine.measure_machine", lambda _: Machine(8, 64.0, 100.0, gpus))


def test_without_options_a_run_has_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpus(monkeypatch, *[Gpu("NVIDIA H100 80GB HBM3", 79.6, 79.0)] * 4)
    assert with_launch(plan_of("dpo"), NOTHING).launch.processes == 1


def test_local_takes_every_gpu_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpus(monkeypatch, *[Gpu("NVIDIA H100 80GB HBM3", 79.6, 79.0)] * 4)
    launch = with_launch(plan_of("dpo"), NOTHING._replace(launch="local")).launch
    assert (launch.processes, launch.gpu, launch.sharing) == (4, "H100", "ddp")


def test_local_on_processors_is_one_process_unless_more_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpus(monkeypatch)
    assert with_launch(plan_of("dpo"), NOTHING._replace(launch="local")).launch.processes == 1
    launch = with_launch(plan_of("dpo"), NOTHING._replace(processes=2)).launch
    assert (launch.processes, launch.gpu, launch.sharing) == (2, "", "ddp")


def test_a_gpu_of_the_table_plans_for_machines_that_are_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpus(monkeypatch)
    asked = Asked("print", 16, 2, None, "h100")
    launch = with_launch(plan_of("sft", parameters="full"), asked).launch
    assert (launch.processes, launch.nodes, launch.gpu, launch.sharing) == (16, 2, "H100", "fsdp2")


def test_several_machines_are_only_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpus(monkeypatch)
    with pytest.raises(UsageError, match=r"--nodes 2: other machines are never started from here\. Add --launch print"):
        with_launch(plan_of("dpo"), NOTHING._replace(processes=4, nodes=2, launch="local"))


@pytest.mark.parametrize("as_json", [False, True])
def test_print_shows_the_command_and_starts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    plan = plan_of("dpo", launch=TWO)
    run = run_of(RunDir.create(tmp_path, "print"), plan)
    monkeypatch.setattr(subprocess, "Popen", None)
    assert print_command(run, plan, as_json) == 0
    printed = capsys.readouterr()
    shown = json.loads(printed.out)["command"] if as_json else printed.out.strip()
    assert shown == run.launch_file("command.txt").read_text().splitlines()[-1]
    assert not run.has(ProcessRecord)
    assert "nothing was started" in printed.err or as_json


def test_a_run_of_several_processes_is_started_by_a_launcher_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []

    class Child:
        pid = os.getpid()

        def __init__(self, argv: tuple[str, ...], **given: Any) -> None:
            started.append((argv, given))

    with_gpus(monkeypatch)
    monkeypatch.setattr(subprocess, "Popen", Child)
    run = run_of(RunDir.create(tmp_path, "local"), plan_of("dpo", launch=TWO))
    process.start(run)
    [(argv, given)] = started
    assert argv[1:5] == ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node")
    assert given["start_new_session"] and given["env"]["ACCELERATE_USE_CPU"] == "true" and given["env"]["PATH"]
    assert run.launch_file("accelerate.yaml").is_file()


def test_a_run_planned_for_other_machines_is_not_started_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpus(monkeypatch)
    monkeypatch.setattr(subprocess, "Popen", None)
    elsewhere = LaunchPlan(processes=8, sharing="fsdp2", gpu="H100")
    run = run_of(RunDir.create(tmp_path, "away"), plan_of("dpo", launch=elsewhere))
    with pytest.raises(UsageError, match=r"8 GPUs .*this machine has 0"):
        process.start(run)
    assert run.read(Plan).launch == elsewhere and not run.has(ProcessRecord)


def test_an_existing_run_prints_its_command_and_keeps_its_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpus(monkeypatch)
    monkeypatch.setattr(subprocess, "Popen", None)
    run = run_of(RunDir.create(tmp_path, "again"), plan_of("dpo", launch=TWO))
    printed = CliRunner().invoke(command, [str(run.path), "--launch", "print"], standalone_mode=False)
    assert printed.stdout.strip().endswith(f"--nproc_per_node 2 --module trainers.launch {run.path}")
    refused = CliRunner().invoke(command, [str(run.path), "--processes", "4"], standalone_mode=False)
    assert isinstance(refused.exception, UsageError) and "its own plan" in str(refused.exception)
    assert run.read(Plan).launch == TWO
