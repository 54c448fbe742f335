"""A process that does not write the run reads it, and changes nothing."""

import os
import signal
from pathlib import Path

from reports.progress import ProgressLog
from reports.records.plan import Plan
from reports.records.run import MetricPoint, StageResult
from reports.rundir import RunDir
from tests.trainers.launching.plans import plan_of, run_of
from trainers import launch
from trainers.launching.follower import ReadOnlyRun, deaf_to_one_signal


def files(run: RunDir) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in run.path.rglob("*") if path.is_file()}


def write_everything(run: RunDir) -> None:
    run.write(plan_of("dpo"))
    run.update(status="failed")
    run.log_event("alarm", "loss became nan")
    run.stage_metrics("1-sft").append(MetricPoint(step=1, epoch=None, seconds=0.0, values={}))
    run.finish_stage(StageResult(stage="1-sft", method="sft", steps=1, seconds=0.0, values={}))
    ProgressLog(run).begin("train/1-sft", "Training SFT", 8, "steps")


def test_whatever_is_written_through_a_read_only_run_changes_nothing(tmp_path: Path) -> None:
    run = run_of(RunDir.create(tmp_path, "read"), plan_of("sft"))
    before = files(run)
    reader = ReadOnlyRun(run.path)
    write_everything(reader)
    assert files(run) == before
    assert reader.read(Plan) == run.read(Plan)
    write_everything(run)
    assert files(run) != before


def test_the_first_signal_passes_and_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with deaf_to_one_signal():
        os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_run_for_two_processes_is_not_trained_by_one(tmp_path: Path) -> None:
    from reports.records.plan import LaunchPlan
    from reports.records.run import RunRecord

    run = run_of(RunDir.create(tmp_path, "two"), plan_of("sft", launch=LaunchPlan(processes=2, sharing="ddp")))
    assert launch.main([str(run.path)]) == 2
    record = run.read(RunRecord)
    assert record.status == "failed" and "for 2 processes, and one process started" in str(record.error)
    assert not run.stage("1-sft").exists()
