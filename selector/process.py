"""The child process that works on a run: start it, see whether it lives, ask it to stop."""

import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from reports.errors import UsageError
from reports.processes import is_running, process_record
from reports.records.plan import Plan
from reports.records.run import ProcessRecord, RunRecord
from reports.rundir import RunDir

if TYPE_CHECKING:
    from trainers.launching.commands import Command


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
    os.kill(run.read(ProcessRecord).pid, signal.SIGINT)
    return True
