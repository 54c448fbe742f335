"""The child process that works on a run: start it, see whether it lives, ask it to stop."""

import os
import signal
import subprocess
import sys

from reports.errors import UsageError
from reports.processes import is_running, process_record
from reports.records.run import ProcessRecord, RunRecord
from reports.rundir import RunDir


def start(run: RunDir) -> None:
    """Start `trainers.launch` on the run, in a session of its own that outlives this program.

    Raises:
        UsageError: a process works on the run already.
    """
    if is_alive(run):
        raise UsageError(f"{run.path}: a process works on this run already. Follow it with `tunegate watch {run.path}`.")
    run.stop_file.unlink(missing_ok=True)
    attempt = run.read(RunRecord).attempt + 1
    log = run.log(attempt)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "trainers.launch", str(run.path)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    run.write(process_record(child.pid, attempt))


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
