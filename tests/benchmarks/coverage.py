"""How often every interval covers the truth, and how often a one-sided gate errs: writes `docs/coverage.md`.

Run with `make coverage` or `python -m tests.benchmarks.coverage`; about eight minutes on two free cores. Titles of tables, as
arguments, compute only those again and keep the rest of the page.
"""

import itertools
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from tests.benchmarks.coverage_rows import (
    FAMILY,
    LIKENESS,
    MEAN_REPEATS,
    REPEATS,
    SHAPES,
    Row,
    agreeing,
    judged,
    length_controlled,
    looking,
    mean,
    one_rate,
    paired,
    paired_families,
    rate_families,
    share,
    winning,
)

PAGE: Final = Path(__file__).parents[2] / "docs" / "coverage.md"
SIZES: Final = (20, 50, 100, 400)
RATES: Final = (0.0, 0.01, 0.02, 0.05, 0.5)
CORRELATIONS: Final = (0.0, 0.5)
MARGIN: Final = 0.05
ONE_SIDED: Final = ("two-sided 95 %", "limits above the truth", "limits below the truth")


class Table(NamedTuple):
    """One table of the page: how its rows are computed, and what they mean."""

    title: str
    text: str
    columns: tuple[str, ...]
    row: Callable[..., Row]
    arguments: Sequence[tuple[object, ...]]


def pairs_of(sizes: Sequence[int]) -> list[tuple[object, ...]]:
    """Return all cells of paired rates; without events there is nothing to correlate."""
    cells = itertools.product(sizes, RATES, CORRELATIONS, (0.0, MARGIN))
    return [cell for cell in cells if cell[1] > 0 or cell[2] == 0]


TABLES: Final = (
    Table(
        "One rate",
        "Clopper-Pearson limits, summed over all counts. Mid-p limits are shorter and may be displayed; no gate uses them.",
        ("n", "rate", "two-sided 95 %", "gate errs", "mid-p 95 %"),
        one_rate,
        list(itertools.product(SIZES, RATES)),
    ),
    Table(
        "One rate, prompts in families",
        f"Families of {FAMILY}; a prompt copies its family's outcome with probability {LIKENESS:g}. Limits of the bounded mean "
        "over families, simulated.",
        ("n", "rate", "two-sided 95 %", "gate errs"),
        rate_families,
        list(itertools.product(SIZES, RATES)),
    ),
    Table(
        "Paired rates, independent prompts",
        "Limits of `paired_rate_difference`, summed over all counts; *change* is the true rise of the rate, and the gate's "
        "margin stands exactly there. The last columns are Tango's asymptotic limits, which were not chosen: with few events "
        "their gates err more often than they may (n = 52). The same order of outcomes with exact limits costs little width.",
        ("n", "rate", "correlation", "change", "two-sided 95 %", "gate errs", "asymptotic 95 %", "asymptotic gate errs"),
        paired,
        [*pairs_of(SIZES), (52, 0.0, 0.0, MARGIN)],
    ),
    Table(
        "Paired rates, prompts in families",
        f"Families of {FAMILY} as above. Limits of the bounded mean over families, simulated. Cluster-robust t limits were not "
        "chosen: without a changed pair they are a point. The price is width: n prompts in few families show what the number of "
        "families can show. The last column is what the limits above would cover if the families were ignored.",
        ("n", "rate", "correlation", "change", "two-sided 95 %", "gate errs", "families ignored"),
        paired_families,
        pairs_of(SIZES),
    ),
    Table(
        "Win rate",
        "Limits of `win_rate`: wins and losses only (summed over all counts where prompts are independent), three ties in ten, "
        "or soft preferences of a judge (simulated).",
        ("n", "true rate", "preferences", "families", "two-sided 95 %", "gate errs"),
        winning,
        list(itertools.product(SIZES, (0.5, 0.8, 0.98), ("wins", "ties", "soft"), (0.0, LIKENESS))),
    ),
    Table(
        "Win rate at equal lengths",
        "Limits of `length_controlled_win_rate`, simulated, for a true rate of 60 %; *liking* is the log-odds that a much longer "
        "answer gains, *longer* by how many standard deviations the candidate's answers are longer on average.",
        ("n", "liking", "longer", *ONE_SIDED),
        length_controlled,
        [*itertools.product((20, 50), (0.0, 1.5), (0.0, 1.0)), (100, 1.5, 1.0)],
    ),
    Table(
        "Looking after every prompt",
        "Limits of `sequential_mean`, simulated: the share of series in which they hold the truth at *every* look up to n. The "
        "last column is the share for Clopper-Pearson limits that are looked at after every tenth prompt.",
        ("n", "rate", "two-sided 95 %, all looks", "fixed-size limits, all looks"),
        looking,
        list(itertools.product(SIZES, RATES)),
    ),
    Table(
        "Means without bounds",
        "Limits of `mean_interval`, which `paired_mean_difference` uses on differences, simulated. Values without bounds allow "
        "no guarantee for every shape. The studentised bootstrap at its nominal tails errs in up to 10.7 % of log-normal "
        "samples where 5 % is allowed, since few skewed values look less skewed than they are; its tails are therefore cut where "
        "families are few, and further towards a long tail. One-sided limits then reach 1.33 times as far as Student's for 20 "
        "normal values and 1.07 times for 100; towards the log-normal's tail 2.9 and 1.6 times. Longer tails than that can "
        "still break them; differences of nats per token are far less skewed.",
        ("n", "values", "families", "two-sided 95 %", "gate errs", "gate limit above the truth", "gate limit below the truth"),
        mean,
        list(itertools.product(SIZES, tuple(SHAPES), (0.0, LIKENESS))),
    ),
    Table(
        "Agreement of two raters",
        "Limits of `gwet_ac1` and `cohen_kappa`, simulated, for raters who are right on nine of ten items; *positives* is the "
        "share of items that truly have the label.",
        ("n", "positives", "measure", *ONE_SIDED),
        agreeing,
        list(itertools.product((50, 100), (0.05, 0.5), ("AC1", "kappa"))),
    ),
    Table(
        "A rate behind an imperfect judge",
        "Limits of `rogan_gladen`, simulated, with a judge of sensitivity 0.90 and specificity 0.95 known from as many labelled "
        "positives and negatives as shown.",
        ("n", "true rate", "labels", *ONE_SIDED),
        judged,
        list(itertools.product((100, 400), RATES, (50, 200))),
    ),
)


