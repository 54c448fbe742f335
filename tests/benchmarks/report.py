"""How large the report of 10 000 measured answers is, and how long it takes to write.

Run with `python -m tests.benchmarks.report`. Each profile is written twice by a fresh process: the first time loads the chart
library too, as `tunegate report` does.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from reports.records.evaluation import Completion, Judgement
from reports.rundir import RunDir
from tests.reports.sample_run import build_sample_run

PROMPTS: Final = 5000
GOAL_BYTES: Final = 2_000_000
GOAL_S: Final = 2.0
TEXT: Final = "A plain sentence about tea, as an answer of ordinary length would hold several of them. " * 4
WRITE: Final = """
import sys, time
began, used = time.perf_counter(), 0.0
from pathlib import Path
from reports.contents import read_contents
from reports.rundir import RunDir
from reports.sharing.formats import RENDERERS
for turn in range(2):
    page = RENDERERS["html"](read_contents(RunDir(Path(sys.argv[1]))), sys.argv[2])
    print(len(page.encode()), time.perf_counter() - began, time.process_time() - used)
    began, used = time.perf_counter(), time.process_time()
"""


def prepare(root: Path) -> RunDir:
    """Write a whole run with that many target prompts, both answers and a judgement each."""
    run = build_sample_run(root)
    for side in ("baseline", "candidate"):
        run.completions.append(*(_answer(number, side) for number in range(PROMPTS)))
    run.judgements.append(
        *(Judgement(prompt_id=f"t{number}", judge="reward-model", order="pointwise", preference=0.7) for number in range(PROMPTS))
    )
    return run


def _answer(number: int, side: str) -> Completion:
    prompt = f"Write a caption for product number {number}."
    return Completion(
        key=f"{side}{number}",
        side="baseline" if side == "baseline" else "candidate",
        suite="target",
        prompt_id=f"t{number}",
        prompt=prompt,
        completion=f"{number}: {TEXT}",
    )


def main() -> None:
    """Print size and seconds of each profile."""
    with tempfile.TemporaryDirectory() as folder:
        run = prepare(Path(folder))
        for profile in ("shared", "public", "full"):
            done = subprocess.run([sys.executable, "-c", WRITE, run.path, profile], capture_output=True, text=True, check=True)
            first, again = (line.split() for line in done.stdout.splitlines())
            size = int(first[0])
            fresh, warm = (f"{float(line[1]):.2f} s ({float(line[2]):.2f} s of processor)" for line in (first, again))
            print(f"{profile:>8}: {size / 1e6:.2f} MB, {fresh} in a fresh process, {warm} again")
    print(f"goals: {GOAL_BYTES / 1e6:.0f} MB, {GOAL_S:.0f} s")


if __name__ == "__main__":
    main()
