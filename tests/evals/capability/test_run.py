"""Capability and format as parts of a whole measurement."""

from pathlib import Path

from msgspec.structs import replace

from evals.measure import measure
from evals.metrics.format import format_plans
from reports.progress import ProgressLog
from reports.records.plan import TaskPlan
from tests.evals.tiny_run import make_run


def test_a_run_measures_its_tasks_and_formats_beside_everything_else(tmp_path: Path, model: Path) -> None:
    run, plain = make_run(tmp_path, model)
    plan = replace(plain, tasks=(TaskPlan(name="tunegate_facts", limit=4),), formats=format_plans("e", None))

    found = {metric.name: metric for metric in measure(run, plan, ProgressLog(run)).metrics}

    assert (found["capability_tunegate_facts"].n, found["format"].n) == (4, 5)
    assert found["capability_tunegate_facts"].suite == "tasks"
    written = {path.name: path.stat().st_mtime_ns for path in run.task_results()}
    measured_again = {metric.name: metric for metric in measure(run, plan, ProgressLog(run)).metrics}
    assert {path.name: path.stat().st_mtime_ns for path in run.task_results()} == written
    assert measured_again == found
