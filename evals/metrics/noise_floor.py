"""The noise floor of a metric: how far its decided quantity moves when nothing changed (A/A)."""

from typing import TYPE_CHECKING, Final

import msgspec

from evals.metrics.drift import UNIT
from evals.stats.families import family_indices
from reports.records.evaluation import Metric, NumericNoise
from reports.records.gates import Instrument, NoiseFloor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

REPEATS: Final = 1999
SEED: Final = 20062
EVEN: Final = 0.5
CENTRAL: Final = (0.025, 0.975)
KL: Final = "kl_"
MOST_CHANGED_ANSWERS: Final = 0.5
"""Share of greedy answers that rounding may change; above, it is rounding that answers and not the model."""
MOST_CHANGED_NATS: Final = 0.05
"""Half of the smallest margin on a loss that ships."""


def with_noise(metric: Metric, noise: NumericNoise | None) -> Metric:
    """Return the metric with its noise floor and, where answers or texts were repeated, that check as an instrument."""
    floor = metric.noise_floor or (_numeric_floor(metric, noise) if metric.name.startswith(KL) else noise_floor(metric))
    check = _instrument(metric, noise) if noise and metric.n else None
    instruments = (*metric.instruments, check) if check else metric.instruments
    return msgspec.structs.replace(metric, noise_floor=floor, instruments=instruments)


def noise_floor(metric: Metric) -> NoiseFloor | None:
    """Return how far the mean difference of both sides moves when sides are swapped at random, by whole families.

    That is what remains of the difference when nothing tells the sides apart; p counts swaps that differ at least as much, in
    either direction, with one added to both counts. Greedy decoding has no seed, so the baseline asked again gives the same
    answers, up to rounding, and no other noise is left on the same prompts.

    `other_prompts` comes from halves of the baseline's own values, families drawn at random. The difference of two halves of n
    prompts has twice the variance of the difference of two samples of n, so it is divided by the square root of 2; 97.5 %
    of such differences lie below it. Pairing both sides by prompt removes this part from the difference.

    None: fewer than two families have a value. Source: Phipson and Smyth, Statistical Applications in Genetics 9 (2010).
    """
    import numpy as np

    pairs = [pair for pair in metric.pairs if pair.candidate is not None]
    preference = all(pair.baseline is None for pair in pairs)
    whole = [pair for pair in pairs if preference or pair.baseline is not None]
    family = np.asarray(family_indices([pair.family for pair in whole], len(whole)), dtype=int)
    if len(np.unique(family)) < 2:
        return None
    before = np.array([EVEN if pair.baseline is None else pair.baseline for pair in whole], dtype=float)
    after = np.array([pair.candidate for pair in whole], dtype=float)
    differences = np.bincount(family, weights=after - before) / len(whole)
    swapped = np.random.default_rng(SEED).choice([-1.0, 1.0], (REPEATS, len(differences))) @ differences
    reached = np.abs(swapped) >= abs(differences.sum()) - 1e-12
    low, high = np.quantile(swapped, CENTRAL).tolist()
    return NoiseFloor(
        low=low,
        high=high,
        repeats=REPEATS,
        method="sides swapped at random within prompts",
        p_value=(1 + int(reached.sum())) / (1 + REPEATS),
        other_prompts=_other_prompts(after if preference else before, family),
    )


def _other_prompts(values: "Array", family: "NDArray[np.int64]") -> float:
    """Return the 97.5 % quantile of the difference between two samples of as many other prompts, from random halves."""
    import numpy as np

    sizes, sums = np.bincount(family).astype(float), np.bincount(family, weights=values)
    places = np.tile(np.arange(len(sizes)), (REPEATS, 1))
    first = np.random.default_rng(SEED).permuted(places, axis=1) < len(sizes) // 2
    means = (first @ sums) / (first @ sizes), (~first @ sums) / (~first @ sizes)
    return float(np.quantile(np.abs(means[0] - means[1]), CENTRAL[1] - CENTRAL[0]) / np.sqrt(2))


def _numeric_floor(metric: Metric, noise: NumericNoise | None) -> NoiseFloor | None:
    """Return the floor of a divergence, which is 0 for the same model up to rounding."""
    if noise is None or noise.kl is None or not metric.n:
        return None
    return NoiseFloor(
        low=-noise.kl,
        high=noise.kl,
        repeats=noise.texts,
        method="the same models on the same texts in other batches, the largest change of a text",
    )


def _instrument(metric: Metric, noise: NumericNoise) -> Instrument | None:
    return _score_check(metric, noise) if metric.unit == UNIT else _answer_check(noise)


def _answer_check(noise: NumericNoise) -> Instrument | None:
    if not noise.answers:
        return None
    share = noise.changed / noise.answers
    return Instrument(
        name="numeric_noise",
        value=share,
        limit=MOST_CHANGED_ANSWERS,
        ok=share <= MOST_CHANGED_ANSWERS,
        because=f"{noise.changed} of {noise.answers} greedy answers of the baseline come out different in other batches "
        f"(allowed: {MOST_CHANGED_ANSWERS:.0%}); greedy answers have no seed, so rounding is all their noise.",
    )


def _score_check(metric: Metric, noise: NumericNoise) -> Instrument | None:
    largest = noise.kl if metric.name.startswith(KL) else noise.loss
    if largest is None:
        return None
    return Instrument(
        name="numeric_noise",
        value=largest,
        limit=MOST_CHANGED_NATS,
        ok=largest <= MOST_CHANGED_NATS,
        because=f"other batches move the value of a text by at most {largest:.2g} {UNIT} over {noise.texts} texts "
        f"(allowed: {MOST_CHANGED_NATS:g}).",
    )