def main(titles: Sequence[str] = ()) -> None:
    """Compute the tables of these titles, or all, on all cores and write the page."""
    summary, pages = [], []
    before = PAGE.read_text() if titles else ""
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        for table in TABLES:
            if titles and table.title not in titles:
                summary.append(next(line for line in before.splitlines() if line.startswith(f"| {table.title} |")))
                pages.append(f"## {table.title}\n" + before.split(f"\n## {table.title}\n")[1].split("\n## ")[0].rstrip() + "\n")
                continue
            rows = list(pool.map(table.row, *zip(*table.arguments, strict=True)))
            summary.append(summarise(table, rows))
            pages.append(render(table, rows))
            sys.stderr.write(f"{table.title}: {len(rows)} cells\n")
    PAGE.write_text("\n".join([INTRODUCTION, *summary, "", *pages]))
    sys.stdout.write(f"{PAGE}\n")


def summarise(table: Table, rows: Sequence[Row]) -> str:
    """Write one line of the summary: the worst cell of each kind."""
    gates = [row.gate for row in rows if row.gate is not None]
    missing = sum("**" in "".join(row.cells) for row in rows)
    worst_gate = share(max(gates)) if gates else "no gate"
    how = sorted({row.repeats for row in rows})
    drawn = ", ".join(f"{repeats} samples" if repeats else "exact sums" for repeats in how)
    return f"| {table.title} | {len(rows)} | {share(min(row.coverage for row in rows))} | {worst_gate} | {missing} | {drawn} |"


def render(table: Table, rows: Sequence[Row]) -> str:
    """Write one table as Markdown."""
    lines = [f"## {table.title}", "", table.text, "", f"| {' | '.join(table.columns)} |", "|" + "---|" * len(table.columns)]
    return "\n".join([*lines, *(f"| {' | '.join(row.cells)} |" for row in rows), ""])


INTRODUCTION: Final = f"""# Coverage

How often the intervals of `evals.stats` hold the truth, and how often a one-sided gate at 5 % errs. Written by `make coverage`
(`python -m tests.benchmarks.coverage`); a reduced version is a test. Asked for: two-sided 95 % intervals cover at least
94 %, one-sided gates err at most at their level. *Gate errs* is the worse of both directions: the share of samples in
which a limit of level 5 % excludes the truth, which is how often a regression of exactly the margin passes. Tables are
exact sums over all possible counts, or {REPEATS} to {MEAN_REPEATS} seeded samples a cell where they say *simulated*; one in bold
misses what is asked by more than three standard errors of its simulation.

What each statistic is for, and why it was chosen, stands in [statistics.md](statistics.md).

## Worst cells

| table | cells | least two-sided coverage | most a gate errs | cells that miss | from |
|---|---|---|---|---|---|"""

if __name__ == "__main__":
    main(sys.argv[1:])
