"""The process that works on a run: `python -P -m trainers.launch RUN` walks its steps from where they stand."""

import faulthandler
import fcntl
import logging
import os
import signal
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from reports.errors import VERDICT_EXITS, InterruptedRunError, StageError, TunegateError, UsageError
from reports.processes import is_running, this_process
from reports.progress import ProgressLog
from reports.records.gates import Gates
from reports.records.plan import Plan
from reports.records.run import ProcessRecord, RunRecord
from reports.rundir import RunDir, now
from trainers.checkpoints import drop_incomplete
from trainers.failures import explain
from trainers.launching.follower import follow
from trainers.launching.ranks import as_told, from_first, here, join, part, require_world, see_one_gpu
from trainers.steps import Step, steps_of

ENVIRONMENT: Final = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
    "TRL_EXPERIMENTAL_SILENCE": "1",
}
"""How libraries are asked to behave, unless the environment says otherwise.

No progress bars, for people read the log. Waiting threads sleep: while they spin, a training step on a busy machine
takes five times as long, and on an idle one sleeping costs nothing that can be measured.
"""

log = logging.getLogger("tunegate")


def main(argv: Sequence[str]) -> int:
    """Work on the run directory named by the only argument, and return the exit code of its verdict or its error."""
    try:
        if len(argv) != 1:
            raise UsageError("usage: python -P -m trainers.launch RUN, where RUN is a run directory.")
        run = RunDir.open(Path(argv[0]).resolve())
        if not here().is_first:
            return follow(run)
        with claimed(run), stopping_on_signals(run):
            return work(run)
    except TunegateError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def work(run: RunDir) -> int:
    """Walk the steps of a claimed run; whatever happens ends in run.json, in an event, and in the exit code."""
    plan: Plan | None = None
    _begin(run)
    try:
        plan = run.read(Plan)
        require_world(plan.launch, here())
        if plan.launch.processes == 1:
            see_one_gpu(os.environ)
        verify_model(plan)
        join(here())
        walk(run, steps_of(run, plan, ProgressLog(run)))
        return VERDICT_EXITS[run.read(Gates).verdict]
    except KeyboardInterrupt:
        failure: TunegateError = InterruptedRunError("Stopped at once. `tunegate run RUN` continues from the newest checkpoint.")
    except Exception as error:
        if not isinstance(error, TunegateError):
            log.exception("The run ended by an error.")
        record = run.read(RunRecord)
        failure = explain(as_told(error, record.stage or "start"), record.stage or "start", plan, run.log(record.attempt))
    _fail(run, plan, failure)
    raise failure


def walk(run: RunDir, steps: Sequence[Step]) -> None:
    """Do the steps that are not done yet, in order; InterruptedRunError between two of them when a stop is requested."""
    for place, step in enumerate(steps):
        if step.is_done():
            continue
        if not any(later.together for later in steps[place:]):
            dismiss()
        if run.stop_file.exists():
            raise InterruptedRunError(f"Stopped on request before {step.name}. Continue with `tunegate run RUN`.")
        run.update(stage=step.name)
        run.log_event("stage_started", stage=step.name)
        began = time.monotonic()
        if step.together:
            from_first(step.name)
        step.do()
        seconds = round(time.monotonic() - began, 3)
        run.update(seconds={**run.read(RunRecord).seconds, step.name: seconds})
        run.log_event("stage_finished", stage=step.name, seconds=seconds)
    run.log_event("run_finished", verdict=run.read(RunRecord).verdict)


def dismiss() -> None:
    """Let the other processes of the run end: what is left, this one does alone."""
    from_first("")
    part()


def verify_model(plan: Plan) -> None:
    """Raise StageError when the base model is not the one the plan was made for; MissingError when it is gone."""
    from evals.model_source import inspect_model

    found = inspect_model(plan.model.name)
    if found.digest != plan.model.digest:
        raise StageError(
            f"{plan.model.label}: the base model changed since this run was planned (its digest was {plan.model.digest[:12]}, "
            f"now it is {found.digest[:12]}), so figures from before and after would not belong together. "
            "Put the former model back, or start a new run."
        )


@contextmanager
def claimed(run: RunDir) -> Iterator[None]:
    """Keep every other process off the run until the block ends; UsageError where one works on it already."""
    folder = os.open(run.path, os.O_RDONLY)
    try:
        if not _is_free(run, folder):
            raise UsageError(
                f"{run.path}: a process works on this run already. Follow it with `tunegate watch {run.path}`, "
                f"or stop it with `tunegate stop {run.path}`."
            )
        yield
    finally:
        os.close(folder)


@contextmanager
def stopping_on_signals(run: RunDir) -> Iterator[None]:
    """Turn the first SIGINT or SIGTERM into a stop request; the next one ends the process at once."""
    watched = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in watched}

    def request_stop(_number: int, _frame: FrameType | None) -> None:
        run.stop_file.touch()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    run.stop_file.unlink(missing_ok=True)
    for number in watched:
        signal.signal(number, request_stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_free(run: RunDir, folder: int) -> bool:
    """Lock the run's folder for this process; the system gives the lock back however the process ends."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    other = run.read(ProcessRecord) if run.has(ProcessRecord) else None
    ours = {os.getpid(), *((os.getppid(),) if here().world > 1 else ())}  # torchrun is the parent of its processes
    return other is None or other.pid in ours or not is_running(other)


def _begin(run: RunDir) -> None:
    attempt = run.read(RunRecord).attempt + 1
    run.write(this_process(attempt))
    run.update(status="running", attempt=attempt, error=None, exit_code=None, finished_at=None)
    run.log_event("run_started" if attempt == 1 else "run_resumed", attempt=attempt)


def _fail(run: RunDir, plan: Plan | None, failure: TunegateError) -> None:
    """Write down how the run ended, and let the report tell it too.

    Torn checkpoints go first: on a full disk they are what leaves no room to say so.
    """
    for stage in plan.stages if plan else ():
        drop_incomplete(run.checkpoints(stage.name))
    stopped = isinstance(failure, InterruptedRunError)
    status = "stopped" if stopped else "failed"
    record = run.update(status=status, error=str(failure), exit_code=failure.exit_code, finished_at=now())
    run.log_event("run_stopped" if stopped else "run_failed", str(failure), stage=record.stage)
    try:
        from reports.html import write_report

        write_report(run)
    except Exception as error:
        log.exception("The report could not be written.")
        run.log_event("warning", f"The report of the ended run could not be written ({type(error).__name__}: {error}).")


def set_up_process() -> None:
    """Prepare a child process before any heavy library is loaded: logs, warnings and crashes go to one stream, the log."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.captureWarnings(capture=True)
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")


if __name__ == "__main__":
    set_up_process()
    sys.exit(main(sys.argv[1:]))
