"""The rows of `docs/coverage.md`: how often each interval covers the truth in one cell."""

import math
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import binom

from evals.stats.agreement import cohen_kappa, gwet_ac1
from evals.stats.interval import Interval, NotEnoughError
from evals.stats.judges import JudgeErrors, rogan_gladen
from evals.stats.length_control import length_controlled_win_rate
from evals.stats.means import mean_interval
from evals.stats.proportions import exact_interval, mid_p_interval
from evals.stats.sequential import sequential_mean
from evals.stats.tango import lies_above, tango_limits
from tests.evals.stats.simulation import (
    Missed,
    Sides,
    bounded_sides,
    clustered_pairs,
    discordance,
    exact_missed,
    family_names,
    in_families,
    paired_missed,
    preferences,
    rate_missed,
    simulate,
    simulate_sides,
)

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Array]

REPEATS: Final = 400
"""Samples of a cell whose limits are computed."""
SIDES_REPEATS: Final = 1000
"""Samples of a cell where it is enough to know on which side of the truth the limits lie."""
MEAN_REPEATS: Final = 5000
"""Samples of a cell of means, whose limits come closest to their level."""
FAMILY: Final = 5
LIKENESS: Final = 0.5
LEAST: Final = 0.94
LEVEL: Final = 0.05
LOOKS: Final = 10
SHAPES: Final[dict[str, tuple[Draw, float]]] = {
    "normal": (lambda rng, size: rng.normal(0, 1, size), 0.0),
    "exponential": (lambda rng, size: rng.exponential(1, size), 1.0),
    "log-normal": (lambda rng, size: rng.lognormal(0, 1, size), math.exp(0.5)),
}


class Row(NamedTuple):
    """One row of a table."""

    cells: tuple[str, ...]
    coverage: float
    gate: float | None
    """Worse error of both one-sided limits at 5 %; None where no gate uses them."""
    repeats: int
    """Samples; 0 for exact sums."""


def one_rate(n: int, rate: float) -> Row:
    """Return a row for one rate, summed over all counts."""
    exact, gate = rate_missed(exact_interval, n, rate), rate_missed(lambda k, m: exact_interval(k, m, LEVEL, 1), n, rate)
    mid_p = rate_missed(mid_p_interval, n, rate)
    return row((str(n), share(rate)), exact, max(gate), 0, share(mid_p.coverage))


