"""Finding tasks of lm-evaluation-harness by name: those that ship, the user's own, and the harness's."""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec.structs import replace

from evals.rewards.kinds import nearest
from evals.tasks.items import TASKS
from reports.digest import file_digest, text_digest
from reports.errors import DataError, MissingError, UsageError
from reports.records.plan import TaskPlan

if TYPE_CHECKING:
    from lm_eval.tasks import TaskManager

SHIPPED: Final = ("tunegate_facts", "tunegate_reading")
"""Tasks that every run is measured on."""
SHOT_SEED: Final = 1234
"""The harness's own seed for choosing examples that are shown before a question."""
DESCRIPTIONS: Final = ("*.yaml", "*.py")


class FoundTask(NamedTuple):
    """One task, ready to be asked."""

    name: str
    task: Any
    """`lm_eval.api.task.Task`."""
    digest: str
    """Of the files that describe the task, its YAML and the code beside it, and of its questions."""


def parse_tasks(named: Sequence[str], folder: Path | None = None, limit: int | None = None) -> tuple[TaskPlan, ...]:
    """Return the tasks of a plan: those that ship and those named, `NAME` or `NAME=METRIC`, each tried before anything trains.

    Raises:
        UsageError: a task or its metric does not exist, or it runs code that a model wrote.
        MissingError: its questions cannot be loaded.
    """
    place = str(folder.expanduser().resolve()) if folder else ""
    plans = {name: TaskPlan(name=name, limit=limit) for name in SHIPPED}
    for text in named:
        name, _, metric = text.partition("=")
        plan = TaskPlan(name=name, metric=metric, folder=place, limit=limit)
        found = find_tasks(plan)
        _require_metric(plan, found)
        plans[name] = replace(plan, digest=digest_of(found))
    return tuple(plans.values())


def digest_of(found: Sequence[FoundTask]) -> str:
    """Return what identifies the tasks that a name stands for, in any order."""
    return text_digest(*sorted(f"{one.name} {one.digest}" for one in found))


def require_planned(plan: TaskPlan) -> tuple[FoundTask, ...]:
    """Return the tasks of a plan, as `find_tasks`; DataError where they are not those that were planned."""
    found = find_tasks(plan)
    if plan.digest and digest_of(found) != plan.digest:
        raise DataError(
            f"--task {plan.name}: its description or its questions are not those the plan was made with. "
            "Restore its files, or plan a new run."
        )
    return found


def find_tasks(plan: TaskPlan) -> tuple[FoundTask, ...]:
    """Return the tasks that a name stands for: one, or all of a group or tag.

    Raises:
        UsageError: no task has this name, or it runs code that a model wrote.
        MissingError: the task's questions cannot be loaded.
    """
    with quiet():
        manager = _manager(plan)
        tasks = _load(manager, plan)
    unsafe = [name for name, task in tasks.items() if getattr(task, "UNSAFE_CODE", False)]
    if unsafe:
        raise UsageError(f"--task {plan.name}: {unsafe[0]} runs code that a model writes. Name a task that only reads answers.")
    return tuple(
        FoundTask(name, _settled(task), text_digest(_described(manager, name), *_questions(task))) for name, task in tasks.items()
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the harness's bars and notes out of the log; what goes wrong is raised all the same."""
    logger = logging.getLogger("lm_eval")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stderr(StringIO()):
            yield
    finally:
        logger.setLevel(before)


def _manager(plan: TaskPlan) -> "TaskManager":
    """Return where the task is known; the harness's thousands of files are read only for a name that is not found before."""
    from lm_eval.tasks import TaskManager

    folder = Path(plan.folder).expanduser()
    if plan.folder and not folder.is_dir():
        raise UsageError(f"--tasks-folder {plan.folder}: no such folder. Give one with YAML files of lm-evaluation-harness.")
    folders = [str(TASKS), *([str(folder)] if plan.folder else [])]
    own = TaskManager(include_path=folders, include_defaults=False)
    if plan.name in own.task_index:
        return own
    everything = TaskManager(include_path=folders)
    if plan.name not in everything.task_index:
        raise _unknown(plan, own.all_tasks, everything.all_tasks)
    return everything


def _unknown(plan: TaskPlan, own: list[str], every: list[str]) -> UsageError:
    """Return the error of a name that is no task's, with the nearest and where others are found."""
    near = nearest(plan.name, dict.fromkeys(every))
    return UsageError(
        f"--task {plan.name}: no task has this name{near or '.'} Described here: {', '.join(own)}. "
        f"`lm-eval ls tasks` lists the {len(every) - len(own):,} names of lm-evaluation-harness; "
        "a task of your own is a YAML file in the folder given with --tasks-folder."
    )


def _load(manager: "TaskManager", plan: TaskPlan) -> dict[str, Any]:
    """Build the tasks, which loads their questions; whatever a task's own code raises is one failure here."""
    try:
        return dict(manager.load([plan.name])["tasks"])
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise MissingError(
            f"--task {plan.name}: its questions cannot be loaded ({type(error).__name__}: {reason}). "
            "Fetch its data set once while online, install what it names, or leave the task out."
        ) from error


def _require_metric(plan: TaskPlan, found: Sequence[FoundTask]) -> None:
    known = sorted({metric for one in found for metric in (one.task.higher_is_better() or {})})
    asked = plan.metric.partition(",")[0]
    if asked and known and asked not in known:
        raise UsageError(f"--task {plan.name}={plan.metric}: the task has no such metric. Metrics: {', '.join(known)}.")


def _settled(task: Any) -> Any:
    """Settle what the harness leaves open: examples shown first are none where the task names no number, and drawn by seed."""
    if task.get_config("num_fewshot") is None:
        task.set_config(key="num_fewshot", value=0)
    task.set_fewshot_seed(seed=SHOT_SEED)
    return task


def _described(manager: "TaskManager", name: str) -> str:
    entry = manager.task_index.get(name)
    if entry is None or entry.yaml_path is None:
        return ""
    files = sorted(file for pattern in DESCRIPTIONS for file in Path(entry.yaml_path).parent.glob(pattern))
    return text_digest(*(part for file in files for part in (file.name, file_digest(file))))


def _questions(task: Any) -> Iterator[str]:
    """Return every question of a task, and those from which examples are drawn, as far as they are text."""
    shown = task.fewshot_docs() if task.get_config("num_fewshot") else None
    for questions in (task.eval_docs, shown or ()):
        yield from (json.dumps(question, sort_keys=True, default=lambda value: type(value).__name__) for question in questions)
