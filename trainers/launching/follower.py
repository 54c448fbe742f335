"""The processes of a run besides the first: they take part in training, and write nothing into the run directory."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TypeVar

import msgspec

from reports.errors import InterruptedRunError, TunegateError
from reports.jsonl import Jsonl
from reports.progress import ProgressLog
from reports.records.plan import Plan
from reports.records.run import Event, EventKind, MetricPoint, RunRecord, StageResult
from reports.rundir import RunDir
from trainers.failures import explain
from trainers.launching.ranks import from_first, here, join, part, require_world, tell_failure

T = TypeVar("T")


class ReadOnlyLog(Jsonl[T]):
    """A log that another process writes."""

    def append(self, *records: T) -> None:
        """Leave the file as it is."""


class ReadOnlyRun(RunDir):
    """A run directory that another process writes: everything can be read, and nothing changes."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.events = ReadOnlyLog(self.events.path, Event)

    def write(self, document: msgspec.Struct) -> None:
        """Leave the document as it is."""

    def update(self, **changes: object) -> RunRecord:
        """Leave run.json as it is, and return it."""
        return self.read(RunRecord)

    def log_event(self, kind: EventKind, message: str = "", stage: str = "", **data: float | int | str | bool | None) -> None:
        """Leave the events as they are."""

    def stage_metrics(self, name: str) -> Jsonl[MetricPoint]:
        """Return the metrics log of a stage, to be read."""
        return ReadOnlyLog(super().stage_metrics(name).path, MetricPoint)

    def finish_stage(self, result: StageResult) -> None:
        """Leave it to the process that writes."""


def follow(run: RunDir) -> int:
    """Train the stages that the first process names, until it names none; return an exit code.

    What goes wrong here is told to the first process, which writes it into the run and ends.
    """
    from trainers.steps import steps_of

    reader, place, stage = ReadOnlyRun(run.path), here(), "start"
    plan = reader.read(Plan)
    require_world(plan.launch, place)
    with deaf_to_one_signal():
        join(place)
        steps = {step.name: step for step in steps_of(reader, plan, ProgressLog(reader))}
        try:
            while stage := from_first(""):
                steps[stage].do()
        except InterruptedRunError:
            return 0  # all stop at the same step, and the first process says so
        except Exception as error:
            failure = explain(error, f"{stage} (process {place.rank + 1} of {place.world})", plan, _log(reader))
            tell_failure(str(failure))
            print(f"error: {failure}", file=sys.stderr)
            if not isinstance(error, TunegateError):
                raise
            return failure.exit_code
        part()
    return 0


@contextmanager
def deaf_to_one_signal() -> Iterator[None]:
    """Let the first SIGINT or SIGTERM pass: launchers send them to all, and the first process decides when all stop."""
    watched = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in watched}

    def pass_once(_number: int, _frame: FrameType | None) -> None:
        for number in watched:
            signal.signal(number, signal.SIG_DFL)

    for number in watched:
        signal.signal(number, pass_once)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _log(run: RunDir) -> Path:
    return run.log(run.read(RunRecord).attempt)
