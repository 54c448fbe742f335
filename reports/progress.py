"""Progress of the running stage, written where any watcher can read it."""

import time

from msgspec.structs import replace

from reports.processes import memory_in_use
from reports.records.run import Progress
from reports.rundir import RunDir

WRITE_EVERY_S = 0.25


class ProgressLog:
    """Writes `progress.json` for one run, at most a few times a second."""

    def __init__(self, run: RunDir) -> None:
        self._run = run
        self._current: Progress | None = None
        self._written = 0.0

    def begin(self, stage: str, title: str, total: int | None, unit: str) -> None:
        """Start a new bar at zero."""
        moment = time.time()
        self._current = Progress(stage=stage, title=title, done=0, total=total, unit=unit, started_at=moment, updated_at=moment)
        self._write()

    def advance(self, done: int) -> None:
        """Set how much is done; the last unit is always written."""
        if self._current is None:
            return
        current = self._current
        self._current = Progress(
            stage=current.stage,
            title=current.title,
            done=done,
            total=current.total,
            unit=current.unit,
            started_at=current.started_at,
            updated_at=time.time(),
        )
        if done == current.total or time.time() - self._written >= WRITE_EVERY_S:
            self._write()

    def _write(self) -> None:
        if self._current is not None:
            self._run.write(replace(self._current, memory_gib=memory_in_use()))
            self._written = time.time()
