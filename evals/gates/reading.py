"""Whether a gate can be read at all: instruments first, then missing answers, then the number of prompts."""

from typing import Final, NamedTuple

from evals.gates.evidence import Evidence, Pair, evidence_for
from evals.stats.interval import Interval, NotEnoughError, StatisticsError
from reports.records.evaluation import Metric
from reports.records.gates import GateState
from reports.records.plan import GatePlan
from reports.wording import number

MOST_MISSING: Final = 0.10
"""Share of prompts without a value above which a gate is broken: what is missing may be what went wrong."""


class Reading(NamedTuple):
    """A gate before its state is known: an interval, or the problem that stands in its place."""

    plan: GatePlan
    metric: Metric | None
    evidence: Evidence | None
    interval: Interval | None
    problem: str = ""
    state: GateState = "unresolved"
    """What the problem makes of the gate; without a problem, not yet decided."""


def read_gate(plan: GatePlan, metric: Metric | None) -> Reading:
    """Return the gate's interval at its own level, or why there is none."""
    if metric is None:
        return Reading(plan, None, None, None, f"Not measured: the run has no metric `{plan.metric}`.", "broken")
    evidence = evidence_for(plan, metric)
    problem = _broken(evidence)
    if problem:
        return Reading(plan, metric, evidence, None, problem, "broken")
    if len(evidence.pairs) < plan.minimum_n and plan.kind != "inform":
        few = f"{len(evidence.pairs)} measured prompts; this gate asks for at least {plan.minimum_n}."
        return Reading(plan, metric, evidence, None, few, "unresolved")
    try:
        interval = evidence.interval(plan.level)
        hidden = _hidden_harm(evidence, interval)
        return Reading(plan, metric, evidence, None if hidden else interval, hidden)
    except NotEnoughError as error:
        return Reading(plan, metric, evidence, None, _sentence(error), "unresolved")
    except StatisticsError as error:
        return Reading(plan, metric, evidence, None, f"The measured values cannot be right: {error}", "broken")


def _broken(evidence: Evidence) -> str:
    metric, measured = evidence.metric, len(evidence.pairs)
    failed = [instrument for instrument in metric.instruments if not instrument.ok]
    if failed:
        return " ".join(f"Instrument `{instrument.name}` failed: {instrument.because.rstrip('.')}." for instrument in failed)
    if measured == 0:
        return f"Nothing was measured. {metric.because}".strip()
    total = measured + evidence.missing
    if evidence.missing > MOST_MISSING * total:
        most = number(MOST_MISSING, "rate")
        return f"{evidence.missing} of {total} prompts have no value, more than {most}. {metric.because}".strip()
    return ""


def _hidden_harm(evidence: Evidence, interval: Interval) -> str:
    """Say so where a pass rests on missing prompts not having gone wrong: each is counted as harm once.

    Means without bounds have no worst value, so only shares are read this way.
    """
    if not evidence.missing or evidence.quantity in ("paired means", "mean") or not evidence.is_passed(interval):
        return ""
    good, bad = (1.0, 0.0) if evidence.sign == 1 else (0.0, 1.0)
    lost = tuple(Pair(f"missing {number}", good, bad, "") for number in range(evidence.missing))
    if evidence.is_passed(evidence.interval(evidence.plan.level, (*evidence.pairs, *lost))):
        return ""
    total = len(evidence.pairs) + evidence.missing
    return f"{evidence.missing} of {total} prompts have no value; had they gone against the candidate, this gate would not pass."


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]
