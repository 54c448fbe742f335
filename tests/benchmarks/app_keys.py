"""How long the app takes from a key to the screen on a long run: 100 000 logged steps and 10 000 answers.

Run with `python -m tests.benchmarks.app_keys`. A key is timed until the app is idle again and the screen is drawn, as the
test driver sees it, whose own waiting is part of every figure: the same keys on an empty app, where nothing is done, and on a
run of a few steps stand beside. Both runs grow all the while, as live ones do. The processor's time holds no waiting.
"""

import asyncio
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from msgspec.structs import replace
from textual.app import App

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


class Took(NamedTuple):
    """Milliseconds of one key."""

    wall: float
    processor: float


async def drive(app: App[None], grow: Callable[[int], object]) -> list[Took]:
    """Press keys while `grow` adds to the run; return what each took."""
    took: list[Took] = []
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(3.0)
        for turn in range(ROUNDS):
            for key in KEYS:
                grow(turn)
                wall, processor = time.perf_counter(), time.thread_time()
                await pilot.press(key)
                await pilot.pause()
                took.append(Took((time.perf_counter() - wall) * 1000, (time.thread_time() - processor) * 1000))
    return took


async def drive_run(lines: int, answers: int) -> list[Took]:
    """Open a run of these lengths and press keys while it grows."""
    with tempfile.TemporaryDirectory() as folder:
        run = prepare(Path(folder), lines, answers)
        metrics = run.stage_metrics("2-dpo")
        return await drive(TunegateApp(run.path.parent, watch=run), lambda turn: metrics.append(point(LINES + turn)))


def told(took: list[Took]) -> str:
    """Return medians and slowest tenths."""
    parts = []
    for name, values in (("wall", sorted(one.wall for one in took)), ("processor", sorted(one.processor for one in took))):
        parts.append(f"{name} median {statistics.median(values):.0f} ms, 90 % within {values[int(0.9 * len(values))]:.0f} ms")
    return "; ".join(parts)


def main() -> None:
    """Print the figures of the driver alone and of both runs, and the memory of the process."""
    print(f"empty app: {told(asyncio.run(drive(App(), lambda turn: None)))}")
    for name, lines, answers in (("short run", 10, 10), ("long run", LINES, ANSWERS)):
        took = asyncio.run(drive_run(lines, answers))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{name}: {told(took)} (goal {GOAL_MS}); peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
