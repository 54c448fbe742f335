"""What one side answered to one task of lm-evaluation-harness."""

from msgspec import Struct

from reports.records.evaluation import Side


class TaskAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One question of a task."""

    doc_id: int
    """Place of the question in the task's split."""
    value: float | None
    """The task's metric on this question; None where it has no number."""
    family: str = ""
    prompt: str = ""
    """The end of what the model was asked."""
    completion: str = ""
    """The likeliest option, or what was generated."""


class TaskResult(Struct, frozen=True, kw_only=True):
    """`evals/lm_eval/TASK.SIDE.json`: written when the side has answered the whole task."""

    schema_version: int = 1
    key: str
    """Digest of weights, adapter, dtype, template, task, questions and batch size; other keys are answered anew."""
    task: str
    side: Side
    metric: str
    higher_is_better: bool
    chance: float | None
    """What guessing is expected to give; None: not known for this metric."""
    shots: int
    version: str
    questions: int
    """Questions of the task that were chosen, those included that do not fit."""
    too_long: tuple[int, ...]
    """Questions that do not fit the model's context; they were not asked."""
    answers: tuple[TaskAnswer, ...]
    because: str = ""
    """Why there are no answers."""
