"""How many more prompts would decide an unresolved gate, and what to do about a broken one."""

import math
from typing import Final

from evals.gates.detector import shrunk
from evals.gates.evidence import Evidence
from evals.gates.reading import Reading
from evals.gates.tasks import GUESSING
from evals.stats.families import family_indices
from evals.stats.interval import Interval
from evals.stats.power import fewest_prompts, prompts_to_show_below, sample_size_mean
from evals.stats.proportions import exact_interval
from evals.stats.tango import exact_limits
from reports.records.gates import GateState

MOST_PROMPTS: Final = 20_000
"""Beyond this no number is named."""

MEND: Final = "Mend what is broken, then measure again."
NOT_GIVEN: Final = "Give what it is measured on, as said here, or decide by a policy that does not ask for it."
NOT_ANSWERED: Final = "See why answers are missing, and run the same command again."
OTHER_JUDGE: Final = "Choose another judge with --judge; a reward model needs more, and clearer, pairs."
CALL_AGAIN: Final = (
    "Run the same command again, which asks the judge only for what is missing; if it stays so, choose another judge."
)
LABEL: Final = "Have people label these answers, or decide on a metric that is read without a detector."
STEPS: Final = {
    GUESSING: "Plan a run with --task NAME for a task that the baseline can do; one such task is enough.",
    "degenerate": "Read these answers: mend the chat template, the prompts or the training, then measure again.",
    "judge_accuracy": OTHER_JUDGE,
    "swap_consistency": OTHER_JUDGE,
    "padding_invariance": OTHER_JUDGE,
    "unread_replies": CALL_AGAIN,
    "missing_judgements": CALL_AGAIN,
    "rater_agreement": "Agree on what better means, and have people review again.",
    "order_balance": "Have more prompts reviewed, each side first equally often.",
    "numeric_noise": "Measure in float32 or on other hardware: here rounding changes the answers.",
    "refusal_detector_error": LABEL,
    "refusal_detector_unsure": LABEL,
    "jailbreak_detector_error": LABEL,
    "toxicity_lexical_error": LABEL,
    "toxicity_detector_error": LABEL,
}
"""Next step, by the instrument that failed."""


def resolve(reading: Reading, state: GateState) -> str:
    """Return how many more prompts would decide, should the rates observed so far hold, or what to mend; nothing once decided."""
    evidence, interval = reading.evidence, reading.interval
    if state in ("pass", "fail"):
        return ""
    if state == "broken" or evidence is None:
        return _mend(reading)
    if interval is None:
        lacking = reading.plan.minimum_n - len(evidence.pairs)
        return f"Measure at least {lacking} more prompts." if lacking > 0 else "Measure more, and more varied, prompts."
    if evidence.plan.corrected and evidence.is_passed(interval):
        behind = shrunk(evidence)
        if behind is None:
            return "No number of prompts would decide it: have people label the answers, or read them with a better detector."
        evidence, interval = behind, behind.interval(behind.plan.level)
    units, unit = evidence.units(), "prompts" if evidence.units() == len(evidence.pairs) else "prompt families"
    needed = _needed(evidence, interval, units)
    if needed is None:
        return (
            f"The result lies so close to the margin that not even {MOST_PROMPTS:,} {unit} would decide it: "
            "a candidate further from it is needed."
        )
    side = "for" if evidence.sign * (interval.value - evidence.threshold) > 0 else "against"
    return f"About {max(needed - units, 1)} more {unit} would decide it, {side} the candidate if the rates observed so far hold."


def _mend(reading: Reading) -> str:
    """Return what to do about a gate that could not be read; what a failed instrument says of itself stands with its problem."""
    if reading.metric is None:
        return f"Add what measures `{reading.plan.metric}`, or correct the name in the policy."
    failed = [instrument.name for instrument in reading.metric.instruments if not instrument.ok]
    if failed:
        return " ".join(dict.fromkeys(STEPS.get(name, MEND) for name in failed))
    return NOT_ANSWERED if reading.metric.missing else NOT_GIVEN


def _needed(evidence: Evidence, interval: Interval, units: int) -> int | None:
    independent = units == len(evidence.pairs)
    if evidence.quantity == "paired rates" and independent:
        return _needed_pairs(evidence)
    if evidence.quantity == "rate" and independent:
        return _needed_rate(evidence)
    return _needed_mean(evidence, interval, units)


def _needed_pairs(evidence: Evidence) -> int | None:
    n, threshold, level = len(evidence.pairs), evidence.threshold, evidence.plan.level
    gained = sum(pair.candidate > pair.baseline for pair in evidence.pairs) / n
    lost = sum(pair.candidate < pair.baseline for pair in evidence.pairs) / n

    def decides(prompts: int) -> bool:
        low, high = exact_limits(round(gained * prompts), round(lost * prompts), prompts, level)
        return low > threshold or high < threshold

    return fewest_prompts(decides, n + 1, MOST_PROMPTS)


def _needed_rate(evidence: Evidence) -> int | None:
    n, threshold, level = len(evidence.pairs), evidence.threshold, evidence.plan.level
    share = sum(pair.candidate for pair in evidence.pairs) / n

    def decides(prompts: int) -> bool:
        limits = exact_interval(round(share * prompts), prompts, level, sides=1)
        return limits.low > threshold or limits.high < threshold

    return fewest_prompts(decides, n + 1, MOST_PROMPTS)


def _needed_mean(evidence: Evidence, interval: Interval, units: int) -> int | None:
    """Return the units at which the limit reaches the margin, from the spread over units."""
    clearance = abs(interval.value - evidence.threshold)
    needed = sample_size_mean(_spread(evidence, interval.value, units), clearance, evidence.plan.level, power=0.5)
    if needed is None or needed > MOST_PROMPTS:
        return None
    reach = _reach(evidence, interval.value)
    unseen = prompts_to_show_below(clearance / reach, 0, evidence.plan.level) if clearance < reach else 0
    return max(needed, unseen, units + 1)


def _spread(evidence: Evidence, mean: float, units: int) -> float:
    """Return the standard deviation over units of their share in the mean."""
    sums = [0.0] * units
    for unit, value in zip(family_indices(evidence.families, len(evidence.pairs)), evidence.values(), strict=True):
        sums[unit] += value - mean
    size = len(evidence.pairs) / units
    return math.sqrt(sum((total / size) ** 2 for total in sums) / units)


def _reach(evidence: Evidence, mean: float) -> float:
    """Return how far an unseen unit could lie from the mean; 0 where values have no bounds."""
    bounds = {"preference": (0.0, 1.0), "rate": (0.0, 1.0), "paired rates": (-1.0, 1.0)}.get(evidence.quantity)
    return 0.0 if bounds is None else max(mean - bounds[0], bounds[1] - mean)
