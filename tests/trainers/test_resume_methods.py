"""Every method, killed and stopped at arbitrary steps, ends with the curve and the weights of an unbroken run."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from evals.models import load_candidate
from reports.errors import InterruptedRunError
from reports.progress import ProgressLog
from reports.records.data import Checks, Lineage
from reports.records.plan import Method, RewardPlan
from reports.records.recommendation import Strategy
from reports.records.run import StageResult
from reports.rundir import RunDir
from tests.trainers.dying import Died
from tests.trainers.tiny_run import TinyRun, make_tiny_run
from trainers.callbacks import StageWatch
from trainers.checkpoints import can_save, newest_checkpoint
from trainers.methods import METHODS
from trainers.rollouts import PromptOrder

ROOT = Path(__file__).parents[2]
SHORT = (RewardPlan(name="short", kind="length-band", options={"low": 1, "high": 6, "unit": "characters"}),)
OPTIONS = {
    "num_train_epochs": "2",
    "logging_steps": "1",
    "save_steps": "3",
    "learning_rate": "1e-3",
}
CLOCKS = {"tokens_per_second", "peak_memory_gib", "seconds_per_step"}
REUSED = {"num_iterations": "2", "steps_per_generation": "4", "num_train_epochs": "1", "save_steps": "1"}
"""Answers that are sampled once and learned from in four steps."""
STRATEGIES: dict[Method, Strategy] = {
    "sft": "sft", "dpo": "dpo", "kto": "kto", "orpo": "orpo", "reward": "rlhf", "rloo": "rlhf", "grpo": "rft",
}  # fmt: skip

pytestmark = pytest.mark.training


class Trained(NamedTuple):
    """What a finished stage leaves that must not depend on how often it was interrupted."""

    result: StageResult
    curve: dict[int, dict[str, float | None]]
    weights: dict[str, Any]

    def figures(self) -> dict[str, float | None]:
        return {name: value for name, value in self.result.values.items() if name not in CLOCKS}


def prepare(folder: Path, method: Method, **options: str) -> TinyRun:
    together = {} if METHODS[method].samples else {"gradient_accumulation_steps": "1"}
    tiny = make_tiny_run(folder, STRATEGIES[method], rows=16, overrides={**OPTIONS, **together, **options}, rewards=SHORT)
    if method == "rloo":
        train(tiny, "sft")
    return tiny


def train(tiny: TinyRun, method: Method) -> StageResult:
    result: StageResult = import_module(f"trainers.{method}").train(
        tiny.run, tiny.plan, tiny.stage(method), ProgressLog(tiny.run)
    )
    return result


def finish(tiny: TinyRun, method: Method) -> Trained:
    from safetensors.torch import load_file

    result, stage = train(tiny, method), tiny.stage(method)
    curve = {point.step: point.values for point in tiny.run.stage_metrics(stage.name).read()}
    return Trained(result, curve, load_file(tiny.run.adapter(stage.name) / "adapter_model.safetensors"))


def copy_of(tiny: TinyRun, name: str) -> TinyRun:
    folder = tiny.run.path.parent / name
    shutil.copytree(tiny.run.path, folder)
    return TinyRun(RunDir(folder), tiny.plan)


@contextmanager
def after_step(step: int, do: Any) -> Iterator[None]:
    """Do something in the moment between a step and the request to stop that is looked for after it."""
    stepped = StageWatch.stepped

    def watched(watch: StageWatch, at: int, *rest: Any) -> bool:
        if at == step:
            do()
        return stepped(watch, at, *rest)

    with patch.object(StageWatch, "stepped", watched):
        yield


def die() -> None:
    raise Died


def die_and_be_stopped(tiny: TinyRun, method: Method, died: int, stopped: int) -> Path:
    """Die after one step, go on, be asked to stop after a later one; return the checkpoint that is left."""
    with after_step(died, die), pytest.raises(Died):
        train(tiny, method)
    with after_step(stopped, tiny.run.stop_file.touch), pytest.raises(InterruptedRunError, match="stopped on request"):
        train(tiny, method)
    tiny.run.stop_file.unlink()
    checkpoint = newest_checkpoint(tiny.run.checkpoints(tiny.stage(method).name))
    assert checkpoint is not None
    return checkpoint


def assert_same(resumed: Trained, unbroken: Trained) -> None:
    assert resumed.curve == unbroken.curve
    assert resumed.figures() == unbroken.figures()
    assert resumed.weights.keys() == unbroken.weights.keys()
    assert all(bool((resumed.weights[name] == weight).all()) for name, weight in unbroken.weights.items())


@pytest.mark.parametrize(
    ("method", "options"), [*((method, {}) for method in STRATEGIES), ("grpo", REUSED)], ids=[*STRATEGIES, "grpo-reused"]
)
def test_a_method_killed_and_stopped_anywhere_ends_as_if_it_never_had(
    tmp_path: Path, method: Method, options: dict[str, str]
) -> None:
    tiny = prepare(tmp_path, method, **options)
    resumed = copy_of(tiny, "resumed")
    unbroken = finish(tiny, method)
    assert len({tuple(values.items()) for values in unbroken.curve.values()}) == len(unbroken.curve)
    died, stopped = sorted(random.Random(f"{method}{options}").sample(range(1, unbroken.result.steps - 3), 2))

    checkpoint = die_and_be_stopped(resumed, method, died, stopped)
    if method != "reward":
        load_candidate(resumed.plan.model, checkpoint)

    assert_same(finish(resumed, method), unbroken)


def test_a_checkpoint_amid_sampled_answers_would_change_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = prepare(tmp_path, "grpo", **REUSED)
    resumed = copy_of(tiny, "resumed")
    unbroken = finish(tiny, "grpo")
    monkeypatch.setattr("trainers.stage.can_save", lambda _: True)
    die_and_be_stopped(resumed, "grpo", 2, 3)
    assert finish(resumed, "grpo").curve != unbroken.curve


@pytest.mark.parametrize(("batches", "whole"), [(0, True), (3, False), (4, False), (8, True), (12, False)])
def test_sampled_answers_are_used_up_at_the_end_of_their_block_only(batches: int, whole: bool) -> None:
    trainer = SimpleNamespace(args=SimpleNamespace(steps_per_generation=4), num_iterations=2, _step=batches)
    assert can_save(trainer) is whole


def test_a_later_pass_asks_the_prompts_in_the_same_order_after_a_resume() -> None:
    from trl.trainer.utils import RepeatSampler

    def sampler() -> Any:
        return RepeatSampler(list(range(12)), mini_repeat_count=2, batch_size=3, repeat_count=2, seed=5)

    trainer = SimpleNamespace(state=SimpleNamespace(epoch=0))
    unbroken, alone = PromptOrder(sampler(), trainer), sampler()
    first, alone_first = list(unbroken), list(alone)
    trainer.state.epoch = 1.25
    second = list(unbroken)
    assert first == alone_first and sorted(first) == sorted(second) and first != second
    assert list(PromptOrder(sampler(), trainer)) == second
    assert list(alone) != list(sampler())


@pytest.mark.parametrize(("method", "number"), [("sft", signal.SIGINT), ("orpo", signal.SIGTERM)])
def test_a_signal_ends_the_process_with_a_checkpoint_that_loads(tmp_path: Path, method: Method, number: signal.Signals) -> None:
    tiny = prepare(tmp_path, method, num_train_epochs="500", save_steps="5000")
    tiny.run.write(replace(tiny.plan, judge=None))
    tiny.run.write(Checks(checks=()))
    tiny.run.write(Lineage(inputs=(), filters=(), splits=(), seed=0))
    stage = tiny.stage(method)
    command = [sys.executable, "-P", "-m", "trainers.launch", str(tiny.run.path)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL) as process:
        while not tiny.run.stage_metrics(stage.name).read():
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(60) == 130
    checkpoint = newest_checkpoint(tiny.run.checkpoints(stage.name))
    assert checkpoint is not None
    load_candidate(tiny.plan.model, checkpoint)
