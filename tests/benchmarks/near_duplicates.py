"""Near duplicates at growing sizes: speed, recall, precision, peak memory and how time grows.

Run `python -m tests.benchmarks.near_duplicates [--datasketch] [ROWS...]`; each size is measured in a process of its own. With
`--datasketch`, the same rows also go through a plain loop over datasketch's MinHashLSH (128 permutations, threshold 0.8), which
asks the index for each row before it puts it in, as its documentation shows; both see the same word triples.
Rows are 32 to 60 words of a Zipf vocabulary; a twentieth repeats an earlier row with one word replaced, dropped or put in.
"""

import json
import math
import random
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
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


def find_plainly(texts: Sequence[str]) -> set[int]:
    """Return the places of texts for which datasketch proposes an earlier one."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=SIMILAR, num_perm=128)
    found = set()
    for place, text in enumerate(texts):
        signature = MinHash(num_perm=128)
        for shingle in shingles(text):
            signature.update(shingle.encode("utf-8"))
        if index.query(signature):
            found.add(place)
        index.insert(str(place), signature)
    return found


def measure(rows: int, plainly: bool) -> dict[str, float]:
    """Find the planted rows of one size, here or with datasketch, and say how well and how fast."""
    texts, planted = generate(rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, worked = time.perf_counter(), time.process_time()
    found = find_plainly(texts) if plainly else {match.place for match in find_near(texts)}
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


def measure_apart(rows: int, plainly: bool) -> dict[str, float]:
    """Measure in a process of its own, print a line, and return what was measured."""
    flags = ["--one", *(["--datasketch"] if plainly else []), str(rows)]
    command = [sys.executable, "-m", "tests.benchmarks.near_duplicates", *flags]
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(
        f"{'datasketch' if plainly else 'tunegate':<10} {rows:>9,} rows  {result['seconds']:7.1f} s, "
        f"{result['cpu_seconds']:.1f} s of CPU  {rows / result['seconds']:8,.0f} rows/s  "
        f"recall {result['recall']:.4f}  precision {result['precision']:.4f}  "
        f"peak {result['peak_mb']:,.0f} MB, of which texts and interpreter {result['texts_mb']:,.0f} MB",
        flush=True,
    )
    return result


def main() -> None:
    """Print a line for each size, and the exponent of the CPU time, which a busy machine disturbs least."""
    plainly = "--datasketch" in sys.argv
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or list(SIZES)
    if "--one" in sys.argv:
        print(json.dumps(measure(sizes[0], plainly)))
        return
    found = []
    for rows in sizes:
        found.append(measure_apart(rows, plainly=False))
        if plainly:
            ours, other = found[-1], measure_apart(rows, plainly=True)
            above = [result["peak_mb"] - result["texts_mb"] for result in (ours, other)]
            print(
                f"{'ratio':<10} {rows:>9,} rows  {other['cpu_seconds'] / ours['cpu_seconds']:.1f} times the CPU time and "
                f"{above[1] / above[0]:.1f} times the memory above the texts, by datasketch"
            )
    first, last = found[0], found[-1]
    if first["rows"] < last["rows"]:
        exponent = math.log(last["cpu_seconds"] / first["cpu_seconds"]) / math.log(last["rows"] / first["rows"])
        print(f"CPU time grows with rows to the power of {exponent:.2f}")


if __name__ == "__main__":
    main()
