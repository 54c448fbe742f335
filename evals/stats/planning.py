"""How many prompts the gates of a policy need, each alone and all together."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from evals.stats.gate_power import joint_power, power_for_each, power_mean, power_paired_rates, power_win_rate
from evals.stats.judges import JudgeErrors, seen_margin
from evals.stats.power import detectable_rate, fewest_prompts, power_below
from reports.errors import UsageError
from reports.records.plan import GatePlan
from reports.records.statistics import GatePower, PowerPlan, Quantity
from reports.wording import number

MOST_PROMPTS: Final = 5_000
"""Beyond this a gate is out of reach; exact limits of paired rates take seconds there."""
MEANS: Final = ("perplexity", "kl", "reward", "length")
"""Metrics, by the start of their name, whose value on a prompt is any number; other gates decide on shares."""
HALVINGS: Final = 12
NO_ERRORS: Final[Mapping[str, JudgeErrors]] = {}
UNKNOWN: Final = "never passes: `corrected` asks for known errors, and nothing that reads this metric has them"
CHANCE: Final = "never passes: `corrected` asks for a detector better than chance on labelled answers"

TOLD_APART: Final = "drift_answers"
EVEN: Final = 0.5
"""What a classifier reaches that cannot tell answers apart."""
SHARED: Final = 1.65
"""Prompts that weigh as one where they share a classifier: the square of how much their limits are widened, near 1.28."""


class GoodCandidate(NamedTuple):
    """The candidate that should pass."""

    win_rate: float = 0.6
    changed: float = 0.02
    """Share of prompts whose yes or no changes, as many for the better as for the worse."""
    spread: float = 0.3
    """Standard deviation over prompts of a change of means, in the metric's unit."""
    gain: float = 0.1
    """True gain where a gate asks for one, in the metric's unit."""
    rate: float = 0.0
    """True rate where a gate sets a limit."""


class Asked(NamedTuple):
    """What the plan is made for."""

    power: float = 0.8
    joint: float = 0.8
    correlation: float = 0.0
    prompts: int = 120
    prompts_of: Mapping[str, int] = {}
    """Prompts of single gates by name."""


class Question(NamedTuple):
    """What one gate asks, as functions of the number of prompts."""

    quantity: Quantity
    assumes: str
    power: Callable[[int], float]
    smallest: Callable[[int, float], float | None]
    """From prompts and power to what they show."""


def plan_prompts(
    policy: str, gates: Sequence[GatePlan], good: GoodCandidate, asked: Asked, errors: Mapping[str, JudgeErrors] = NO_ERRORS
) -> PowerPlan:
    """Return power and sample sizes for the required gates of a policy; prompts are independent, so families count once.

    Args:
        policy: its name.
        gates: all its gates.
        good: the candidate that should pass.
        asked: the power wanted and the prompts at hand.
        errors: by metric, the counts of its detector on labelled answers; a `corrected` gate without them never passes.

    Raises:
        UsageError: no gate is required, or prompts are given for a gate that is not.
        StatisticsError: a share is impossible.
    """
    required = [gate for gate in gates if gate.required and gate.kind != "inform"]
    unknown = sorted(set(asked.prompts_of) - {gate.name for gate in required})
    if not required or unknown:
        known = ", ".join(gate.name for gate in required) or "none"
        raise UsageError(f"no required gate {', '.join(unknown) or 'to plan for'}. Required gates of {policy}: {known}.")
    each = power_for_each(asked.joint, len(required), asked.correlation)
    planned = tuple(_plan(gate, _question(gate, good, errors), asked, each) for gate in required)
    return PowerPlan(
        policy=policy,
        power=asked.power,
        joint=asked.joint,
        correlation=asked.correlation,
        gates=planned,
        joint_power=joint_power([gate.power for gate in planned], asked.correlation),
        joint_if_each=joint_power([asked.power] * len(planned), asked.correlation),
        power_for_each=each,
    )


def _plan(gate: GatePlan, question: Question, asked: Asked, each: float) -> GatePower:
    prompts = asked.prompts_of.get(gate.name, asked.prompts)
    return GatePower(
        name=gate.name,
        title=gate.title,
        kind=gate.kind,
        quantity=question.quantity,
        margin=gate.margin,
        level=gate.level,
        assumes=question.assumes,
        prompts=prompts,
        power=question.power(prompts) if prompts >= gate.minimum_n else 0.0,
        smallest=question.smallest(prompts, asked.power) if prompts >= gate.minimum_n else None,
        needed=fewest_prompts(lambda n: question.power(n) >= asked.power, gate.minimum_n, MOST_PROMPTS),
        needed_together=fewest_prompts(lambda n: question.power(n) >= each, gate.minimum_n, MOST_PROMPTS),
    )


