"""Evaluation results in the Hub's `.eval_results/*.yaml`, one file for each suite."""

import re
from pathlib import Path
from typing import Final

from reports.contents import Contents
from reports.errors import UsageError
from reports.records.evaluation import Metric, Suite
from reports.rundir import write_text
from reports.sharing.model_card import measured_metrics
from reports.wording import change, interval, number

FOLDER: Final = ".eval_results"
_DATASET: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def eval_results_of(contents: Contents, dataset: str) -> dict[Suite, str]:
    """Return the YAML of each suite's metrics; each metric is a task of the Hub data set `dataset`.

    The Hub shows results of data sets that are registered there as benchmarks, so the name is the user's to give. Raises
    UsageError where it is not `ORG/NAME`.
    """
    if not _DATASET.fullmatch(dataset):
        raise UsageError(f"--eval-dataset {dataset}: expected ORG/NAME, the Hub data set your prompts are published as.")
    by_suite: dict[Suite, list[Metric]] = {}
    for metric in measured_metrics(contents):
        by_suite.setdefault(metric.suite, []).append(metric)
    return {suite: _file(metrics, dataset, contents) for suite, metrics in by_suite.items()}


def write_eval_results(contents: Contents, dataset: str, folder: Path) -> list[Path]:
    """Write the files into `.eval_results` below `folder` and return their paths."""
    written = []
    for suite, text in eval_results_of(contents, dataset).items():
        path = folder / FOLDER / f"tunegate-{suite}.yaml"
        write_text(path, text)
        written.append(path)
    return written


def _file(metrics: list[Metric], dataset: str, contents: Contents) -> str:
    import yaml
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

    date = contents.record.finished_at or contents.record.created_at
    entries = [
        EvalResultEntry(dataset_id=dataset, task_id=metric.name, value=metric.candidate.value, date=date, notes=_notes(metric))
        for metric in metrics
    ]
    return str(yaml.safe_dump(eval_result_entries_to_yaml(entries), sort_keys=False, allow_unicode=True))


def _notes(metric: Metric) -> str:
    parts = [f"limits {interval(metric.candidate, metric.unit)}", f"n = {metric.n}"]
    if metric.baseline.value is not None:
        parts.append(f"baseline {number(metric.baseline.value, metric.unit)}")
    if metric.difference.value is not None:
        parts.append(f"change {change(metric.difference.value, metric.unit)}")
    return f"tunegate, {', '.join(parts)}"
