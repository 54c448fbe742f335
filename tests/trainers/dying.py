"""Training that dies at a chosen moment: by an exception inside a test, by SIGKILL as a process of its own.

`python -m tests.trainers.dying RUN STAGE MOMENT`, where a moment is `logged:7`, `half-saved:10`, `trained` or `saved`.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import patch

from reports.progress import ProgressLog
from reports.records.plan import Plan, StagePlan
from reports.rundir import RunDir
from trainers.callbacks import StageWatch

Death = Callable[[], NoReturn]


class Died(BaseException):
    """Ends training inside a test; nothing in the trainers may catch it."""


def die() -> NoReturn:
    """Unwind as an uncaught error would."""
    raise Died


def kill_this_process() -> NoReturn:
    """End as the kernel ends a process, with no chance to clean up."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


@contextmanager
def dying(moment: str, death: Death) -> Iterator[None]:
    """Let training die at the moment, as long as the block lasts."""
    name, _, step = moment.partition(":")
    owner, attribute, fatal = {
        "logged": (StageWatch, "logged", _after(StageWatch.logged, step, death)),
        "half-saved": (StageWatch, "saved", _amid_save(step, death)),
        "trained": (import_module("trainers.stage"), "save_trained", lambda *_: death()),
        "saved": (RunDir, "finish_stage", lambda *_: death()),
    }[name]
    with patch.object(owner, attribute, fatal):
        yield


def _after(logged: Callable[..., bool], step: str, death: Death) -> Callable[..., bool]:
    def fatal(watch: StageWatch, at: int, *rest: Any) -> bool:
        goes_on = logged(watch, at, *rest)
        return death() if at == int(step) else goes_on

    return fatal


def _amid_save(step: str, death: Death) -> Callable[..., None]:
    saved = StageWatch.saved

    def fatal(watch: StageWatch, at: int, checkpoint: Path) -> None:
        if at == int(step):
            (checkpoint / "optimizer.pt").write_bytes(b"half")
            death()
        saved(watch, at, checkpoint)

    return fatal


def main(folder: str, name: str, moment: str) -> None:
    """Train the stage called `name` until the moment."""
    run = RunDir(Path(folder))
    plan = run.read(Plan)
    every: tuple[StagePlan, ...] = (*plan.stages, *((plan.judge,) if plan.judge else ()))
    chosen = next(stage for stage in every if stage.name == name)
    with dying(moment, kill_this_process):
        import_module(f"trainers.{chosen.method}").train(run, plan, chosen, ProgressLog(run))


if __name__ == "__main__":
    main(*sys.argv[1:])
