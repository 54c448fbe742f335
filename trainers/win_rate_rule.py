"""When a win rate that is looked at again and again has fallen or stands still: arithmetic on preferences."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from reports.records.plan import MonitorPlan
from reports.records.run import Look
from trainers.monitors import LOOKED_AT, Alarm

TIE: Final = 0.5


class Verdict(NamedTuple):
    """What one look shows."""

    values: dict[str, float]
    """win_rate with win_rate_low and win_rate_high, as logged; empty where the judge failed on every prompt."""
    alarm: Alarm | None
    is_best: bool


class WinRateRule:
    """The looks at one stage.

    All looks ask the same prompts, so that each comparison is paired, and the error level is divided by the number of
    comparisons that can be made: a sure fall or standstill is wrong in at most `level` of all healthy trainings, however
    often and in whatever order the looks came (Bonferroni's inequality; Dunn, JASA 56, 1961). A confidence sequence in the
    manner of Howard et al. (Annals of Statistics 49, 2021) would be valid too, and is made for samples that grow.
    """

    def __init__(self, plans: Sequence[MonitorPlan], planned: int) -> None:
        """Watch for what `plans` say, in at most `planned` looks after the start."""
        self._plans = [plan for plan in plans if plan.rule in LOOKED_AT and plan.stop is not None]
        self._level = min((plan.level for plan in plans if plan.rule in LOOKED_AT), default=0.05)
        self._planned = max(1, planned)
        self._looks: list[Look] = []
        self.best: Look | None = None

    def see(self, look: Look, is_last: bool = False) -> Verdict:
        """Take a look; after the last one, a standstill is no news."""
        values = self._values(look)
        alarm = self._alarm(look, is_last)
        is_best = self.best is None or mean_of(look) > mean_of(self.best)
        if is_best:
            self.best = look
        self._looks.append(look)
        return Verdict(values, alarm, is_best)

    def _values(self, look: Look) -> dict[str, float]:
        from evals.stats.winrate import win_rate

        judged = [value for value in look.preferences if value is not None]
        if not judged or look.step == 0:
            return {}
        found = win_rate(judged, level=self._level / self._planned)
        return {"win_rate": found.value, "win_rate_low": found.low, "win_rate_high": found.high}

    def _alarm(self, look: Look, is_last: bool) -> Alarm | None:
        """Return a fall before a standstill: what falls does not grow either."""
        rules = {plan.rule: plan for plan in self._plans}
        fall = self._falls(rules["falls"], look) if "falls" in rules else None
        return fall or (self._stands(rules["stabilises"], look) if "stabilises" in rules and not is_last else None)

    def _falls(self, plan: MonitorPlan, look: Look) -> Alarm | None:
        """Compare with the best look; any look may be the best, so every pair of looks counts as a comparison."""
        from evals.stats.bounded import bounded_mean

        if self.best is None:
            return None
        lost = _gains(look, self.best)
        if not lost:
            return None
        level = 2 * plan.level / (self._planned * (self._planned + 1) / 2)
        widest = TIE if self.best.step == 0 else 1.0
        surely = bounded_mean(lost, level=level, low=-widest, high=widest).low
        return Alarm(plan, "stop", look.step, surely, self.best.step) if surely > (plan.stop or 0.0) else None

    def _stands(self, plan: MonitorPlan, look: Look) -> Alarm | None:
        """Compare with the look `window` looks ago; where the best is an earlier one, the stage returns to it."""
        from evals.stats.interval import NotEnoughError
        from evals.stats.means import paired_mean_difference

        if len(self._looks) <= plan.window or self.best is None:
            return None
        pairs = _both(self._looks[-plan.window], look)
        if len({first for first, _ in pairs}) == 1:
            return None  # answers that never left the start do not stand still, they have not begun to move
        before, now = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        try:
            gain = paired_mean_difference(before, now, level=2 * plan.level / self._planned).high
        except NotEnoughError:
            return None
        if plan.stop is None or gain >= plan.stop:
            return None
        if mean_of(look) >= mean_of(self.best):
            return Alarm(replace(plan, action="stop"), "stop", look.step, gain, look.step)
        return Alarm(plan, "stop", look.step, gain, self.best.step)


def mean_of(look: Look) -> float:
    """Return the win rate of a look, 0 to 1; a tie where nothing was judged."""
    judged = [value for value in look.preferences if value is not None]
    return sum(judged) / len(judged) if judged else TIE


def _both(before: Look, after: Look) -> list[tuple[float, float]]:
    pairs = zip(before.preferences, after.preferences, strict=True)
    return [(first, second) for first, second in pairs if first is not None and second is not None]


def _gains(before: Look, after: Look) -> list[float]:
    return [second - first for first, second in _both(before, after)]
