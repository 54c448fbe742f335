"""Start-up times as medians of whole processes: help, recommendation, first screen.

Run with `make bench` or `python -m tests.benchmarks.startup`.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 9
FIRST_SCREEN = """
import sys, time
from selector.tui.app import TunegateApp
from pathlib import Path
class Timed(TunegateApp):
    def on_ready(self) -> None:
        self.exit()
Timed(runs_root=Path(sys.argv[1])).run(headless=True)
"""


def median_ms(command: list[str]) -> float:
    """Return the median wall time of the command in milliseconds, after one warm-up."""
    times = []
    for _ in range(RUNS + 1):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times[1:])


def main() -> None:
    """Print a table of medians beside the bare interpreter, measured in the same session."""
    tunegate = str(Path(sys.executable).parent / "tunegate")
    with tempfile.TemporaryDirectory() as folder:
        intake = Path(folder) / "intake.json"
        intake.write_text('{"preference_pairs": 800, "demonstrations": 1200}')
        measured = {
            "bare interpreter": ([sys.executable, "-c", "pass"], None),
            "tunegate --help": ([tunegate, "--help"], 150),
            "tunegate recommend --json": ([tunegate, "recommend", str(intake), "--json"], 250),
            "first screen": ([sys.executable, "-P", "-c", FIRST_SCREEN, folder], 300),
        }
        for name, (command, goal) in measured.items():
            took = median_ms(command)
            print(f"{name:<28} {took:7.0f} ms" + (f"   goal {goal} ms" if goal else ""))


if __name__ == "__main__":
    main()
