"""What a gate is decided on: the pairs that count, the quantity compared, and its limits at any level."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from evals.stats.families import families_repeat, family_indices
from evals.stats.interval import Interval
from evals.stats.means import mean_interval, paired_mean_difference
from evals.stats.paired import paired_rate_difference
from evals.stats.proportions import exact_interval
from evals.stats.two_sample import widen
from evals.stats.winrate import win_rate
from reports.records.evaluation import Metric
from reports.records.plan import GatePlan
from reports.wording import SHARES

Quantity = Literal["preference", "paired rates", "paired means", "rate", "mean"]
EVEN: Final = 0.5
"""The win rate of two equal models."""
OUTCOMES: Final = frozenset({0.0, 1.0})


class Pair(NamedTuple):
    """A prompt measured on both sides; the baseline is even where the candidate is judged alone."""

    prompt_id: str
    baseline: float
    candidate: float
    family: str


@dataclass(frozen=True)
class Evidence:
    """One gate's measured pairs; larger is better where `sign` is 1, smaller where it is -1."""

    plan: GatePlan
    metric: Metric
    pairs: tuple[Pair, ...]
    missing: int
    quantity: Quantity

    @property
    def is_alone(self) -> bool:
        """Whether the candidate's own value is decided on, not its difference to the baseline."""
        return self.quantity not in ("paired rates", "paired means")

    @property
    def sign(self) -> int:
        """The direction in which the decided quantity improves."""
        return 1 if self.metric.direction == "higher" else -1

    @property
    def reference(self) -> float:
        """The decided quantity of a candidate equal to the baseline; 0 for a limit, which has no baseline."""
        return EVEN if self.quantity == "preference" and self.plan.kind != "limit" else 0.0

    @property
    def threshold(self) -> float:
        """The margin on the scale of the decided quantity."""
        if self.plan.kind == "limit":
            return self.plan.margin
        step = self.plan.margin if self.plan.kind == "superiority" else -self.plan.margin
        return self.reference + self.sign * step

    @property
    def allows_nothing(self) -> bool:
        """Whether a single event on any prompt is harm: a limit of 0 on a rate that should be low."""
        return self.plan.kind == "limit" and self.plan.margin == 0 and self.sign == -1 and self.quantity == "rate"

    @property
    def families(self) -> list[str]:
        """The family of each pair."""
        return [pair.family for pair in self.pairs]

    def values(self) -> list[float]:
        """Return the decided quantity of each prompt."""
        return [pair.candidate if self.is_alone else pair.candidate - pair.baseline for pair in self.pairs]

    def units(self) -> int:
        """Return how many independent units there are: families where they repeat, else prompts."""
        return max(family_indices(self.families, len(self.pairs)), default=-1) + 1

    def interval(self, level: float, pairs: Sequence[Pair] | None = None) -> Interval:
        """Return the decided quantity with limits that each err at most `level`, also for other `pairs` than its own.

        Raises:
            NotEnoughError: too few pairs, or no spread.
            StatisticsError: a value is out of range.
        """
        pairs = self.pairs if pairs is None else pairs
        families = [pair.family for pair in pairs]
        baseline, candidate = [pair.baseline for pair in pairs], [pair.candidate for pair in pairs]
        match self.quantity:
            case "paired rates":
                return paired_rate_difference([v == 1 for v in baseline], [v == 1 for v in candidate], families, 2 * level)
            case "paired means":
                return paired_mean_difference(baseline, candidate, families, 2 * level)
            case "rate" if OUTCOMES.issuperset(candidate) and not families_repeat(families) and self.metric.widened == 1:
                return exact_interval(int(sum(candidate)), len(candidate), level, sides=1)
            case "rate" | "preference":
                return widen(win_rate(candidate, families, 2 * level), self.metric.widened)
            case "mean":
                return mean_interval(candidate, families, 2 * level)

    def is_passed(self, interval: Interval) -> bool:
        """Say whether the whole interval lies on the good side of the margin; where nothing is allowed, whether nothing was seen.

        How much that proves follows from the number of prompts: see the interval, and the gate's `minimum_n`.
        """
        if self.allows_nothing:
            return interval.value == 0
        return interval.low > self.threshold if self.sign == 1 else interval.high < self.threshold

    def is_harm(self, interval: Interval) -> bool:
        """Say whether the whole interval lies on the wrong side of the margin."""
        return interval.high < self.threshold if self.sign == 1 else interval.low > self.threshold


def evidence_for(plan: GatePlan, metric: Metric) -> Evidence:
    """Return a metric's measured pairs as one gate reads them; a pair with a missing side is counted, never filled in."""
    one_sided = plan.kind == "inform" and all(pair.baseline is None for pair in metric.pairs)
    alone = plan.kind == "limit" or is_preference(metric) or one_sided
    whole = [
        Pair(pair.prompt_id, EVEN if alone or pair.baseline is None else pair.baseline, pair.candidate, pair.family)
        for pair in metric.pairs
        if pair.candidate is not None and (alone or pair.baseline is not None)
    ]
    missing = max(metric.n + metric.missing, len(metric.pairs)) - len(whole)
    return Evidence(plan, metric, tuple(whole), missing, _quantity(metric, whole, alone))


def is_preference(metric: Metric) -> bool:
    """Say whether the metric is a judge's preference, whose value already compares both sides."""
    return metric.name.startswith("win_rate")


def _quantity(metric: Metric, pairs: Sequence[Pair], alone: bool) -> Quantity:
    if is_preference(metric):
        return "preference"
    values = {pair.candidate for pair in pairs} | (set() if alone else {pair.baseline for pair in pairs})
    if metric.unit in SHARES and alone and all(0 <= value <= 1 for value in values):
        return "rate"
    if metric.unit in SHARES and values <= OUTCOMES:
        return "paired rates"
    return "mean" if alone else "paired means"
