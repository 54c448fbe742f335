"""How often every interval covers the truth, and how often a one-sided gate errs: writes `docs/coverage.md`.

Run with `make coverage` or `python -m tests.benchmarks.coverage`; some minutes on two cores.
"""

import itertools
import math
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from evals.stats.judges import JudgeErrors, rogan_gladen
from evals.stats.means import mean_interval
from evals.stats.proportions import exact_interval, mid_p_interval
from evals.stats.tango import exact_limits, tango_limits
from evals.stats.winrate import win_rate
from tests.evals.stats.simulation import (
    Missed,
    clustered_pairs,
    discordance,
    family_names,
    in_families,
    paired_interval,
    paired_missed,
    preferences,
    rate_missed,
    simulate,
)

PAGE: Final = Path(__file__).parents[2] / "docs" / "coverage.md"
SIZES: Final = (20, 50, 100, 400)
RATES: Final = (0.0, 0.01, 0.02, 0.05, 0.5)
CORRELATIONS: Final = (0.0, 0.5)
MARGIN: Final = 0.05
REPEATS: Final = 500
FAMILY: Final = 5
LIKENESS: Final = 0.5
LEAST: Final = 0.94
LEVEL: Final = 0.05
MEAN_SHAPES: Final = {"normal": 0.0, "exponential": 1.0, "log-normal": math.exp(0.5)}

Cells = list[str]


class Table(NamedTuple):
    """One table of the page: how its rows are computed, and what they mean."""

    title: str
    text: str
    columns: tuple[str, ...]
    row: Callable[..., Cells]
    arguments: Sequence[tuple[object, ...]]


def one_rate(n: int, rate: float) -> Cells:
    """Return a row for one rate, summed over all counts."""
    exact, gate = rate_missed(exact_interval, n, rate), rate_missed(lambda k, m: exact_interval(k, m, LEVEL, 1), n, rate)
    mid_p = rate_missed(mid_p_interval, n, rate)
    return [str(n), share(rate), covered(exact, 0), err(max(gate), 0), share(mid_p.coverage)]


def paired(n: int, rate: float, correlation: float, change: float) -> Cells:
    """Return a row for paired rates of independent prompts, summed over all counts."""
    truth = discordance(rate, rate + change, correlation)
    exact, gate = paired_missed(exact_limits, n, truth, LEVEL / 2), paired_missed(exact_limits, n, truth, LEVEL)
    score, score_gate = paired_missed(tango_limits, n, truth, LEVEL / 2), paired_missed(tango_limits, n, truth, LEVEL)
    cells = [str(n), share(rate), f"{correlation:g}", share(change), covered(exact, 0), err(max(gate), 0)]
    return [*cells, share(score.coverage), share(max(score_gate))]


