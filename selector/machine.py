"""What the machine has, measured without loading torch."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple


class Gpu(NamedTuple):
    """One GPU as its driver reports it."""

    name: str
    total_gib: float
    free_gib: float


class Machine(NamedTuple):
    """Cores, memory and GPUs of this machine."""

    cores: int
    ram_gib: float
    free_disk_gib: float
    gpus: tuple[Gpu, ...]


def measure_machine(folder: Path) -> Machine:
    """Measure this machine; `folder` says which disk counts."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    existing = next(path for path in (folder.resolve(), *folder.resolve().parents) if path.exists())
    disk = shutil.disk_usage(existing).free / 2**30
    return Machine(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, memory, disk, _gpus()
    )


def _gpus() -> tuple[Gpu, ...]:
    command = shutil.which("nvidia-smi")
    if command is None:
        return ()
    try:
        found = subprocess.run(
            [command, "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    rows = [line.rsplit(",", 2) for line in found.stdout.splitlines() if line.count(",") >= 2]
    return tuple(Gpu(name.strip(), float(total) / 1024, float(free) / 1024) for name, total, free in rows)
