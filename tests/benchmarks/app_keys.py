"""How long the app takes from a key to the screen on a long run: 100 000 logged steps and 10 000 answers.

Run with `python -m tests.benchmarks.app_keys`. A key is timed until the app is idle again and the screen is drawn, as the
test driver sees it, whose own waiting is part of every figure: the same keys on a run of a few steps stand beside. Both runs
grow all the while, as live ones do.
"""

import asyncio
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from reports.records.evaluation import Completion
from reports.records.run import MetricPoint, RunRecord
from reports.rundir import RunDir
from selector.tui.app import TunegateApp
from tests.reports.sample_run import build_sample_run

LINES: Final = 100_000
ANSWERS: Final = 10_000
KEYS: Final = ("down", "up", "tab", "f", "tab", "down")
ROUNDS: Final = 10
GOAL_MS: Final = 100


def prepare(root: Path, lines: int, answers: int) -> RunDir:
    """Write a run in its training stage, with a log and a ledger of these lengths."""
    run = build_sample_run(root, upto="train")
    run.write(replace(run.read(RunRecord), status="stopped"))
    metrics = run.stage_metrics("2-dpo")
    metrics.append(*(point(step) for step in range(lines)))
    run.completions.append(*(answer(number) for number in range(answers)))
    return run


def point(step: int) -> MetricPoint:
    """Return a logged step."""
    return MetricPoint(step=step, epoch=step / LINES, seconds=step * 0.1, values={"loss": 1 / (1 + step), "grad_norm": 0.5})


def answer(number: int) -> Completion:
    """Return a line of the ledger."""
    text = f"Answer {number}"
    return Completion(key=str(number), side="candidate", suite="target", prompt_id=str(number), prompt=text, completion=text)


async def drive(run: RunDir) -> list[float]:
    """Open the run and press keys while it grows; return milliseconds a key."""
    took: list[float] = []
    app = TunegateApp(run.path.parent, watch=run)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(3.0)
        for turn in range(ROUNDS):
            for key in KEYS:
                run.stage_metrics("2-dpo").append(point(LINES + turn))
                began = time.perf_counter()
                await pilot.press(key)
                await pilot.pause()
                took.append((time.perf_counter() - began) * 1000)
    return took


def main() -> None:
    """Print the median and the slowest tenth of both, and the memory of the process."""
    for name, lines, answers in (("short run", 10, 10), ("long run", LINES, ANSWERS)):
        with tempfile.TemporaryDirectory() as folder:
            took = sorted(asyncio.run(drive(prepare(Path(folder), lines, answers))))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        median, most = statistics.median(took), took[int(0.9 * len(took))]
        print(f"{name}: median {median:.0f} ms, 90 % within {most:.0f} ms (goal {GOAL_MS}); peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
