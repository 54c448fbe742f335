"""Who works on a run: naming a process so that a reused pid is never mistaken for ours."""

import os
import socket
import sys
from pathlib import Path
from typing import Final

from reports.records.run import ProcessRecord

STATM: Final = Path("/proc/self/statm")
GIB: Final = 2**30


def this_process(attempt: int) -> ProcessRecord:
    """Return the record of the calling process."""
    return process_record(os.getpid(), attempt)


def process_record(pid: int, attempt: int) -> ProcessRecord:
    """Return the record of a running process on this host."""
    return ProcessRecord(pid=pid, started=_started(pid) or 0.0, host=socket.gethostname(), attempt=attempt)


def is_here(record: ProcessRecord) -> bool:
    """Say whether the process is one of this machine."""
    return record.host == socket.gethostname()


def is_running(record: ProcessRecord) -> bool:
    """Say whether that very process still runs; a process of another host is taken to run."""
    if not is_here(record):
        return True
    started = _started(record.pid)
    return started is not None and abs(started - record.started) < 1.0


def memory_in_use() -> float | None:
    """Return the memory in use in GiB: that of tensors where this process computes on a GPU, else what it holds."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized() and torch.cuda.is_available():
        return float(torch.cuda.memory_allocated()) / GIB
    if not STATM.exists():
        return None
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / GIB


def _started(pid: int) -> float | None:
    """Return the start time of a process in seconds since the epoch; None when it is gone or a zombie."""
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return None
