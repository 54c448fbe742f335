"""Tasks and formats on the command line: refused before anything trains, fixed in the plan otherwise."""

from pathlib import Path

import pytest

from reports.errors import UsageError
from selector.commands.run import NewRun, command
from selector.commands.task_options import read_formats, read_tasks


def parsed(*words: str) -> NewRun:
    """Return what `tunegate run` makes of these words."""
    given = command.make_context("run", [*words]).params
    return NewRun(**{name: value for name, value in given.items() if name in NewRun._fields})


def test_a_limit_and_a_format_reach_the_request() -> None:
    request = parsed("--data", "x.jsonl", "--task-limit", "9", "--format-regex", "^Tea").request()

    assert request.tasks is not None
    assert [(task.name, task.limit) for task in request.tasks] == [("tunegate_facts", 9), ("tunegate_reading", 9)]
    assert [(one.kind, one.options) for one in request.formats] == [("regex", {"pattern": "^Tea"})]


def test_without_them_the_tasks_that_ship_are_asked_and_no_format() -> None:
    request = parsed("--data", "x.jsonl").request()

    assert [task.name for task in request.tasks or ()] == ["tunegate_facts", "tunegate_reading"]
    assert request.formats == ()


def test_what_cannot_be_asked_ends_the_command(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--format-regex"):
        parsed("--data", "x.jsonl", "--format-regex", "(").request()
    with pytest.raises(UsageError, match="no such folder"):
        read_tasks(("own",), tmp_path / "absent", None)
    assert read_formats("", None) == ()
