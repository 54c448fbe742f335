"""Checking files as a stream at growing sizes: rows a second, and peak memory, which must not grow with the rows.

Run `python -m tests.benchmarks.streaming [ROWS...]`; each size is checked in a process of its own, from a file of short
demonstrations (about 100 bytes a row) of which one in fifty repeats an earlier row. Growth between sizes above the sample is that
of the keys of the rows, 16 bytes each.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from evals.data.check import CheckRequest
from evals.data.streaming import SAMPLE, examine_stream

SIZES = (200_000, 1_000_000, 2_000_000)
HELD = 20_000
"""Rows of the sample here: the checks that compare rows take minutes on the 200 000 that are the default."""


def write(path: Path, rows: int) -> None:
    """Write short demonstrations, every fiftieth a repeat."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            words = number // 2 if number and number % 50 == 0 else number
            row = {
                "prompt": f"Write a caption for tea {words}, batch {words % 977}.",
                "completion": f" A quiet cup, number {words}.",
            }
            file.write(json.dumps(row) + "\n")


def measure(rows: int, held: int) -> dict[str, float]:
    """Check one generated file, and say how fast and in how much memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        write(path, rows)
        size = path.stat().st_size
        started = time.perf_counter()
        found = examine_stream(CheckRequest((str(path),)), sample=held).found
        seconds = time.perf_counter() - started
    return {
        "rows": found.rows,
        "left": found.left,
        "seconds": seconds,
        "file_mb": size / 2**20,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """Print a line for each size."""
    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    if len(sizes) == 1:
        print(json.dumps(measure(sizes[0], HELD)))
        return
    print(f"sample of {HELD:,} rows (default {SAMPLE:,})")
    for rows in sizes:
        command = [sys.executable, "-m", "tests.benchmarks.streaming", str(rows)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(
            f"{rows:>10,} rows  {found['file_mb']:6.0f} MB file  {found['seconds']:6.1f} s  "
            f"{rows / found['seconds']:8,.0f} rows/s  peak {found['peak_mb']:6,.0f} MB  {found['left']:,} rows left",
            flush=True,
        )


if __name__ == "__main__":
    main()
