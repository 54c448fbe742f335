"""The training stages of a run, as `trainers.launch` walks them, in a process that `torchrun` starts.

`python -m tests.trainers.launching.together RUN [FAULT]`: without data preparation, measuring and gates, which tiny runs
lack. A fault is `raise:RANK:STEP`, `kill:RANK:STEP` or `stop:RANK:STEP`: what one process does when it logs a step.
"""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from reports.progress import ProgressLog
from reports.records.gates import Gates
from reports.records.plan import Plan
from reports.rundir import RunDir
from trainers import launch, steps
from trainers.callbacks import StageWatch
from trainers.launching.ranks import here
from trainers.steps import Step

real_steps = steps.steps_of


def training_only(run: RunDir, plan: Plan, progress: ProgressLog) -> tuple[Step, ...]:
    """Return the training steps, and a last one that ends the run with a verdict."""
    verdict = Gates(verdict="go", because="Trained.", next_step="None.", results=())
    training = tuple(step for step in real_steps(run, plan, progress) if step.together)
    return (*training, Step("gates", lambda: run.has(Gates), lambda: run.write(verdict)))


def failing(fault: str) -> Any:
    """Return `StageWatch.logged` with a fault in one process at one step."""
    logged = StageWatch.logged
    kind, rank, step = fault.split(":")

    def fatal(watch: StageWatch, at: int, epoch: float | None, values: Mapping[str, float]) -> bool:
        if here().rank == int(rank) and at == int(step):
            if kind == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if kind == "raise":
                raise ValueError("a bad row")
            (Path(sys.argv[1]) / "stop").touch()
        return logged(watch, at, epoch, values)

    return fatal


def main(folder: str, fault: str = "") -> int:
    """Work on the run, with the fault where there is one."""
    launch.set_up_process()
    with patch.object(launch, "steps_of", training_only), patch.object(steps, "steps_of", training_only):
        if not fault:
            return launch.main([folder])
        with patch.object(StageWatch, "logged", failing(fault)):
            return launch.main([folder])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