def _question(gate: GatePlan, good: GoodCandidate, errors: Mapping[str, JudgeErrors]) -> Question:
    if gate.corrected:
        return _corrected(gate, good, errors.get(gate.metric))
    return _uncorrected(gate, good)


def _uncorrected(gate: GatePlan, good: GoodCandidate) -> Question:
    if gate.kind == "limit":
        return _limit(gate, good)
    if gate.metric.startswith("win_rate"):
        return _win_rate(gate, good)
    return _means(gate, good) if gate.metric.startswith(MEANS) else _paired_rates(gate, good)


def _limit(gate: GatePlan, good: GoodCandidate) -> Question:
    told_apart = gate.metric.startswith(TOLD_APART)
    rate, shared = (EVEN, SHARED) if told_apart else (good.rate, 1.0)
    return Question(
        "rate",
        "told apart by chance alone, 50 %" if told_apart else f"true rate {number(rate, 'rate')}",
        lambda n: power_below(int(n / shared), rate, gate.margin, gate.level),
        lambda n, power: detectable_rate(int(n / shared), gate.margin, gate.level, power) or None,
    )


def _win_rate(gate: GatePlan, good: GoodCandidate) -> Question:
    above = 0.5 + (gate.margin if gate.kind == "superiority" else -gate.margin)
    return Question(
        "win rate",
        f"true win rate {number(good.win_rate, 'rate')}, no ties",
        lambda n: power_win_rate(n, good.win_rate, above, gate.level),
        lambda n, power: _least(lambda rate: power_win_rate(n, rate, above, gate.level) >= power, above, 1.0),
    )


def _paired_rates(gate: GatePlan, good: GoodCandidate) -> Question:
    half, asks_gain = good.changed / 2, gate.kind == "superiority"
    gained = good.gain if asks_gain else 0.0

    def smallest(n: int, power: float) -> float | None:
        if asks_gain:
            return _least(
                lambda gain: power_paired_rates(n, half, half + gain, -gate.margin, gate.level) >= power, 0.0, 1 - 2 * half
            )
        return _least(lambda margin: power_paired_rates(n, half, half, margin, gate.level) >= power, 0.0, 1.0)

    gain = f", {number(good.gain, 'rate')} gained" if asks_gain else ""
    return Question(
        "paired rates",
        f"{number(half, 'rate')} of prompts change each way{gain}",
        lambda n: power_paired_rates(n, half, half + gained, -gate.margin if asks_gain else gate.margin, gate.level),
        smallest,
    )


def _corrected(gate: GatePlan, good: GoodCandidate, judge: JudgeErrors | None) -> Question:
    """Return the question of a gate whose limit behind its detector's errors must pass as well: see `corrected_difference`."""
    asks_gain, told = gate.kind == "superiority", _uncorrected(gate, good)
    seen = seen_margin(gate.margin, gate.level, asks_gain, judge) if judge else None
    if judge is None or seen is None:
        reason = UNKNOWN if judge is None else CHANCE
        return told._replace(assumes=reason, power=lambda n: 0.0, smallest=lambda n, power: None)
    share = judge.found / judge.positives + judge.left_alone / judge.negatives - 1
    as_read = good._replace(gain=good.gain * share)
    plain = _paired_rates(gate, as_read)
    behind = _paired_rates(replace(gate, margin=seen.margin, level=seen.level), as_read)

    def smallest(n: int, power: float) -> float | None:
        found = [question.smallest(n, power) for question in ((plain, behind) if asks_gain else (behind,))]
        sizes = [size / (share if asks_gain else seen.kept) for size in found if size is not None]
        return max(sizes) if len(sizes) == len(found) and max(sizes) <= 1 else None

    counted = f"{'at most' if asks_gain else 'at least'} {number(seen.kept, 'rate')}"
    return Question(
        "paired rates",
        f"{told.assumes}; its detector shows {number(share, 'rate')} of a change, {counted} with its own doubt",
        lambda n: min(plain.power(n), behind.power(n)),
        smallest,
    )


def _means(gate: GatePlan, good: GoodCandidate) -> Question:
    asks_gain = gate.kind == "superiority"
    clearance = good.gain - gate.margin if asks_gain else gate.margin

    def smallest(n: int, power: float) -> float | None:
        reach = _least(lambda clear: power_mean(n, good.spread, clear, gate.level) >= power, 0.0, 10 * good.spread)
        return None if reach is None else reach + (gate.margin if asks_gain else 0.0)

    gain = f", gain {good.gain:g}" if asks_gain else ", no change"
    return Question(
        "means",
        f"spread {good.spread:g}{gain}",
        lambda n: power_mean(n, good.spread, clearance, gate.level),
        smallest,
    )


def _least(is_shown: Callable[[float], bool], low: float, high: float) -> float | None:
    """Return the smallest effect that is shown, to within a four-thousandth of the range; None where even the largest is not."""
    if not is_shown(high):
        return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_shown(middle) else (middle, high)
    return high
