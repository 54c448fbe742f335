"""Can a classifier tell which of two answers to a prompt is the candidate's: a two-sample test on paired samples."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.stats.bounded import bounded_mean
from evals.stats.families import family_indices
from evals.stats.interval import Interval, NotEnoughError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

FOLDS: Final = 10
FEWEST_FAMILIES: Final = 10
SWAPS: Final = 1999
SEED: Final = 20161
EVEN: Final = 0.5


class TwoSample(NamedTuple):
    """How well a classifier that never saw a prompt tells its two answers apart."""

    told: tuple[float, ...]
    """By prompt: 1 where the candidate's answer scores higher, 0 where the baseline's does, 0.5 where both score the same."""
    auc: Interval
    """Mean of `told`, 0.5 to 1: the area under the ROC curve within prompts."""
    p_value: float
    low: float
    high: float
    """Central 95 % of the AUC over swapped sides."""
    widened: float
    """Factor on the limits, at least 1: prompts that share a classifier are told apart together."""


def two_sample_test(gram: "Array", families: Sequence[str] = (), level: float = 0.05) -> TwoSample:
    """Test whether candidate and baseline answers come from one distribution, prompt by prompt.

    A regularised linear classifier (ridge regression of the sides, penalty the mean squared length of a difference) learns from
    nine tenths of the families and is asked about the rest. Sides are swapped at random by whole families and the classifier
    is fitted anew each time: p = (1 + swaps told apart as well) / (1 + swaps). Limits of the AUC are those of `bounded_mean`,
    widened by how much further swapped AUCs scatter than independent prompts would.
    Sources: Lopez-Paz and Oquab, ICLR (2017); Phipson and Smyth, Statistical Applications in Genetics 9 (2010).

    Args:
        gram: inner products of the differences, candidate's features minus baseline's, between all prompts; symmetric.
        families: family of each prompt.
        level: error of both limits of the AUC together.

    Raises:
        NotEnoughError: fewer than ten families.
    """
    import numpy as np

    family = np.asarray(family_indices(families, len(gram)))
    count = int(family.max(initial=-1)) + 1
    if count < FEWEST_FAMILIES:
        raise NotEnoughError(f"{count} independent prompts: a classifier needs at least {FEWEST_FAMILIES}. Measure more prompts.")
    rng = np.random.default_rng(SEED)
    weights = _weights(gram, rng.permutation(count)[family] % FOLDS)
    told = _told(weights, np.ones((1, len(gram))))[0]
    swapped = _told(weights, rng.choice([-1.0, 1.0], (SWAPS, count))[:, family])
    aucs = swapped.mean(axis=1)
    widened = _widened(swapped - EVEN, family)
    low, high = np.quantile(aucs, [0.025, 0.975])
    p_value = (1 + int((aucs >= told.mean() - 1e-12).sum())) / (1 + SWAPS)
    plain = bounded_mean(told.tolist(), families, level)
    return TwoSample(tuple(told.tolist()), widen(plain, widened), p_value, float(low), float(high), widened)


def widen(interval: Interval, factor: float) -> Interval:
    """Return the limits of a share `factor` times as far from its value, at most at 0 and 1."""
    low = max(0.0, interval.value - factor * (interval.value - interval.low))
    high = min(1.0, interval.value + factor * (interval.high - interval.value))
    return interval._replace(low=low, high=high)


def _weights(gram: "Array", fold: "NDArray[np.intp]") -> "Array":
    """Return the matrix that turns sides into scores, where no prompt's score depends on its own fold."""
    import numpy as np

    weights = np.zeros_like(gram)
    penalty = float(np.trace(gram)) / len(gram)
    if penalty <= 0:
        return weights
    for held_out in range(int(fold.max()) + 1):
        asked, learned = np.flatnonzero(fold == held_out), np.flatnonzero(fold != held_out)
        inner = gram[np.ix_(learned, learned)] + penalty * np.eye(len(learned))
        weights[np.ix_(asked, learned)] = np.linalg.solve(inner, gram[np.ix_(learned, asked)]).T
    return weights


def _told(weights: "Array", sides: "Array") -> "Array":
    """Return for each row of sides, 1 or -1 by prompt, which prompts are told right: 1, 0, or 0.5 for a score of 0."""
    import numpy as np

    told: Array = (np.sign(np.round(sides * (sides @ weights.T), 12)) + 1) / 2
    return told


def _widened(swapped: "Array", family: "NDArray[np.intp]") -> float:
    """Return how many times further the mean scatters than if families were independent of each other, at least 1."""
    import numpy as np

    by_family = swapped @ np.eye(int(family.max()) + 1)[family]
    alone = float((by_family**2).sum(axis=1).mean())
    return max(1.0, float(np.sqrt((swapped.sum(axis=1) ** 2).mean() / alone))) if alone > 0 else 1.0