def paired_families(n: int, rate: float, correlation: float, change: float) -> Cells:
    """Return a row for paired rates of prompts in families, simulated."""
    families = family_names([FAMILY] * (n // FAMILY))
    draw = clustered_pairs(discordance(rate, rate + change, correlation), families, LIKENESS)
    both = simulate(lambda rng: paired_interval(draw(rng), families, LEVEL), change, REPEATS)
    gate = simulate(lambda rng: paired_interval(draw(rng), families, 2 * LEVEL), change, REPEATS)
    naive = simulate(lambda rng: paired_interval(draw(rng), [str(i) for i in range(n)], LEVEL), change, REPEATS)
    return [str(n), share(rate), f"{correlation:g}", share(change), covered(both), err(max(gate)), share(naive.coverage)]


def winning(n: int, rate: float, kind: str, likeness: float) -> Cells:
    """Return a row for win rates, simulated."""
    families = family_names([FAMILY] * (n // FAMILY)) if likeness else family_names([1] * n)
    draw = in_families(preferences(rate, kind), families, likeness)
    both = simulate(lambda rng: win_rate(list(draw(rng)), families, LEVEL), rate, REPEATS)
    gate = simulate(lambda rng: win_rate(list(draw(rng)), families, 2 * LEVEL), rate, REPEATS)
    return [str(n), share(rate), kind, "of 5" if likeness else "none", covered(both), err(max(gate))]


def mean(n: int, shape: str, likeness: float) -> Cells:
    """Return a row for means of values without bounds, simulated."""
    families = family_names([FAMILY] * (n // FAMILY)) if likeness else family_names([1] * n)
    draws: dict[str, Callable[[np.random.Generator, int], np.ndarray[tuple[int, ...], np.dtype[np.float64]]]] = {
        "normal": lambda rng, size: rng.normal(0, 1, size),
        "exponential": lambda rng, size: rng.exponential(1, size),
        "log-normal": lambda rng, size: rng.lognormal(0, 1, size),
    }
    draw = in_families(draws[shape], families, likeness)
    missed = simulate(lambda rng: mean_interval(list(draw(rng)), families, LEVEL), MEAN_SHAPES[shape], REPEATS)
    return [str(n), shape, "of 5" if likeness else "none", covered(missed), share(missed.above), share(missed.below)]


def judged(n: int, rate: float, labels: int) -> Cells:
    """Return a row for a rate behind a judge of sensitivity 0.90 and specificity 0.95, simulated."""

    def draw(rng: np.random.Generator) -> JudgeErrors:
        return JudgeErrors(int(rng.binomial(labels, 0.9)), labels, int(rng.binomial(labels, 0.95)), labels)

    flagged = 0.9 * rate + 0.05 * (1 - rate)
    missed = simulate(lambda rng: rogan_gladen(int(rng.binomial(n, flagged)), n, draw(rng)), rate, REPEATS)
    return [str(n), share(rate), f"{labels} + {labels}", covered(missed), share(missed.above), share(missed.below)]


def share(value: float) -> str:
    """Write a share as a percentage."""
    return f"{100 * value:.1f} %"


def covered(missed: Missed, repeats: int = REPEATS) -> str:
    """Write a coverage, marked where it falls short by more than the noise of simulation; `repeats` is 0 for exact sums."""
    short = missed.coverage < LEAST - noise(LEAST, repeats)
    return f"**{share(missed.coverage)} short**" if short else share(missed.coverage)


def err(rate: float, repeats: int = REPEATS) -> str:
    """Write the worse error rate of two one-sided limits, marked where it exceeds the level by more than noise."""
    return f"**{share(rate)} too often**" if rate > LEVEL + noise(LEVEL, repeats) else share(rate)


def noise(expected: float, repeats: int) -> float:
    """Return three standard errors of a simulated share; for exact sums, what is lost by leaving out the last millionths."""
    return 3 * math.sqrt(expected * (1 - expected) / repeats) if repeats else 1e-5


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
        f"Families of {FAMILY}; a prompt copies its family's outcome with probability {LIKENESS:g}. Limits of the bounded mean "
        "over families, simulated. Cluster-robust t limits were not chosen: without a changed pair they are a point. The price "
        "is width: n prompts in few families show what the number of families can show. The last column is what the limits above "
        "would cover if the families were ignored.",
        ("n", "rate", "correlation", "change", "two-sided 95 %", "gate errs", "families ignored"),
        paired_families,
        pairs_of(SIZES),
    ),
    Table(
        "Win rate",
        "Limits of `win_rate`, simulated: wins and losses only, three ties in ten, or soft preferences of a judge.",
        ("n", "true rate", "preferences", "families", "two-sided 95 %", "gate errs"),
        winning,
        list(itertools.product(SIZES, (0.5, 0.8, 0.98), ("wins", "ties", "soft"), (0.0, LIKENESS))),
    ),
    Table(
        "Means without bounds",
        "Limits of `mean_interval`, which `paired_mean_difference` uses on differences, simulated. Values without bounds allow "
        "no guarantee for every shape: with 20 strongly skewed values the limits fall short, though less than Student's t alone "
        "(85 %). Gates ask for 30 texts, and differences of nats per token are far less skewed than the log-normal here.",
        ("n", "values", "families", "two-sided 95 %", "limits above the truth", "limits below the truth"),
        mean,
        list(itertools.product(SIZES, tuple(MEAN_SHAPES), (0.0, LIKENESS))),
    ),
    Table(
        "A rate behind an imperfect judge",
        "Limits of `rogan_gladen`, simulated, with a judge of sensitivity 0.90 and specificity 0.95 known from as many labelled "
        "positives and negatives as shown.",
        ("n", "true rate", "labels", "two-sided 95 %", "limits above the truth", "limits below the truth"),
        judged,
        list(itertools.product((100, 400), RATES, (50, 200))),
    ),
)


def main() -> None:
    """Compute all tables on all cores and write the page."""
    parts = [INTRODUCTION]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        for table in TABLES:
            rows = list(pool.map(table.row, *zip(*table.arguments, strict=True)))
            parts.append(render(table, rows))
            sys.stderr.write(f"{table.title}: {len(rows)} cells\n")
    PAGE.write_text("\n".join(parts))
    sys.stdout.write(f"{PAGE}\n")


def render(table: Table, rows: Sequence[Cells]) -> str:
    """Write one table as Markdown."""
    lines = [f"## {table.title}", "", table.text, "", f"| {' | '.join(table.columns)} |", "|" + "---|" * len(table.columns)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""])


INTRODUCTION: Final = f"""# Coverage

How often the intervals of `evals.stats` hold the truth, and how often a one-sided gate at 5 % errs. Written by
`python -m tests.benchmarks.coverage`; a reduced version is a test. Asked for: two-sided 95 % intervals cover at least
94 %, one-sided gates err at most at their level. *Gate errs* is the worse of both directions: the share of samples in
which a limit of level 5 % excludes the truth, which is how often a regression of exactly the margin passes. Tables are
exact sums over all possible counts, or {REPEATS} seeded samples a cell where they say *simulated*; a cell in bold misses by more
than three standard errors.

The gates use: Clopper-Pearson limits for one rate; Tango's order with exact (Buehler) limits for paired rates; the
Dirichlet-weighted bounded mean for win rates and wherever families repeat; Student's t with a jackknife over families, widened by
a studentised bootstrap, for means without bounds. The probe uses melded exact limits for rates behind a judge that errs. The
gates on refusal and toxicity do not carry the error of their detector into the interval: it stands beside them as an instrument.
"""

if __name__ == "__main__":
    main()
