"""The child process that works on a run: start it, see whether it lives, ask it to stop."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from reports.errors import StageError, UsageError
from reports.processes import is_here, is_running, process_record
from reports.records.plan import Plan
from reports.records.run import ProcessRecord, RunRecord
from reports.rundir import RunDir

if TYPE_CHECKING:
    from trainers.launching.commands import Command

LOOKS: Final = 100
"""At whether a killed process is gone; together ten seconds."""
BETWEEN_LOOKS_S: Final = 0.1


def start(run: RunDir) -> None:
    """Start `trainers.launch` on the run, in a session of its own that outlives this program.

    Where the plan is for several processes, a launcher starts them; on other machines nothing is ever started.

    Raises:
        UsageError: a process works on the run already, or this machine is not the one that the plan is for.
    """
    if is_alive(run):
        raise UsageError(f"{run.path}: a process works on this run already. Follow it with `tunegate watch {run.path}`.")
    command = _command(run)
    run.stop_file.unlink(missing_ok=True)
    attempt = run.read(RunRecord).attempt + 1
    log = run.log(attempt)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            command.argv,
            env={**os.environ, **command.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    run.write(process_record(child.pid, attempt))


def _command(run: RunDir) -> "Command":
    from selector.machine import measure_machine
    from trainers.launching.commands import require_startable, start_command
    from trainers.launching.files import write_launch_files

    plan = run.read(Plan)
    if plan.launch.processes > 1:
        require_startable(plan.launch, len(measure_machine(Path()).gpus))
        write_launch_files(run, plan)
    return start_command(run, plan.launch)


def is_alive(run: RunDir) -> bool:
    """Say whether a process works on the run."""
    return run.has(ProcessRecord) and is_running(run.read(ProcessRecord))


def request_stop(run: RunDir) -> bool:
    """Ask the process to save a checkpoint and stop; False when none works on the run."""
    if not is_alive(run):
        return False
    run.stop_file.touch()
    run.log_event("stop_requested", "A stop was requested; the run stops after the present step.")
    if is_here(record := run.read(ProcessRecord)):
        os.kill(record.pid, signal.SIGINT)
    return True


def stop_now(run: RunDir) -> bool:
    """End the process and all that it started at once; False when none works on the run.

    What is written stays: finished stages, answers and the last checkpoint, from which the run can be continued.

    Raises:
        UsageError: the process runs on another machine.
        StageError: it does not end.
    """
    if not is_alive(run):
        return False
    record = run.read(ProcessRecord)
    if not is_here(record):
        raise UsageError(f"{run.path}: its process runs on {record.host}. Stop it there, or ask it to: `tunegate stop RUN`.")
    os.killpg(record.pid, signal.SIGKILL)
    for _ in range(LOOKS):
        if not is_running(record):
            break
        time.sleep(BETWEEN_LOOKS_S)
    else:
        raise StageError(f"{run.path}: process {record.pid} does not end. Look at it with `ps -fp {record.pid}`.")
    run.log_event("run_stopped", "Stopped at once; work since the last checkpoint is lost.")
    run.write(replace(run.read(RunRecord), status="stopped"))
    return True