def rate_families(n: int, rate: float) -> Row:
    """Return a row for one rate of prompts in families, simulated."""
    families = family_names([FAMILY] * (n // FAMILY))
    draw = in_families(lambda rng, size: (rng.random(size) < rate).astype(float), families, LIKENESS)
    both, gate = simulate_sides(lambda rng: bounded_sides(list(draw(rng)), families, rate), SIDES_REPEATS, (LEVEL / 2, LEVEL))
    return row((str(n), share(rate)), both, max(gate), SIDES_REPEATS)


def paired(n: int, rate: float, correlation: float, change: float) -> Row:
    """Return a row for paired rates of independent prompts, summed over all counts."""
    truth = discordance(rate, rate + change, correlation)
    exact, gate = exact_missed(n, truth, LEVEL / 2), exact_missed(n, truth, LEVEL)
    score, score_gate = paired_missed(tango_limits, n, truth, LEVEL / 2), paired_missed(tango_limits, n, truth, LEVEL)
    cells = (str(n), share(rate), f"{correlation:g}", share(change))
    return row(cells, exact, max(gate), 0, share(score.coverage), share(max(score_gate)))


def paired_families(n: int, rate: float, correlation: float, change: float) -> Row:
    """Return a row for paired rates of prompts in families, simulated."""
    families = family_names([FAMILY] * (n // FAMILY))
    draw = clustered_pairs(discordance(rate, rate + change, correlation), families, LIKENESS)
    both, gate = simulate_sides(lambda rng: bounded_sides(draw(rng), families, change, -1.0), SIDES_REPEATS, (LEVEL / 2, LEVEL))
    (naive,) = simulate_sides(lambda rng: _ignoring_families(draw(rng), change), SIDES_REPEATS, (LEVEL / 2,))
    cells = (str(n), share(rate), f"{correlation:g}", share(change))
    return row(cells, both, max(gate), SIDES_REPEATS, share(naive.coverage))


def winning(n: int, rate: float, kind: str, likeness: float) -> Row:
    """Return a row for win rates: exact sums for wins and losses of independent prompts, else simulated."""
    cells = (str(n), share(rate), kind, f"of {FAMILY}" if likeness else "none")
    if kind == "wins" and not likeness:
        gate = rate_missed(lambda k, m: exact_interval(k, m, LEVEL, 1), n, rate)
        return row(cells, rate_missed(exact_interval, n, rate), max(gate), 0)
    families = family_names([FAMILY] * (n // FAMILY)) if likeness else family_names([1] * n)
    draw = in_families(preferences(rate, kind), families, likeness)
    both, simulated = simulate_sides(
        lambda rng: bounded_sides(list(draw(rng)), families, rate), SIDES_REPEATS, (LEVEL / 2, LEVEL)
    )
    return row(cells, both, max(simulated), SIDES_REPEATS)


def mean(n: int, shape: str, likeness: float) -> Row:
    """Return a row for means of values without bounds, simulated."""
    families = family_names([FAMILY] * (n // FAMILY)) if likeness else family_names([1] * n)
    sample, truth = SHAPES[shape]
    draw = in_families(sample, families, likeness)
    missed = simulate(lambda rng: mean_interval(list(draw(rng)), families, LEVEL), truth, MEAN_REPEATS)
    gate = simulate(lambda rng: mean_interval(list(draw(rng)), families, 2 * LEVEL), truth, MEAN_REPEATS)
    cells = (str(n), shape, f"of {FAMILY}" if likeness else "none")
    return row(cells, missed, max(gate), MEAN_REPEATS, share(gate.above), share(gate.below))


def looking(n: int, rate: float) -> Row:
    """Return a row for limits that are looked at after every prompt, and fixed-size ones looked at every tenth."""
    missed = simulate(lambda rng: sequential_mean(list((rng.random(n) < rate).astype(float)), LEVEL), rate, REPEATS)
    rng = np.random.default_rng(2)
    counts = np.cumsum(rng.random((SIDES_REPEATS, n)) < rate, axis=1)[:, LOOKS - 1 :: LOOKS]
    sizes = np.arange(LOOKS, n + 1, LOOKS)
    p = np.minimum(binom.sf(counts - 1, sizes, rate), binom.cdf(counts, sizes, rate))
    naive = 1 - float((p < LEVEL / 2).any(axis=1).mean())
    return row((str(n), share(rate)), missed, None, REPEATS, share(naive))


def length_controlled(n: int, liking: float, longer: float) -> Row:
    """Return a row for length-controlled win rates: a candidate of true win rate 60 % at equal lengths, simulated."""
    quality, scale = math.log(0.6 / 0.4), math.sqrt(1 + longer**2)

    def rates(rng: np.random.Generator) -> tuple[list[float], list[float]]:
        extra = rng.normal(longer, 1, n)
        won = rng.random(n) < expit(quality + liking * np.tanh(extra / scale))
        return list(won.astype(float)), list(extra)

    missed = simulate(lambda rng: length_controlled_win_rate(*rates(rng), level=LEVEL).rate, 0.6, REPEATS)
    return one_sided_shares((str(n), f"{liking:g}", f"{longer:g}"), missed, REPEATS)


def agreeing(n: int, prevalence: float, measure: str) -> Row:
    """Return a row for the agreement of two raters who are right on 9 of 10 items each, simulated."""
    right, label = 0.9, prevalence * 0.9 + (1 - prevalence) * 0.1
    alike = right**2 + (1 - right) ** 2
    chance = 2 * label * (1 - label) if measure == "AC1" else label**2 + (1 - label) ** 2
    compute = (lambda a, b: gwet_ac1(list(zip(a, b, strict=True)))) if measure == "AC1" else cohen_kappa
    found: list[Interval] = []
    rng = np.random.default_rng(1)
    while len(found) < REPEATS:
        truth = rng.random(n) < prevalence
        first, second = (list(np.where(rng.random(n) < right, truth, ~truth).tolist()) for _ in range(2))
        try:
            found.append(compute(first, second))
        except NotEnoughError:
            continue
    value = (alike - chance) / (1 - chance)
    above, below = (sum(hits) / REPEATS for hits in ([i.low > value for i in found], [i.high < value for i in found]))
    return one_sided_shares((str(n), share(prevalence), measure), Missed(above, below), REPEATS)


def judged(n: int, rate: float, labels: int) -> Row:
    """Return a row for a rate behind a judge of sensitivity 0.90 and specificity 0.95, simulated."""

    def draw(rng: np.random.Generator) -> JudgeErrors:
        return JudgeErrors(int(rng.binomial(labels, 0.9)), labels, int(rng.binomial(labels, 0.95)), labels)

    flagged = 0.9 * rate + 0.05 * (1 - rate)
    missed = simulate(lambda rng: rogan_gladen(int(rng.binomial(n, flagged)), n, draw(rng)), rate, REPEATS)
    return one_sided_shares((str(n), share(rate), f"{labels} + {labels}"), missed, REPEATS)


def row(cells: tuple[str, ...], missed: Missed, gate: float | None, repeats: int, *more: str) -> Row:
    """Return a row with the coverage and, where a gate uses the limits, its error, each marked where it misses what is asked."""
    covered, short = share(missed.coverage), missed.coverage < LEAST - noise(LEAST, repeats)
    shown = [f"**{covered} short**" if short else covered]
    if gate is not None:
        often = gate > LEVEL + noise(LEVEL, repeats)
        shown.append(f"**{share(gate)} too often**" if often else share(gate))
    return Row((*cells, *shown, *more), missed.coverage, gate, repeats)


def one_sided_shares(cells: tuple[str, ...], missed: Missed, repeats: int) -> Row:
    """Return a row that shows on which side the truth is missed."""
    return row(cells, missed, None, repeats, share(missed.above), share(missed.below))


def share(value: float) -> str:
    """Write a share as a percentage."""
    return f"{100 * value:.1f} %"


def noise(expected: float, repeats: int) -> float:
    """Return three standard errors of a simulated share; for exact sums, what is lost by leaving out the last millionths."""
    return 3 * math.sqrt(expected * (1 - expected) / repeats) if repeats else 1e-5


def _ignoring_families(differences: list[int], truth: float) -> Sides:
    """Return 0 or 1 for each side: whether limits that take prompts as independent miss the truth."""
    n, gained, lost = len(differences), differences.count(1), differences.count(-1)
    above = lies_above(gained, lost, n, truth + 1e-9, LEVEL / 2)
    return Sides(float(not above), float(not lies_above(lost, gained, n, -truth + 1e-9, LEVEL / 2)))
