"""Following a run from its files: read by byte offset, kept in bounded memory, never touching the run."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from reports.records.plan import Plan
from reports.records.run import Event, Progress, RunRecord
from reports.rundir import RunDir
from reports.wording import visible
from selector.tui.curves import charts_of
from selector.tui.series import Points, Series
from selector.tui.wording import stage_title

FIRST_LOOK_BYTES: Final = 64 * 1024
"""How much of a log file is read on attaching; older lines stay in the file."""
LOG_LINES: Final = 400
FINAL: Final = ("done", "failed", "stopped")
CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_]")
EVENT_MARKS: Final = {
    "stage_finished": "✓",
    "run_finished": "✓",
    "run_failed": "✗",
    "alarm": "!",
    "warning": "!",
    "run_stopped": "‖",
    "stop_requested": "‖",
    "early_stopped": "‖",
}


class StageRow(NamedTuple):
    """One stage of the run with its state: waiting, running, done, failed, stopped or vanished."""

    name: str
    title: str
    state: str
    seconds: float | None


class Curves(NamedTuple):
    """The curves of one training stage by metric name."""

    stage: str
    method: str
    points: dict[str, Points]
    tokens_per_second: float | None = None
    """Between the last two points that count tokens; None where the trainer counts none."""


class View(NamedTuple):
    """What a watcher sees at one moment."""

    record: RunRecord
    alive: bool
    progress: Progress | None
    stages: tuple[StageRow, ...]
    curves: tuple[Curves, ...]
    """Stages that have logged, in their order."""
    lines: tuple[str, ...]
    """Log lines since the view before."""

    @property
    def state(self) -> str:
        """The status of the run; `vanished` where it should be running and no process works on it."""
        return self.record.status if self.alive or self.record.status in FINAL else "vanished"


class RunFeed:
    """Reads what is new in a run; one feed belongs to one watcher."""

    def __init__(self, run: RunDir, is_alive: Callable[[RunDir], bool]) -> None:
        self._run = run
        self._is_alive = is_alive
        self._events = 0
        self._log = LogTail()
        self._plan: Plan | None = None
        self._offsets: dict[str, int] = {}
        self._series: dict[str, dict[str, Series]] = {}
        self._counted: dict[str, list[tuple[float, float]]] = {}
        """By stage the last two pairs of seconds and tokens."""

    def poll(self) -> View:
        """Return the run as it stands, with the log lines that are new; SchemaError where it cannot be read."""
        # Before the record: a process that ends in between must not look as if it had vanished.
        alive = self._is_alive(self._run)
        record = self._run.read(RunRecord)
        if self._plan is None and self._run.has(Plan):
            self._plan = self._run.read(Plan)
        tail = self._run.events.tail(self._events)
        self._events = tail.offset
        # Events last: on attaching, what libraries print must not push the newest of them out of sight.
        lines = self._log.read(self._run.log(record.attempt)) + [event_line(event) for event in tail.records]
        return View(
            record=record,
            alive=alive,
            progress=self._run.read(Progress) if self._run.has(Progress) else None,
            stages=stage_rows(record, self._plan, alive),
            curves=self._read_curves(),
            lines=tuple(lines[-LOG_LINES:]),
        )

    def _read_curves(self) -> tuple[Curves, ...]:
        if self._plan is None:
            return ()
        every = (*((self._plan.judge,) if self._plan.judge else ()), *self._plan.stages)
        for stage in every:
            self._read_metrics(stage.name, {line.metric for chart in charts_of(stage.method) for line in chart.lines})
        return tuple(
            Curves(
                stage.name,
                stage.method,
                {name: series.points() for name, series in self._series[stage.name].items()},
                speed(self._counted.get(stage.name, [])),
            )
            for stage in every
            if self._series.get(stage.name)
        )

    def _read_metrics(self, stage: str, wanted: set[str]) -> None:
        tail = self._run.stage_metrics(stage).tail(self._offsets.get(stage, 0))
        self._offsets[stage] = tail.offset
        series = self._series.setdefault(stage, {})
        for point in tail.records:
            tokens = point.values.get("tokens")
            if tokens is not None:
                self._counted[stage] = [*self._counted.get(stage, [])[-1:], (point.seconds, tokens)]
            for name, value in point.values.items():
                if name in wanted and value is not None:
                    series.setdefault(name, Series()).add(point.step, value)


class LogTail:
    """Reads whole new lines of a text file that may be replaced by the file of a later attempt."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._offset = 0

    def read(self, path: Path) -> list[str]:
        """Return the lines that are new; on the first look only those near the end."""
        try:
            with path.open("rb") as file:
                size = file.seek(0, 2)
                if path != self._path:
                    self._path, self._offset = path, max(0, size - FIRST_LOOK_BYTES)
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        end = data.rfind(b"\n") + 1
        self._offset += end
        return [shown for line in data[:end].decode("utf-8", "replace").split("\n") if (shown := log_line(line))]


def log_line(line: str) -> str:
    """Return a line as a terminal would leave it: what a bar overwrote is gone, and so are control sequences."""
    return visible(CONTROL.sub("", line.rstrip("\r").rpartition("\r")[2])).rstrip()


def event_line(event: Event) -> str:
    """Return an event as one line of the log."""
    where = f" {stage_title(event.stage)}" if event.stage else ""
    words = f"{event.kind.replace('_', ' ')}{where}"
    message = visible(event.message).replace("\n", " ")
    return f"{event.at[11:19]} {EVENT_MARKS.get(event.kind, '·')} {words}{': ' if message else ''}{message}"


def stage_rows(record: RunRecord, plan: Plan | None, alive: bool) -> tuple[StageRow, ...]:
    """Return the stages of a run in order, each with its state."""
    names = stage_names(plan) if plan else tuple(record.seconds)
    return tuple(StageRow(name, stage_title(name), _state(name, record, alive), record.seconds.get(name)) for name in names)


def stage_names(plan: Plan) -> tuple[str, ...]:
    """Return the stages of a plan as `run.json` names them."""
    training = [f"train/{stage.name}" for stage in plan.stages]
    for position in (place for place, stage in reversed(list(enumerate(plan.stages))) if stage.method in ("rloo", "grpo")):
        training.insert(position, "rewards")
    return ("data", *(("judge",) if plan.judge else ()), *training, "measure", "gates", "report")


def speed(counted: Sequence[tuple[float, float]]) -> float | None:
    """Return the tokens a second between two counts; None where there are not two, or the count began anew."""
    if len(counted) < 2:
        return None
    (before, fewer), (after, more) = counted[-2:]
    return (more - fewer) / (after - before) if after > before and more > fewer else None


def eta_seconds(progress: Progress) -> float | None:
    """Return how long the running stage still takes at its mean pace; None while that cannot be told."""
    passed = progress.updated_at - progress.started_at
    if not progress.total or progress.done <= 0 or passed <= 0:
        return None
    return (progress.total - progress.done) * passed / progress.done


def _state(name: str, record: RunRecord, alive: bool) -> str:
    if record.status == "done" or name in record.seconds:
        return "done"
    if name != record.stage:
        return "waiting"
    if record.status == "running":
        return "running" if alive else "vanished"
    return record.status if record.status in FINAL else "waiting"
