"""The win rate had both answers been equally long: judges prefer the longer answer, and that is not quality."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.stats.families import family_indices
from evals.stats.interval import Interval, StatisticsError, check_level, check_values

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

RESAMPLES: Final = 2000
SEED: Final = 20240
LENGTH_SCALE: Final = 2.0
"""Prior standard deviation of the length effect, in log-odds from equally long to much longer: wide, but never endless."""
STEPS: Final = 30
BIGGEST_STEP: Final = 2.0
BLOCK: Final = 2_000_000
"""Weights that are held in memory at once."""
FEWEST_BOTH_WAYS: Final = 0.05
"""Below this share of prompts with the shorter (or longer) answer, equal lengths lie at the edge of what was seen."""


class LengthControlled(NamedTuple):
    """A win rate without the advantage of length."""

    rate: Interval
    length_effect: float
    """Log-odds that a much longer answer gains; above 0 the judge prefers length."""
    longer: float
    """Share of prompts on which the candidate's answer is the longer one, ties as halves."""

    @property
    def is_extrapolated(self) -> bool:
        """Whether hardly any prompt has the shorter, or the longer, answer from the candidate."""
        return not FEWEST_BOTH_WAYS <= self.longer <= 1 - FEWEST_BOTH_WAYS


def length_controlled_win_rate(
    preferences: Sequence[float], extra_lengths: Sequence[float], families: Sequence[str] = (), level: float = 0.05
) -> LengthControlled:
    """Return the win rate at equal lengths, with two-sided limits at `level`.

    `extra_lengths` are the candidate's length minus the baseline's, in any unit. A logistic regression of the preference on
    tanh(extra length / its root mean square) is read at extra length 0. It is fitted again in every resample, so that the limits
    hold the uncertainty of the length effect; resamples weigh families by the uniform (Dirichlet) weights of `bounded_mean`,
    with one unseen family of equal lengths that is lost (lower limit) or won (upper limit). Without a difference in length, this
    is `win_rate`. Prompt difficulty, which needs the judgements of many models, is not in the model. Length control does not
    protect against answers that attack the judge. Source: Dubois, Galambosi, Liang and Hashimoto, arXiv 2404.04475.

    Raises:
        NotEnoughError: no preferences.
        StatisticsError: a preference outside [0, 1], a length that is not finite, or unequal numbers of both.
    """
    import numpy as np

    check_level(level)
    check_values(preferences, 1, 0.0, 1.0)
    check_values(extra_lengths, 1)
    if len(preferences) != len(extra_lengths):
        raise StatisticsError(f"{len(preferences)} preferences and {len(extra_lengths)} lengths: one is needed for each prompt.")
    outcomes, extra = np.asarray(preferences, dtype=float), np.asarray(extra_lengths, dtype=float)
    size = float(np.sqrt((extra**2).mean()))
    tilt = np.tanh(extra / size) if size else extra
    fitted = _fit(outcomes, tilt, np.ones((1, len(outcomes))))
    family = np.asarray(family_indices(families, len(outcomes)))
    low = float(np.quantile(_resampled(outcomes, tilt, family, 0.0), level / 2))
    high = float(np.quantile(_resampled(outcomes, tilt, family, 1.0), 1 - level / 2))
    value = float(_share(fitted[0, 0]))
    method = "logistic regression at equal lengths, refitted in Dirichlet-weighted resamples"
    rate = Interval(value, min(low, value), max(high, value), len(outcomes), level, method)
    return LengthControlled(rate, float(fitted[0, 1]), float(((np.sign(extra) + 1) / 2).mean()))


def _resampled(outcomes: "Array", tilt: "Array", family: "Array", unseen: float) -> "Array":
    """Return the win rate at equal lengths of every resample, which one unseen family with outcome `unseen` has joined."""
    import numpy as np

    sizes = np.bincount(family).astype(float)
    unseen_size = float((sizes**2).sum() / sizes.sum())
    joined, tilts = np.append(outcomes, unseen), np.append(tilt, 0.0)
    rng, found, rows = np.random.default_rng(SEED), [], max(1, BLOCK // len(joined))
    for start in range(0, RESAMPLES, rows):
        drawn = rng.exponential(size=(min(rows, RESAMPLES - start), len(sizes) + 1))
        weights = np.concatenate([drawn[:, family], unseen_size * drawn[:, -1:]], axis=1)
        found.append(_share(_fit(joined, tilts, weights)[:, 0]))
    return np.concatenate(found)


def _fit(outcomes: "Array", tilt: "Array", weights: "Array") -> "Array":
    """Return intercept and length effect for every row of weights: Newton's method on the penalised logistic likelihood.

    All resamples at once, which takes a hundredth of the time of a library's fit of each.
    """
    import numpy as np

    found = np.zeros((len(weights), 2))
    for _ in range(STEPS):
        share = _share(found[:, :1] + found[:, 1:] * tilt)
        residual, curve = weights * (outcomes - share), weights * share * (1 - share)
        slope = residual.sum(axis=1), residual @ tilt - found[:, 1] / LENGTH_SCALE**2
        flat, mixed, steep = curve.sum(axis=1) + 1e-12, curve @ tilt, curve @ tilt**2 + 1 / LENGTH_SCALE**2
        step = np.stack([steep * slope[0] - mixed * slope[1], flat * slope[1] - mixed * slope[0]], axis=1)
        step /= (flat * steep - mixed**2)[:, None]
        found += np.clip(step, -BIGGEST_STEP, BIGGEST_STEP)
        if float(np.abs(step).max()) < 1e-8:
            break
    return found


def _share(log_odds: "Array") -> "Array":
    from scipy.special import expit

    shares: Array = expit(log_odds)
    return shares
