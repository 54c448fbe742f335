"""CPU time of the profile on generated short rows: `python -m tests.benchmarks.profile 10000 100000`."""

import random
import sys
import time

from evals.data.examples import Example
from evals.data.layouts import Columns, Layout
from evals.data.profile import profile
from evals.data.reading import Source

WORDS = 5000
SEED = 11


def rows(count: int) -> list[Example]:
    """Return demonstrations of 20 words with answers of 25, drawn from 5000 words of which few are frequent."""
    draw = random.Random(SEED)
    words = [f"{''.join(draw.choices('aeioulnrst', k=6))}{place}" for place in range(WORDS)]

    def text(length: int) -> str:
        return " ".join(words[int(WORDS * draw.random() ** 3)] for _ in range(length))

    return [
        Example("rows", n, "prompt-completion", "text", {"prompt": text(20), "completion": text(25)}, {}) for n in range(count)
    ]


def main(counts: list[int]) -> None:
    """Print rows and CPU seconds, loading of libraries included in the first."""
    layout = Layout("prompt-completion", "text", "generated", Columns("prompt-completion", "prompt", ("completion",)))
    for count in counts:
        source = Source("rows", "", layout, rows(count), [])
        begun = time.process_time()
        profile([source], [], ())
        sys.stdout.write(f"{count:>9,} rows  {time.process_time() - begun:6.2f} s CPU\n")


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or [10_000, 100_000])
