"""What a detector's known errors make of a gate: the difference behind them, and whether it would still be decided so."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from evals.gates.evidence import Evidence
from evals.stats.interval import Interval, StatisticsError
from evals.stats.judges import JudgeErrors, corrected_difference, seen_margin
from reports.records.evaluation import Metric
from reports.records.gates import DetectorErrors, GateState
from reports.records.plan import GatePlan
from reports.wording import change, number

ALIKE: Final = "Errors that are alike on both sides hide a change, they do not make one"


class Corrected(NamedTuple):
    """The corrected interval, or None where the detector allows none, and the sentence about it."""

    interval: Interval | None
    told: str


def correct(evidence: Evidence, state: GateState) -> Corrected | None:
    """Return the true difference of two rates behind the detector's errors; None where the gate does not compare read answers.

    The errors are those on labelled answers, assumed the same on both sides and on these answers; both are assumptions, and the
    first fails where one side speaks in a way that the detector misreads more often.
    """
    judge = errors_of(evidence.metric)
    if judge is None or evidence.quantity != "paired rates":
        return None
    known = (
        f"On labelled answers that it had not seen, the detector found {judge.found} of {judge.positives} "
        f"and left alone {judge.left_alone} of {judge.negatives}"
    )
    plan = evidence.plan
    if seen_margin(plan.margin, plan.level, plan.kind == "superiority", judge) is None:
        chance = "which may be no better than chance: a change that it does not show may be there, and no limit is known"
        return Corrected(None, f"{known}, {chance}.")
    interval = correction(evidence, judge)
    return Corrected(interval, f"{known}. {_told(evidence, interval, state)} {ALIKE}.")


def correction(evidence: Evidence, judge: JudgeErrors) -> Interval:
    """Return the corrected interval of a paired rate, each limit erring at most at the gate's level.

    Raises:
        StatisticsError: the detector is no better than chance.
    """
    return corrected_difference(evidence.interval, judge, evidence.plan.level)


def errors_of(metric: Metric) -> JudgeErrors | None:
    """Return the known errors of what read a metric's answers."""
    return as_judge(metric.errors) if metric.errors else None


def is_passed_corrected(evidence: Evidence) -> bool:
    """Say whether the gate passes behind the detector's errors, too; never where they are not known or no better than chance."""
    judge = errors_of(evidence.metric)
    if judge is None:
        return False
    try:
        return evidence.is_passed(correction(evidence, judge))
    except StatisticsError:
        return False


def shrunk(evidence: Evidence) -> Evidence | None:
    """Return the evidence with the margin that the observed difference must meet for the true one to meet the gate's.

    None where no observed difference would do.
    """
    judge, plan = errors_of(evidence.metric), evidence.plan
    seen = seen_margin(plan.margin, plan.level, plan.kind == "superiority", judge) if judge else None
    return dataclasses.replace(evidence, plan=replace(plan, margin=seen.margin, level=seen.level)) if seen else None


def known_errors(gates: Sequence[GatePlan]) -> dict[str, JudgeErrors]:
    """Return, by metric, the counts of the detectors whose errors decide one of the gates, as they will read answers here."""
    from evals.detectors import harm, refusal, toxicity
    from evals.encoder import default_encoder

    counts: dict[str, Callable[[], DetectorErrors]] = {
        "refusal": lambda: refusal.detector_counts("refuses", default_encoder()),
        "over_refusal": lambda: refusal.detector_counts("declines", default_encoder()),
        "toxicity": lambda: toxicity.detector_counts(default_encoder()),
        "jailbreak": harm.detector_counts,
    }
    asked = {gate.metric for gate in gates if gate.corrected}
    return {metric: as_judge(count()) for metric, count in counts.items() if metric in asked}


def as_judge(errors: DetectorErrors) -> JudgeErrors:
    """Return a detector's counts on labelled answers as statistics take them."""
    return JudgeErrors(errors.found, errors.positives, errors.left_alone, errors.negatives)


def _told(evidence: Evidence, interval: Interval, state: GateState) -> str:
    unit, sure = evidence.metric.unit, number(1 - evidence.plan.level, "rate")
    worst = change(interval.low if evidence.sign == 1 else interval.high, unit)
    true = change(interval.value, unit)
    found = f"Were it to err alike here, the true change would be {true}, with {sure} confidence at worst {worst}"
    if evidence.plan.kind == "inform":
        return f"{found}."
    if state == "fail":
        return f"{found}; the failure stands."
    if evidence.is_passed(interval):
        return f"{found}; the gate passes on that as well."
    role = "and the gate asks for that" if evidence.plan.corrected else "which is told here and decides nothing"
    return f"{found}: not enough to pass, {role}."
