"""The state of a run: who started it, how far it is, and what happened on the way."""

from typing import Literal

from msgspec import Struct

from reports.records.gates import Verdict

RunStatus = Literal["created", "running", "stopped", "failed", "done"]
EventKind = Literal[
    "run_started",
    "run_resumed",
    "run_stopped",
    "run_failed",
    "run_finished",
    "stage_started",
    "stage_finished",
    "checkpoint_saved",
    "stop_requested",
    "early_stopped",
    "alarm",
    "warning",
    "note",
]


class RunRecord(Struct, frozen=True, kw_only=True):
    """`run.json`: identity and state of a run."""

    schema_version: int = 1
    run_id: str
    title: str
    created_at: str
    """UTC, ISO 8601."""
    argv: tuple[str, ...]
    """The command, secrets masked and the home folder written as `~`."""
    versions: dict[str, str]
    seed: int
    """Of the training."""
    strategy: str
    model: str
    status: RunStatus = "created"
    stage: str = ""
    """The stage in progress, or the one that failed: data, train/1-sft, judge, measure, gates, report."""
    attempt: int = 0
    verdict: Verdict | None = None
    finished_at: str | None = None
    error: str | None = None
    exit_code: int | None = None
    """How the last attempt ended, in the exit codes of the command line."""
    seconds: dict[str, float] = {}
    """Wall time by finished stage."""
    group: str = ""
    """`run_id` of the first of several runs that differ in their seed only; empty: the run stands alone."""


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of `events.jsonl`."""

    at: str
    kind: EventKind
    stage: str = ""
    message: str = ""
    data: dict[str, float | int | str | bool | None] = {}


class Progress(Struct, frozen=True, kw_only=True):
    """`progress.json`: where the running stage is; replaced at most a few times a second."""

    schema_version: int = 1
    stage: str
    title: str
    """What is being done, for people: `Training SFT`, `Generating, candidate`."""
    done: int
    total: int | None
    unit: str
    """steps, prompts, rows."""
    started_at: float
    """Unix time at which this stage's progress began."""
    updated_at: float
    memory_gib: float | None = None
    """Memory in use: that of tensors on the GPU, else what the process holds; None: the system does not tell."""


class ProcessRecord(Struct, frozen=True, kw_only=True):
    """`process.json`: the child process that works on the run."""

    schema_version: int = 1
    pid: int
    started: float
    """Start time of the process in seconds since the epoch, so that a reused pid is not mistaken for ours."""
    host: str
    attempt: int


class MetricPoint(Struct, frozen=True, kw_only=True):
    """One line of a stage's `metrics.jsonl`; after a resume the last line of a step counts."""

    step: int
    epoch: float | None
    seconds: float
    """Wall time since this attempt of the stage began."""
    values: dict[str, float | None]


class Look(Struct, frozen=True, kw_only=True):
    """One line of a stage's `looks.jsonl`: what the policy said to the watched prompts, and how it fared."""

    step: int
    """0: the start of the stage, which every later look is judged against."""
    answers: tuple[str, ...]
    preferences: tuple[float | None, ...]
    """By prompt, the probability that this answer is better than the start's, 0 to 1; None: the judge failed."""


class StageResult(Struct, frozen=True, kw_only=True):
    """`result.json` of a stage, written last: it exists, so the stage is complete."""

    schema_version: int = 1
    stage: str
    method: str
    steps: int
    seconds: float
    values: dict[str, float | None]
    """Final figures: train_loss, eval_loss, eval_accuracy, trainable_parameters, peak_memory_gib, ..."""
    stopped_early: str = ""
