"""Options for what is measured besides the prompt suites: tasks of lm-evaluation-harness, a format, metrics of packages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from reports.records.plan import RewardPlan, TaskPlan

F = TypeVar("F", bound=Callable[..., Any])

TASK: Final = "Task or group of lm-evaluation-harness to measure capability on, besides those that ship; may be repeated."
FILE: Final = click.Path(path_type=Path, dir_okay=False)
FOLDER: Final = click.Path(path_type=Path, file_okay=False)
OPTIONS: Final = (
    click.option("--task", "tasks", multiple=True, metavar="NAME[=METRIC]", help=TASK),
    click.option("--tasks-folder", type=FOLDER, metavar="DIR", help="Where tasks of your own are described, in YAML."),
    click.option("--task-limit", type=click.IntRange(1), metavar="N", help="Ask at most N questions of each task."),
    click.option("--format-regex", default="", metavar="REGEX", help="Every answer must hold a match of this expression."),
    click.option("--format-schema", type=FILE, metavar="FILE", help="Every answer must hold JSON of this schema."),
    click.option("--metric", "metrics", multiple=True, metavar="NAME", help="Measure what an installed package brings too."),
)


def task_options(command: F) -> F:
    """Add the options to a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def read_tasks(named: tuple[str, ...], folder: Path | None, limit: int | None) -> tuple[TaskPlan, ...]:
    """Return the tasks to measure; UsageError or MissingError for one that cannot be asked."""
    from evals.capability.tasks import parse_tasks

    return parse_tasks(named, folder, limit)


def read_formats(regex: str, schema: Path | None) -> tuple[RewardPlan, ...]:
    """Return the formats to measure, none where none is asked for; UsageError for one that cannot be used."""
    if not regex and schema is None:
        return ()
    from evals.metrics.format import format_plans

    return format_plans(regex, schema)
