"""Watching what a trainer logs: plain arithmetic on series of numbers, so that every rule is tested without a trainer."""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final, Literal, NamedTuple

from reports.records.plan import MonitorPlan

Level = Literal["watch", "stop"]

GAP_PROMPTS: Final = 64
"""Held-out prompts behind one reward, at most; their spread is the noise of a gap."""
STEP_PROMPTS: Final = 8
"""Prompts behind the training reward of one step."""
SMALLEST_BEST: Final = 0.1
"""Of the first value."""
LOOKED_AT: Final = frozenset({"falls", "stabilises"})
"""Rules on looks of their own, not on logged values."""
ONE_SIDED_95: Final = 1.645


class Alarm(NamedTuple):
    """One limit that was crossed."""

    monitor: MonitorPlan
    level: Level
    step: int
    signal: float
    """What was compared with the limit."""
    healthy_until: int
    """The last step before the values that crossed it."""
    best_at: int | None = None
    """The step of the best value, where the rule knows one."""

    @property
    def text(self) -> str:
        """Say what happened, for people."""
        limit = self.monitor.watch if self.level == "watch" else self.monitor.stop
        return f"{self.monitor.name}: {wording(self.monitor, self.signal)} at step {self.step} (limit {limit:g})."


class Monitor:
    """One series of values and its limits; each level is told once."""

    def __init__(self, plan: MonitorPlan) -> None:
        self.plan = plan
        self._window: deque[tuple[int, float]] = deque(maxlen=plan.window)
        self._skipped = 0
        self._start: float | None = None
        self._best = math.inf
        self._best_at: int | None = None
        self._other: float | None = None
        self._spread = 0.0
        self._told: set[Level] = set()

    def see(self, step: int, values: Mapping[str, float]) -> Alarm | None:
        """Take the values logged at a step, and return the highest limit crossed that was not told before."""
        self._other = values.get(self.plan.against, self._other)
        self._spread = values.get("reward_std", self._spread)
        value = values.get(self.plan.metric)
        if value is None or not math.isfinite(value):
            return None
        if self._skipped < self.plan.skipped:
            self._skipped += 1
            return None
        self._window.append((step, value))
        if len(self._window) < self.plan.window:
            return None
        mean = fmean(value for _, value in self._window)
        if mean < self._best:
            self._best_at = step
        signal = self._signal(mean)
        return None if signal is None else self._alarm(step, signal)

    def _signal(self, mean: float) -> float | None:
        """Return what is compared with the limits; None while there is nothing to compare."""
        start, best = self._start, self._best
        if start is None:
            self._start = mean
        self._best = min(best, mean)
        match self.plan.rule:
            case "above" | "below":
                return mean
            case "times_best":
                # Near zero any noise is a multiple: a best value counts as a tenth of the first at least.
                return mean / max(best, SMALLEST_BEST * start) if start and 0 < best < math.inf else None
            case "times_start" | "share_of_start":
                return mean / start if start else None
            case "loss_of_start":
                return (start - mean) / abs(start) if start else None
            case "gap":
                return None if self._other is None else mean - self._other - self._noise()
            case "falls" | "stabilises":
                return None

    def _noise(self) -> float:
        """Return how far a gap goes by chance: 95 % of gaps between equal rewards are smaller."""
        prompts = 1 / GAP_PROMPTS + 1 / (STEP_PROMPTS * self.plan.window)
        return ONE_SIDED_95 * self._spread * math.sqrt(prompts)

    def _alarm(self, step: int, signal: float) -> Alarm | None:
        for level, limit in (("stop", self.plan.stop), ("watch", self.plan.watch)):
            if limit is None or level in self._told or not self._crosses(signal, limit):
                continue
            self._told |= {"stop", "watch"} if level == "stop" else {"watch"}
            return Alarm(
                self.plan, "stop" if level == "stop" else "watch", step, signal, self._window[0][0] - 1, self._known_best
            )
        return None

    @property
    def _known_best(self) -> int | None:
        return self._best_at if self.plan.rule == "times_best" else None

    def _crosses(self, signal: float, limit: float) -> bool:
        return signal < limit if self.plan.rule in ("below", "share_of_start") else signal > limit


class Monitors:
    """All monitors of a stage."""

    def __init__(self, plans: Sequence[MonitorPlan]) -> None:
        self._monitors = [Monitor(plan) for plan in plans if plan.rule not in LOOKED_AT]

    def see(self, step: int, values: Mapping[str, float]) -> list[Alarm]:
        """Take the values logged at a step, and return what is wrong with them."""
        return [alarm for monitor in self._monitors if (alarm := monitor.see(step, values)) is not None]


def wording(plan: MonitorPlan, signal: float) -> str:
    """Say in words what a signal is."""
    return {
        "above": f"{plan.metric} is {signal:.3g}",
        "below": f"{plan.metric} is {signal:.3g}",
        "times_best": f"{plan.metric} is {signal:.3g} times its best value",
        "times_start": f"{plan.metric} is {signal:.3g} times its first value",
        "share_of_start": f"{plan.metric} is {signal:.3g} times its first value",
        "loss_of_start": f"{plan.metric} fell by {signal:.0%} of its first value",
        "falls": f"{plan.metric} fell by at least {signal:.3g} from its best",
        "stabilises": f"{plan.metric} grew by at most {signal:.3g} in {plan.window} looks",
        "gap": f"{plan.metric} exceeds {plan.against} by at least {signal:.3g}",
    }[plan.rule]
