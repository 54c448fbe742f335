"""How often intervals miss the truth: exact sums where outcomes can be listed, seeded simulation elsewhere."""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from evals.stats.bounded import p_value_above
from evals.stats.interval import Interval
from evals.stats.paired import paired_rate_difference
from evals.stats.tango import Limits, lies_above

Array = NDArray[np.float64]
Limit = Callable[[int, int, int, float], Limits]


class Missed(NamedTuple):
    """Shares of samples whose interval lies wholly above, or wholly below, the true value."""

    above: float
    below: float

    @property
    def coverage(self) -> float:
        return 1 - self.above - self.below


class Discordance(NamedTuple):
    """Probabilities of the two kinds of pairs that differ."""

    gained: float
    lost: float


def discordance(baseline: float, candidate: float, correlation: float) -> Discordance:
    """Return the discordant probabilities of two rates, their correlation cut to what the rates allow."""
    spread = math.sqrt(baseline * (1 - baseline) * candidate * (1 - candidate))
    both = min(baseline * candidate + correlation * spread, baseline, candidate)
    return Discordance(candidate - both, baseline - both)


def rate_missed(interval: Callable[[int, int], Interval], n: int, rate: float) -> Missed:
    """Sum over every count of `n` how probably the interval of one rate misses it."""
    weights = binom.pmf(np.arange(n + 1), n, rate)
    found = [interval(count, n) for count in range(n + 1)]
    above = sum(float(w) for w, i in zip(weights, found, strict=True) if i.low > rate)
    below = sum(float(w) for w, i in zip(weights, found, strict=True) if i.high < rate)
    return Missed(above, below)


def paired_missed(limits: Limit, n: int, truth: Discordance, tail: float) -> Missed:
    """Sum over every pair of discordant counts how probably the limits of paired rates miss their difference."""
    difference = truth.gained - truth.lost
    above = probability_above(limits, n, truth, difference, tail)
    return Missed(above, probability_above(limits, n, Discordance(truth.lost, truth.gained), -difference, tail))


def exact_missed(n: int, truth: Discordance, tail: float) -> Missed:
    """Sum as `paired_missed` does for `exact_limits`, asking only on which side of the truth each limit lies."""
    difference = truth.gained - truth.lost
    above = probability_that(lambda gained, lost: lies_above(gained, lost, n, difference + 1e-9, tail), n, truth)
    swapped = Discordance(truth.lost, truth.gained)
    return Missed(above, probability_that(lambda gained, lost: lies_above(gained, lost, n, -difference + 1e-9, tail), n, swapped))


def probability_above(limits: Limit, n: int, truth: Discordance, threshold: float, tail: float) -> float:
    """Return how probably the lower limit lies above the threshold."""
    return probability_that(lambda gained, lost: limits(gained, lost, n, tail).low > threshold + 1e-9, n, truth)


def probability_that(is_above: Callable[[int, int], bool], n: int, truth: Discordance) -> float:
    """Return how probably pairs gained and lost are such that the limit lies above.

    The limit rises with pairs gained and falls with pairs lost, so its boundary is a staircase.
    """
    total, least = 0.0, 0
    lost_low, lost_high = (int(binom.ppf(share, n, truth.lost)) for share in (1e-6, 1 - 1e-6))
    for lost in range(lost_low, lost_high + 1):
        while least <= n - lost and not is_above(least, lost):
            least += 1
        if least and not truth.gained:
            break
        rate = min(truth.gained / (1 - truth.lost), 1.0) if truth.lost < 1 else 0.0
        total += float(binom.pmf(lost, n, truth.lost) * binom.sf(least - 1, n - lost, rate))
    return total


def simulate(draw: Callable[[np.random.Generator], Interval], truth: float, repeats: int, seed: int = 1) -> Missed:
    """Draw `repeats` samples and count the intervals that miss the truth."""
    rng = np.random.default_rng(seed)
    found = [draw(rng) for _ in range(repeats)]
    return Missed(
        sum(interval.low > truth + 1e-9 for interval in found) / repeats,
        sum(interval.high < truth - 1e-9 for interval in found) / repeats,
    )


