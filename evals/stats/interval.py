"""The one shape of every statistical result, and the errors of input that cannot give one."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from reports.errors import TunegateError
from reports.records.gates import Estimate


class StatisticsError(TunegateError):
    """Numbers that no statistic can be computed from: not finite, out of range, or of unequal length."""

    code = "statistics"


class NotEnoughError(StatisticsError):
    """Too few values, or no spread to learn the uncertainty from."""

    code = "not-enough"


class Interval(NamedTuple):
    """An estimate with its confidence limits; all finite, `low <= value <= high`."""

    value: float
    low: float
    high: float
    n: int
    """Observations used; missing ones are not counted."""
    level: float
    """Error level: of both limits together, or of each limit where `method` says one-sided."""
    method: str

    def estimate(self) -> Estimate:
        """Return the record that documents of a run carry."""
        return Estimate(value=self.value, low=self.low, high=self.high, n=self.n)


def check_level(level: float) -> None:
    """Raise StatisticsError unless `level` is an error level, above 0 and below 1."""
    if not 0 < level < 1:
        raise StatisticsError(f"error level {level}: it must lie between 0 and 1, for example 0.05.")


def check_values(values: Sequence[float], minimum: int = 1, low: float = -math.inf, high: float = math.inf) -> None:
    """Raise NotEnoughError for fewer than `minimum` values, StatisticsError for one that is not finite or out of range."""
    if len(values) < minimum:
        raise NotEnoughError(f"{len(values)} measured values: at least {minimum} are needed. Measure more prompts.")
    for position, value in enumerate(values):
        if not math.isfinite(value) or not low <= value <= high:
            raise StatisticsError(
                f"value {value} at position {position}: expected a finite number from {low} to {high}. "
                "Leave out what could not be measured and count it as missing."
            )


def check_paired(baseline: Sequence[float], candidate: Sequence[float]) -> None:
    """Raise StatisticsError unless both sides have one value for each prompt."""
    if len(baseline) != len(candidate):
        raise StatisticsError(
            f"{len(baseline)} baseline and {len(candidate)} candidate values: paired statistics need both sides of every "
            "prompt. Join by prompt and drop prompts that lack a side."
        )
