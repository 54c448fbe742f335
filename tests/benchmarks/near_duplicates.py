"""Near duplicates at growing sizes: speed, recall, precision, peak memory and how time grows.

Run `python -m tests.benchmarks.near_duplicates [ROWS...]`; each size is measured in a process of its own.
Rows are 32 to 60 words of a Zipf vocabulary; a twentieth repeats an earlier row with one word replaced, dropped or put in.
"""

import json
import math
import random
import resource
import subprocess
import sys
import time
from itertools import accumulate

from evals.data.near import SIMILAR, find_near, shingles, similarity

SIZES = (10_000, 100_000)
VOCABULARY = 20_000
PLANTED_SHARE = 0.05


def generate(rows: int, seed: int = 0) -> tuple[list[str], dict[int, int]]:
    """Return texts, and for each planted near duplicate the row it was made of."""
    draw = random.Random(seed)
    words = [f"word{number}" for number in range(VOCABULARY)]
    weights = list(accumulate(1 / (rank + 10) for rank in range(VOCABULARY)))
    texts: list[str] = []
    planted: dict[int, int] = {}
    for place in range(rows):
        if place and draw.random() < PLANTED_SHARE:
            origin = draw.randrange(place)
            text = _change(texts[origin].split(), draw)
            if similarity(shingles(text), shingles(texts[origin])) >= SIMILAR:
                planted[place] = origin
        else:
            text = " ".join(draw.choices(words, cum_weights=weights, k=draw.randint(32, 60)))
        texts.append(text)
    return texts, planted


def measure(rows: int) -> dict[str, float]:
    """Find the planted rows of one size, and say how well and how fast."""
    texts, planted = generate(rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, worked = time.perf_counter(), time.process_time()
    found = {match.place for match in find_near(texts)}
    seconds, work = time.perf_counter() - started, time.process_time() - worked
    true = len(found & planted.keys())
    return {
        "rows": rows,
        "seconds": seconds,
        "cpu_seconds": work,
        "recall": true / len(planted),
        "precision": true / len(found),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "texts_mb": before / 1024,
    }


def _change(words: list[str], draw: random.Random) -> str:
    place = draw.randrange(len(words))
    kind = draw.choice(("replace", "drop", "insert"))
    middle = [] if kind == "drop" else [f"new{draw.randrange(10**6)}"]
    return " ".join([*words[:place], *middle, *words[place + (kind != "insert") :]])


def main() -> None:
    """Print a line for each size, and the exponent of the CPU time, which a busy machine disturbs least."""
    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    if len(sizes) == 1:
        print(json.dumps(measure(sizes[0])))
        return
    found = []
    for rows in sizes:
        command = [sys.executable, "-m", "tests.benchmarks.near_duplicates", str(rows)]
        result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        found.append(result)
        print(
            f"{rows:>9,} rows  {result['seconds']:7.1f} s, {result['cpu_seconds']:.1f} s of CPU  "
            f"{rows / result['seconds']:8,.0f} rows/s  "
            f"recall {result['recall']:.4f}  precision {result['precision']:.4f}  "
            f"peak {result['peak_mb']:,.0f} MB, of which texts and interpreter {result['texts_mb']:,.0f} MB"
        )
    first, last = found[0], found[-1]
    exponent = math.log(last["cpu_seconds"] / first["cpu_seconds"]) / math.log(last["rows"] / first["rows"])
    print(f"CPU time grows with rows to the power of {exponent:.2f}")


if __name__ == "__main__":
    main()
