"""The items of the local tasks, as lm-evaluation-harness wants them: a mapping of splits to data sets."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct, json, to_builtins

if TYPE_CHECKING:
    from datasets import Dataset

TASKS: Final = Path(__file__).parent
"""What `lm_eval.tasks.TaskManager` takes as `include_path`."""


class TaskItem(Struct, frozen=True, kw_only=True):
    """A question with four options, one of them right."""

    id: str
    question: str
    choices: tuple[str, str, str, str]
    answer: int
    """Place of the right option, 0 to 3."""
    category: str
    family: str
    """Questions about one passage are one family; all others are their own."""
    passage: str = ""


def read_items(task: str) -> list[TaskItem]:
    """Return the items of a task that ships, in the order of the file."""
    lines = (TASKS / f"{task}.jsonl").read_bytes().splitlines()
    return [json.decode(line, type=TaskItem) for line in lines]


def facts(**_: object) -> "dict[str, Dataset]":
    """Return the split `test` of `tunegate_facts`; the harness hands in its metadata."""
    return _as_split("tunegate_facts")


def reading(**_: object) -> "dict[str, Dataset]":
    """Return the split `test` of `tunegate_reading`; the harness hands in its metadata."""
    return _as_split("tunegate_reading")


def _as_split(task: str) -> "dict[str, Dataset]":
    from datasets import Dataset

    return {"test": Dataset.from_list([to_builtins(item) for item in read_items(task)])}
