"""A stage that died and was resumed ends with the losses and weights of an unbroken one, bit for bit."""

import os
import shutil
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from reports.errors import InterruptedRunError
from reports.progress import ProgressLog
from reports.records.plan import Method, StagePlan
from reports.records.run import StageResult
from reports.rundir import RunDir
from tests.trainers.dying import Died, die, dying
from tests.trainers.tiny_run import TinyRun, make_tiny_run
from trainers.checkpoints import newest_checkpoint

ROOT = Path(__file__).parents[2]
CLOCKS = {"tokens_per_second", "peak_memory_gib", "seconds_per_step"}

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    """Sixteen steps a stage in two epochs, a checkpoint every second step, logs that do not fall on them."""
    options = {"num_train_epochs": "2", "gradient_accumulation_steps": "1", "logging_steps": "3", "save_steps": "2"}
    return make_tiny_run(tmp_path_factory.mktemp("resume"), rows=32, overrides=options)


@pytest.fixture(scope="module")
def unbroken(planned: TinyRun) -> TinyRun:
    whole = copy_of(planned, "unbroken")
    train(whole, "sft")
    train(whole, "dpo")
    train(whole, "reward")
    return whole


def train(tiny: TinyRun, method: Method) -> StageResult:
    module = import_module(f"trainers.{method}")
    result: StageResult = module.train(tiny.run, tiny.plan, tiny.stage(method), ProgressLog(tiny.run))
    return result


def copy_of(tiny: TinyRun, name: str, finished: TinyRun | None = None) -> TinyRun:
    """Copy a run; where the stages of `finished` are wanted, its SFT is taken over."""
    folder = tiny.run.path.parent / name
    shutil.copytree(tiny.run.path, folder)
    if finished is not None:
        shutil.copytree(finished.run.stage("1-sft"), folder / "train" / "1-sft")
    return TinyRun(RunDir(folder), tiny.plan)


def assert_same_training(resumed: TinyRun, unbroken: TinyRun, stage: StagePlan) -> None:
    assert_same_weights(resumed, unbroken, stage)
    assert curve(resumed, stage) == curve(unbroken, stage)
    assert figures(resumed, stage) == figures(unbroken, stage)


def assert_same_weights(resumed: TinyRun, unbroken: TinyRun, stage: StagePlan) -> None:
    from safetensors.torch import load_file

    expected = load_file(unbroken.run.adapter(stage.name) / "adapter_model.safetensors")
    found = load_file(resumed.run.adapter(stage.name) / "adapter_model.safetensors")
    assert expected.keys() == found.keys()
    assert all(bool((expected[name] == found[name]).all()) for name in expected)


def curve(tiny: TinyRun, stage: StagePlan) -> dict[int, dict[str, float | None]]:
    """Return the values by step; the last point of a step counts."""
    return {point.step: point.values for point in tiny.run.stage_metrics(stage.name).read()}


def figures(tiny: TinyRun, stage: StagePlan) -> dict[str, float | None]:
    result = tiny.run.stage_result(stage.name)
    assert result is not None
    return {name: value for name, value in result.values.items() if name not in CLOCKS}


@pytest.mark.parametrize(
    ("method", "moments"),
    [
        ("sft", ("logged:2",)),
        ("sft", ("half-saved:8", "logged:15")),
        ("dpo", ("logged:6", "half-saved:8", "saved")),
        ("reward", ("logged:9", "trained")),
    ],
)
def test_a_stage_that_died_again_and_again_ends_as_if_it_never_had(
    planned: TinyRun, unbroken: TinyRun, method: Method, moments: tuple[str, ...]
) -> None:
    stage = planned.stage(method)
    resumed = copy_of(planned, f"{method}-{'-'.join(moments).replace(':', '-')}", unbroken if method == "dpo" else None)
    for moment in moments:
        with dying(moment, die), pytest.raises(Died):
            train(resumed, method)

    train(resumed, method)

    assert_same_training(resumed, unbroken, stage)


def test_a_stage_killed_with_sigkill_resumes_to_the_same_losses_and_weights(planned: TinyRun, unbroken: TinyRun) -> None:
    stage = planned.stage("dpo")
    resumed = copy_of(planned, "sigkill", unbroken)
    command = [sys.executable, "-m", "tests.trainers.dying", str(resumed.run.path), stage.name, "logged:9"]
    died = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL
    assert newest_checkpoint(resumed.run.checkpoints(stage.name)) is not None
    assert resumed.run.stage_result(stage.name) is None

    train(resumed, "dpo")

    assert_same_training(resumed, unbroken, stage)


def test_a_stop_request_saves_a_checkpoint_to_go_on_from(planned: TinyRun, unbroken: TinyRun) -> None:
    stage = planned.stage("sft")
    stopped = copy_of(planned, "stopped")
    stopped.run.stop_file.touch()
    with pytest.raises(InterruptedRunError, match="step 1 of 16"):
        train(stopped, "sft")
    checkpoint = newest_checkpoint(stopped.run.checkpoints(stage.name))
    assert checkpoint is not None and checkpoint.name == "checkpoint-1"

    stopped.run.stop_file.unlink()
    train(stopped, "sft")

    assert_same_weights(stopped, unbroken, stage)
    assert figures(stopped, stage) == pytest.approx(figures(unbroken, stage), rel=1e-6)


def test_a_torn_checkpoint_is_deleted_before_training_goes_on(planned: TinyRun) -> None:
    resumed = copy_of(planned, "torn")
    torn = resumed.run.checkpoints("1-sft") / "checkpoint-7"
    torn.mkdir(parents=True)
    with dying("logged:2", die), pytest.raises(Died):
        train(resumed, "sft")
    assert not torn.exists()


def test_nothing_but_the_adapter_is_left_of_a_finished_stage(unbroken: TinyRun) -> None:
    assert not unbroken.run.checkpoints("1-sft").exists()
    left = {path.suffix for path in unbroken.run.stage("1-sft").rglob("*") if path.is_file()}
    assert left == {".json", ".jsonl", ".safetensors", ".jinja"}
