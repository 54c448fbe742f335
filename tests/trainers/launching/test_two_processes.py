"""Two processes train a stage as one does, leave one run directory, and end together."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from reports.progress import ProgressLog
from reports.records.gates import Gates
from reports.records.plan import LaunchPlan
from reports.records.run import MetricPoint, RunRecord
from reports.rundir import RunDir
from tests.trainers.tiny_run import make_tiny_run
from trainers import dpo
from trainers.checkpoints import newest_checkpoint

ROOT = Path(__file__).parents[3]
STAGE = "1-dpo"
TOLERANCE = 1e-5
"""Relative; sums over rows are taken in another order."""

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """Eight steps of 2 x 4 pairs, to be trained by two processes."""
    options = {"num_train_epochs": "2", "gradient_accumulation_steps": "2", "logging_steps": "1", "save_steps": "3"}
    tiny = make_tiny_run(tmp_path_factory.mktemp("together"), "dpo", overrides={**options, "learning_rate": "1e-3"})
    tiny.run.write(replace(tiny.plan, judge=None, launch=LaunchPlan(processes=2, sharing="ddp")))
    return tiny.run


@pytest.fixture(scope="module")
def together(planned: RunDir) -> RunDir:
    run = copy_of(planned, "together")
    done = start(run)
    assert done.returncode == 0, done.stderr[-2000:]
    return run


def copy_of(run: RunDir, name: str) -> RunDir:
    return RunDir(Path(shutil.copytree(run.path, run.path.parent / name)))


def start(run: RunDir, *fault: str) -> subprocess.CompletedProcess[str]:
    """Start two processes on the run, as `tunegate run` does, and wait for both."""
    module = ("--module", "tests.trainers.launching.together", str(run.path), *fault)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", *module]
    return subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def curve(run: RunDir, name: str = "loss") -> dict[int, float | None]:
    return {point.step: point.values[name] for point in run.stage_metrics(STAGE).read() if name in point.values}


def steps_logged(run: RunDir) -> list[tuple[int, bool]]:
    return [(point.step, is_evaluated(point)) for point in run.stage_metrics(STAGE).read()]


def is_evaluated(point: MetricPoint) -> bool:
    return "eval_loss" in point.values


def assert_same_weights(run: RunDir, other: RunDir) -> None:
    import torch
    from safetensors.torch import load_file

    found, expected = (load_file(each.adapter(STAGE) / "adapter_model.safetensors") for each in (run, other))
    assert found.keys() == expected.keys()
    for name in expected:
        torch.testing.assert_close(found[name], expected[name], rtol=1e-4, atol=1e-5)


def test_two_processes_train_dpo_to_the_losses_of_one_with_the_same_rows_a_step(planned: RunDir, together: RunDir) -> None:
    from reports.records.plan import Plan

    alone = copy_of(planned, "alone")
    plan = alone.read(Plan)
    result = dpo.train(alone, plan, plan.stages[0], ProgressLog(alone))

    shared = together.stage_result(STAGE)
    assert shared is not None and shared.steps == result.steps == 8
    assert curve(alone)[8] != pytest.approx(curve(alone)[1], rel=0.05), "something was learned, or equality says little"
    for name in ("loss", "rewards/margins", "grad_norm"):
        assert curve(together, name) == pytest.approx(curve(alone, name), rel=TOLERANCE, abs=1e-6)
    assert steps_logged(together) == steps_logged(alone), "no line is written twice"
    assert_same_weights(together, alone)


def test_only_the_first_process_writes_the_run(together: RunDir) -> None:
    kinds = [event.kind for event in together.events.read()]
    assert kinds.count("run_started") == kinds.count("run_finished") == 1
    saved = [event.data["step"] for event in together.events.read() if event.kind == "checkpoint_saved"]
    assert {3, 6} <= set(saved) and len(saved) == len(set(saved)), "each checkpoint is told once"
    left = {path.name for path in together.stage(STAGE).iterdir()}
    assert left == {"adapter", "metrics.jsonl", "result.json"}


def test_processes_stop_together_end_together_and_go_on_to_the_same_weights(planned: RunDir, together: RunDir) -> None:
    broken = copy_of(planned, "broken")

    start(broken, "stop:1:1")
    stopped = broken.read(RunRecord)
    assert stopped.status == "stopped" and "step 2 of 8" in str(stopped.error)
    checkpoint = newest_checkpoint(broken.checkpoints(STAGE))
    assert checkpoint is not None and checkpoint.name == "checkpoint-2"
    assert {"rng_state_0.pth", "rng_state_1.pth"} <= {path.name for path in checkpoint.iterdir()}

    start(broken, "kill:1:5")
    killed = broken.read(RunRecord)
    assert (killed.status, killed.exit_code) == ("failed", 4)
    assert "another process of this run ended without a word" in str(killed.error)

    start(broken, "raise:1:7")
    raised = broken.read(RunRecord)
    assert raised.status == "failed" and "(process 2 of 2)" in str(raised.error) and "a bad row" in str(raised.error)

    start(broken)
    assert broken.has(Gates)
    assert curve(broken) == pytest.approx(curve(together), rel=TOLERANCE)
    assert_same_weights(broken, together)