class Sides(NamedTuple):
    """One-sided p-values of the truth itself, in one sample."""

    above: float
    below: float


def bounded_sides(values: Sequence[float], families: Sequence[str], truth: float, low: float = 0.0) -> Sides:
    """Return the p-values whose inversion is `bounded_mean` of values in [low, 1]."""
    mirrored = [1 + low - value for value in values]
    return Sides(p_value_above(values, truth, families, low), p_value_above(mirrored, 1 + low - truth, families, low))


def simulate_sides(
    draw: Callable[[np.random.Generator], Sides], repeats: int, tails: Sequence[float], seed: int = 1
) -> list[Missed]:
    """Draw `repeats` samples and count, for each tail, those whose limits of that tail miss the truth."""
    rng = np.random.default_rng(seed)
    found = [draw(rng) for _ in range(repeats)]
    return [Missed(sum(s.above < tail for s in found) / repeats, sum(s.below < tail for s in found) / repeats) for tail in tails]


def family_names(sizes: Sequence[int]) -> list[str]:
    """Name one family for each size and repeat the name for its prompts."""
    return [f"family {number}" for number, size in enumerate(sizes) for _ in range(size)]


def clustered_pairs(truth: Discordance, families: Sequence[str], likeness: float) -> Callable[[np.random.Generator], list[int]]:
    """Return a sampler of differences -1, 0, 1: with probability `likeness` a prompt copies its family's own draw."""
    names = np.unique(np.asarray(families), return_inverse=True)[1]
    edges = np.cumsum([truth.lost, 1 - truth.lost - truth.gained])

    def draw(rng: np.random.Generator) -> list[int]:
        shared = np.searchsorted(edges, rng.random(names.max() + 1), side="right")[names]
        own = np.searchsorted(edges, rng.random(len(names)), side="right")
        return [int(kind) - 1 for kind in np.where(rng.random(len(names)) < likeness, shared, own)]

    return draw


def paired_interval(differences: Sequence[int], families: Sequence[str], level: float) -> Interval:
    """Return the interval of the difference from differences -1, 0, 1; families with the same outcomes give the same one."""
    grouped: dict[str, list[int]] = {}
    for name, difference in zip(families, differences, strict=True):
        grouped.setdefault(name, []).append(difference)
    return _interval_of(tuple(sorted(tuple(sorted(group)) for group in grouped.values())), level)


@lru_cache(maxsize=50_000)
def _interval_of(groups: tuple[tuple[int, ...], ...], level: float) -> Interval:
    differences = [difference for group in groups for difference in group]
    names = family_names([len(group) for group in groups])
    return paired_rate_difference([d < 0 for d in differences], [d > 0 for d in differences], names, level)


def preferences(rate: float, kind: str) -> Callable[[np.random.Generator, int], Array]:
    """Return a sampler of preferences with mean `rate`: `wins`, `ties` (three in ten) or `soft` judge probabilities."""
    ties = 0.3 * min(1.0, 4 * rate * (1 - rate))

    def draw(rng: np.random.Generator, n: int) -> Array:
        if kind == "soft":
            return rng.beta(4 * rate, 4 * (1 - rate), n)
        tied = rng.random(n) < (ties if kind == "ties" else 0.0)
        win = (rate - ties / 2) / (1 - ties) if kind == "ties" else rate
        return np.where(tied, 0.5, (rng.random(n) < win).astype(float))

    return draw


def in_families(
    draw: Callable[[np.random.Generator, int], Array], families: Sequence[str], likeness: float
) -> Callable[[np.random.Generator], Array]:
    """Return a sampler in which a prompt copies its family's own draw with probability `likeness`."""
    names = np.unique(np.asarray(families), return_inverse=True)[1]

    def joined(rng: np.random.Generator) -> Array:
        shared, own = draw(rng, int(names.max()) + 1)[names], draw(rng, len(names))
        return np.where(rng.random(len(names)) < likeness, shared, own)

    return joined
