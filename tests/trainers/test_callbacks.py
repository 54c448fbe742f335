"""What a watched training writes down, and when it stops."""

import math
from pathlib import Path

import pytest

from reports.progress import ProgressLog
from reports.records.plan import StagePlan
from reports.records.run import Progress
from reports.rundir import RunDir
from trainers.callbacks import StageWatch
from trainers.checkpoints import MARKER, drop_incomplete, newest_checkpoint

STAGE = StagePlan(name="1-sft", method="sft", choices=())


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return RunDir(tmp_path)


@pytest.fixture
def watch(run: RunDir) -> StageWatch:
    watch = StageWatch(run, STAGE, "SFT", ProgressLog(run))
    watch.begun(0, 10, 0)
    return watch


def checkpoint(run: RunDir, step: int) -> Path:
    folder = run.checkpoints(STAGE.name) / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    (folder / "weights").write_bytes(b"w")
    return folder


def test_a_log_entry_becomes_a_metric_point_without_the_trainers_clocks(run: RunDir, watch: StageWatch) -> None:
    assert watch.logged(2, 0.5, {"loss": 1.5, "num_input_tokens_seen": 30, "eval_runtime": 2.0, "num_tokens": 9, "epoch": 0.5})
    [point] = run.stage_metrics(STAGE.name).read()
    assert (point.step, point.epoch, point.values) == (2, 0.5, {"loss": 1.5, "tokens": 30.0})


def test_training_and_evaluation_of_one_step_end_in_one_point(run: RunDir, watch: StageWatch) -> None:
    watch.logged(2, 0.5, {"loss": 1.5})
    watch.logged(2, 0.5, {"eval_loss": 1.4})
    assert run.stage_metrics(STAGE.name).read()[-1].values == {"loss": 1.5, "eval_loss": 1.4}


def test_a_loss_that_is_no_number_is_null_raises_an_alarm_and_stops(run: RunDir, watch: StageWatch) -> None:
    assert not watch.logged(3, None, {"loss": math.nan})
    assert watch.diverged == "loss became nan at step 3"
    assert run.stage_metrics(STAGE.name).read()[-1].values == {"loss": None}
    [event] = [event for event in run.events.read() if event.kind == "alarm"]
    assert (event.stage, event.data) == ("train/1-sft", {"metric": "loss", "step": 3})


def test_another_value_that_is_no_number_raises_one_alarm_and_goes_on(run: RunDir, watch: StageWatch) -> None:
    assert watch.logged(3, None, {"loss": 1.0, "grad_norm": math.inf})
    assert watch.logged(4, None, {"loss": 1.0, "grad_norm": math.inf})
    assert len([event for event in run.events.read() if event.kind == "alarm"]) == 1


def test_progress_shows_the_steps(run: RunDir, watch: StageWatch) -> None:
    watch.stepped(10, 10)
    progress = run.read(Progress)
    assert (progress.stage, progress.title, progress.done, progress.total, progress.unit) == (
        "train/1-sft",
        "Training SFT",
        10,
        10,
        "steps",
    )


def test_a_stop_file_stops_after_the_step_but_not_after_the_last(run: RunDir, watch: StageWatch) -> None:
    assert not watch.stepped(4, 10)
    run.stop_file.touch()
    assert not watch.stepped(10, 10)
    assert watch.interrupted_at is None
    assert watch.stepped(5, 10)
    assert watch.interrupted_at == 5


def test_a_checkpoint_counts_only_once_it_is_marked(run: RunDir, watch: StageWatch) -> None:
    whole, torn = checkpoint(run, 5), checkpoint(run, 10)
    watch.saved(5, whole)
    assert newest_checkpoint(run.checkpoints(STAGE.name)) == whole
    assert drop_incomplete(run.checkpoints(STAGE.name)) == 1
    assert not torn.exists() and (whole / MARKER).is_file()
    assert [event.data for event in run.events.read() if event.kind == "checkpoint_saved"] == [{"step": 5}]


def test_the_newest_checkpoint_is_the_one_with_most_steps_not_the_last_by_name(run: RunDir, watch: StageWatch) -> None:
    for step in (9, 10, 100):
        watch.saved(step, checkpoint(run, step))
    newest = newest_checkpoint(run.checkpoints(STAGE.name))
    assert newest is not None and newest.name == "checkpoint-100"


def test_a_folder_without_checkpoints_has_no_newest(run: RunDir) -> None:
    assert newest_checkpoint(run.checkpoints("2-dpo")) is None
    assert drop_incomplete(run.checkpoints("2-dpo")) == 0
