"""Capability of both sides: every task of the plan asked of the loaded pair, each finished side kept on disk."""

from importlib.metadata import version
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.batching import free_memory, is_out_of_memory
from evals.capability.answers import Scored, read_samples
from evals.capability.harness import Layout, Questions, ask, batch_size, choose, wrap
from evals.capability.tasks import FoundTask, quiet, require_planned
from evals.generate import SIDES, STAGE, stop_if_asked
from evals.models import ModelPair
from reports.digest import text_digest
from reports.errors import SchemaError
from reports.progress import ProgressLog
from reports.records.capability import TaskResult
from reports.records.evaluation import Side
from reports.records.plan import Plan, TaskPlan
from reports.rundir import RunDir, read_document, write_document

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

NOTHING_FITS: Final = Scored("", True, None, (), "No question fits the model's context.")


class Answered(NamedTuple):
    """A task of the plan with the results of its tasks, by side; a group has several."""

    plan: TaskPlan
    results: tuple[dict[Side, TaskResult], ...]


class Asking(NamedTuple):
    """Everything that is the same for all tasks of a run."""

    run: RunDir
    pair: ModelPair
    tokenizer: "PreTrainedTokenizerBase"
    identity: dict[Side, str]
    """By side, a digest of weights, adapter, dtype and chat template."""
    layout: Layout
    progress: ProgressLog


def measure_capability(plan: Plan, asking: Asking) -> tuple[Answered, ...]:
    """Ask both sides the tasks of the plan; a side's finished task is kept and not asked again.

    Called before anything else generates: answers are then made with the model's own generation settings, as the harness's
    command line makes them.

    Raises:
        UsageError, MissingError: a task cannot be found or loaded any more.
        DataError: a task is not the one that was planned.
        InterruptedRunError: a stop was requested; finished tasks are kept.
    """
    return tuple(
        Answered(task, tuple(_both_sides(found, task, asking) for found in require_planned(task))) for task in plan.tasks
    )


def _both_sides(found: FoundTask, plan: TaskPlan, asking: Asking) -> dict[Side, TaskResult]:
    """Return both sides' answers, from batches of one size; where memory runs out, both are asked again with half of it."""
    with quiet():
        lm = wrap(asking.pair.candidate, asking.tokenizer, asking.layout, 1, lambda: None)
        questions = choose(found, plan.limit, lm, asking.layout)
    size = batch_size(asking.layout, questions.longest)
    while True:
        try:
            return {side: _side(found, plan, questions, side, size, asking) for side in SIDES}
        except (RuntimeError, MemoryError) as error:
            if size == 1 or not is_out_of_memory(error):
                raise
            free_memory()
            size //= 2


def _side(found: FoundTask, plan: TaskPlan, questions: Questions, side: Side, size: int, asking: Asking) -> TaskResult:
    key = _key(found, plan, questions, side, size, asking)
    kept = _kept(asking.run, found.name, side)
    if kept is not None and kept.key == key:
        return kept
    scored = _asked(found, plan, questions, side, size, asking) if questions.asked else NOTHING_FITS
    result = TaskResult(
        key=key,
        task=found.name,
        side=side,
        metric=scored.metric,
        higher_is_better=scored.higher_is_better,
        chance=scored.chance,
        shots=int(found.task.get_config("num_fewshot") or 0),
        version=str(found.task.VERSION),
        questions=len(questions.asked) + len(questions.too_long),
        too_long=questions.too_long,
        answers=scored.answers,
        because=scored.because,
    )
    write_document(asking.run.task_result(found.name, side), result)
    return result


def _asked(found: FoundTask, plan: TaskPlan, questions: Questions, side: Side, size: int, asking: Asking) -> Scored:
    done = 0
    asking.progress.begin(STAGE, f"Asking {found.name}, {side}", questions.requests, "answers")

    def answered() -> None:
        nonlocal done
        done += 1
        asking.progress.advance(done)
        stop_if_asked(asking.run, f"in the task {found.name}, after finished tasks")

    with asking.pair.side(side) as model, quiet():
        lm = wrap(model, asking.tokenizer, asking.layout, size, answered)
        samples = ask(found, questions, lm, asking.layout)
    return read_samples(found.task, samples, plan.metric)


def _kept(run: RunDir, task: str, side: Side) -> TaskResult | None:
    """Return what an earlier attempt wrote down; a file that cannot be read is as good as none."""
    path = run.task_result(task, side)
    try:
        return read_document(path, TaskResult) if path.is_file() else None
    except SchemaError:
        return None


def _key(found: FoundTask, plan: TaskPlan, questions: Questions, side: Side, size: int, asking: Asking) -> str:
    return text_digest(
        asking.identity[side],
        version("lm-eval"),
        f"{asking.layout.context} {asking.layout.has_template} {size}",
        f"{found.name} {found.task.VERSION} {plan.metric}",
        found.digest,
        questions.wording,
        " ".join(map(str, questions.too_long)),
    )
