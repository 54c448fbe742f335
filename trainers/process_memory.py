"""How much memory this process holds, and held at most, in bytes: as the system counts it, programs and data included."""

import os
import resource
import sys
from pathlib import Path
from typing import Final

STATUS: Final = Path("/proc/self/status")
RESET: Final = Path("/proc/self/clear_refs")
NOISE: Final = 64 * 2**20
"""Bytes by which the memory of a process differs from that of its tensors, since freed memory is not given back at once."""


def can_forget() -> bool:
    """Say whether the system (Linux) can begin a new peak; elsewhere a peak is that of the whole life of the process."""
    return os.access(RESET, os.W_OK)


def forget_peak() -> None:
    """Begin a new peak where the system can."""
    if can_forget():
        RESET.write_text("5")


def resident_bytes() -> float | None:
    """Return what the process holds now; None where the system does not tell."""
    return _status("VmRSS") if STATUS.exists() else None


def peak_bytes() -> float:
    """Return the most the process held since the last new peak."""
    if STATUS.exists():
        return _status("VmHWM")
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def _status(name: str) -> float:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(f"{name}:"))
    return float(line.split()[1]) * 1024
