"""Who works on a run: naming a process so that a reused pid is never mistaken for ours."""

import os
import socket

from reports.records.run import ProcessRecord


def this_process(attempt: int) -> ProcessRecord:
    """Return the record of the calling process."""
    return process_record(os.getpid(), attempt)


def process_record(pid: int, attempt: int) -> ProcessRecord:
    """Return the record of a running process on this host."""
    return ProcessRecord(pid=pid, started=_started(pid) or 0.0, host=socket.gethostname(), attempt=attempt)


def is_running(record: ProcessRecord) -> bool:
    """Say whether that very process still runs; a process of another host is taken to run."""
    if record.host != socket.gethostname():
        return True
    started = _started(record.pid)
    return started is not None and abs(started - record.started) < 1.0


def _started(pid: int) -> float | None:
    """Return the start time of a process in seconds since the epoch; None when it is gone or a zombie."""
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return None
